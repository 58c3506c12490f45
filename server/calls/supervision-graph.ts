/** What supervisors hear, and who hears them: laid over the graph of the talk, whatever that is just now. */
import type { Graph, GraphEdge } from '../../protocol/media.ts';
import type { CallState } from './state.ts';
import { type Supervisor, supervisorsOf } from './supervised.ts';

const edge = (from: string, to: string): GraphEdge => ({ from, to, gainDb: 0 });

/**
 * A supervisor hears what the agent hears, and the agent as far as somebody else does: who is muted or on hold is not
 * listened to. An agent who hears the supervisor is heard by them in turn, even on hold: that is the place to ask.
 */
export function supervised(state: CallState, graph: Graph): Graph {
  const { phase, other } = state;
  const there = supervisorsOf(state).filter(
    ({ leg, since }) => since !== null && leg.open && leg.signalling === 'confirmed',
  );
  if (there.length === 0 || phase !== 'talking' || other === null || state.offer === null) return graph;
  const agent = other.legId;
  const edges = there.flatMap((each) => edgesOf(each, agent, there, graph.edges));
  return edges.length === 0 ? graph : { ...graph, edges: [...graph.edges, ...edges] };
}

function edgesOf(
  { leg, mode, muted }: Supervisor,
  agent: string,
  all: readonly Supervisor[],
  talk: readonly GraphEdge[],
): GraphEdge[] {
  const { legId } = leg;
  const heard = talk.filter(({ to }) => to === agent).map((each) => ({ ...each, to: legId }));
  const agentIsHeard = mode !== 'listen' || talk.some(({ from }) => from === agent);
  const around = talk.flatMap(({ from, to }) => (from === agent ? [to] : to === agent ? [from] : []));
  const speaks = mode !== 'listen' && !muted && !leg.heldByPeer;
  const barges = mode === 'barge' && speaks;
  // Those who hear the caller hear whoever speaks to the caller.
  const others = all.flatMap((each) => (each.leg.legId === legId ? [] : [each.leg.legId]));
  return [
    ...heard,
    ...(agentIsHeard ? [edge(agent, legId)] : []),
    ...(speaks ? [edge(legId, agent)] : []),
    ...(barges ? [...new Set([...around, ...others])].map((to) => edge(legId, to)) : []),
  ];
}
