/** Who has a channel of their own in the recording of a call: everybody the caller hears, while they may be several. Pure. */
import type { Graph, GraphRecording } from '../../protocol/media.ts';
import { memberFacts, membersOf } from './conferenced.ts';
import type { CallEffect } from './events.ts';
import type { CallState } from './state.ts';
import { record } from './step.ts';
import { supervisorsOf } from './supervised.ts';

type Voices = NonNullable<GraphRecording['voices']>;

/** The channel of the caller's agent, whoever that is just now. */
const agentChannel = 'agent';

/** A leg's channel has its name, without the call's. */
function channelOf(legId: string): string {
  return legId.slice(legId.indexOf('.') + 1);
}

/** Members, and supervisors who barge in, beside the agent. Empty in a talk of two: its two channels tell both apart. */
export function voicesOf(state: CallState): Voices {
  const { other } = state;
  const barging = supervisorsOf(state).filter(({ mode, since }) => mode === 'barge' && since !== null);
  const own = [...membersOf(state), ...barging].map(({ leg: { legId } }) => ({
    channel: channelOf(legId),
    endpointId: legId,
  }));
  if (own.length === 0) return [];
  return other === null ? own : [{ channel: agentChannel, endpointId: other.legId }, ...own];
}

/** A row for everybody who has a channel since this graph, and had none, or another, in the one before. */
export function channelRows(state: CallState, before: Graph, after: Graph): CallEffect[] {
  const [earlier, now] = [before.recordings?.[0], after.recordings?.[0]];
  const known = earlier?.voices ?? [];
  const { other } = state;
  // Two are left, and who stays has the agent's channel from now on.
  const stays = known.length > 0 && other !== null ? [{ channel: agentChannel, endpointId: other.legId }] : [];
  return (now?.voices ?? (now === undefined ? [] : stays)).flatMap(({ channel, endpointId }) => {
    if (known.some((each) => each.channel === channel && each.endpointId === endpointId)) return [];
    const { facts, personal } = partyOf(state, endpointId);
    const told = { recording: now?.recordingId, channel, ...facts };
    return [record('recording-channel', told, personal === undefined ? {} : { personal })];
  });
}

function partyOf(state: CallState, legId: string): ReturnType<typeof memberFacts> {
  const member = membersOf(state).find(({ leg }) => leg.legId === legId);
  if (member !== undefined) return memberFacts(member);
  const supervisor = supervisorsOf(state).find(({ leg }) => leg.legId === legId);
  if (supervisor !== undefined) return { facts: { member: 'supervisor', agent: supervisor.agentId } };
  const { offer } = state;
  return { facts: offer === null ? { member: 'outside' } : { member: 'agent', agent: offer.agentId } };
}
