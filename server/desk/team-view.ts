/** What a supervisor's page shows of a talk on the floor: a projection of the call's state, pure. */
import type { TeamCall } from '../../protocol/desk.ts';
import { type CallState, isOnHold, membersOf, supervisorsOf } from '../calls/index.ts';
import type { CallSurroundings } from './call-view.ts';

/** The talk of an agent; undefined while no agent talks in the call. */
export function teamCallOf(state: CallState, around: CallSurroundings): TeamCall | undefined {
  const { phase, offer, dial, queue, transfer, talkingSince, callId } = state;
  if (phase !== 'talking' || offer === null) return undefined;
  const named = (id: string) => {
    const name = around.nameOf(id);
    return name === undefined ? { id } : { id, name };
  };
  const queueId = queue?.queueId ?? dial?.queueId ?? undefined;
  const number = dial === null ? state.from : state.to;
  return {
    callId,
    agent: { id: offer.agentId, name: around.nameOf(offer.agentId) ?? offer.agentId },
    party: { number, ...(around.partyName === undefined ? {} : { name: around.partyName }) },
    direction: dial === null ? 'inbound' : 'outbound',
    ...(queueId === undefined ? {} : { queue: { id: queueId, name: around.queueName(queueId) } }),
    since: offer.answeredAt ?? talkingSince ?? offer.offeredAt,
    state: transfer === null ? (isOnHold(state) ? 'held' : 'talking') : 'transferring',
    added: membersOf(state).length,
    supervisors: supervisorsOf(state).map(({ agentId, mode }) => ({ ...named(agentId), mode })),
  };
}
