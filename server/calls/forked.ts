/** What of a call goes to an outside recorder (RFC 7866): copies of what is passed on anyway. */
import type { Graph } from '../../protocol/media.ts';
import type { Fork } from './recorded.ts';
import { type CallState, hasEnded } from './state.ts';
import { type Step, step } from './step.ts';

/** Another fork from now on, or none. */
export function onForked(state: CallState, fork: Fork | null): Step {
  return step(hasEnded(state) ? state : { ...state, fork });
}

/** The graph with the copies: nothing while nobody talks with the caller, and nothing of what is not to be recorded. */
export function forked(state: CallState, graph: Graph): Graph {
  const { fork, caller, phase, recording } = state;
  if (fork === undefined || fork === null || hasEnded(state) || phase !== 'talking') return graph;
  if (recording?.state === 'paused' || recording?.state === 'masked') return graph;
  const { caller: first, other: second } = fork;
  const speaks = graph.edges.some(({ from }) => from === caller.legId);
  const heard = graph.edges.filter(({ to }) => to === caller.legId);
  const copies = [
    ...(first !== null && speaks ? [{ from: caller.legId, to: first, gainDb: 0 }] : []),
    ...(second === null ? [] : heard.map((edge) => ({ ...edge, to: second }))),
  ];
  return copies.length === 0 ? graph : { ...graph, edges: [...graph.edges, ...copies] };
}
