/** What a desk shows of a call: a projection of the call's state, pure. */
import type { DeskCall } from '../../protocol/desk.ts';
import type { CallState } from '../calls/index.ts';

/** What the call itself does not know. */
export interface CallSurroundings {
  readonly callerName: string | undefined;
  readonly queueName: (queueId: string) => { readonly en: string; readonly zh: string };
  readonly wrapUpUntil: number | undefined;
}

export type DeskCallHead = Omit<DeskCall, 'transcript' | 'alerts'>;

/** The call as the agent it is offered to (or talks to) sees it; undefined while no agent has to do with it. */
export function deskCallOf(state: CallState, around: CallSurroundings): DeskCallHead | undefined {
  const { offer, queue, end } = state;
  if (offer === null) return undefined;
  return {
    callId: state.callId,
    offerId: offer.offerId,
    direction: 'inbound',
    state: end !== null ? 'ended' : state.phase !== 'talking' ? 'offered' : state.held ? 'held' : 'talking',
    from: { number: state.from, ...(around.callerName === undefined ? {} : { name: around.callerName }) },
    to: state.to,
    ...(queue === null ? {} : { queue: { id: queue.queueId, name: around.queueName(queue.queueId) } }),
    pressed: state.pressed.map((each) => ({ ...each })),
    ...(queue === null ? {} : { waitingSince: queue.queuedAt }),
    offeredAt: offer.offeredAt,
    offerUntil: offer.until,
    ...(state.talkingSince === null ? {} : { answeredAt: state.talkingSince }),
    ...(end === null ? {} : { endedAt: end.at, endCause: end.cause }),
    muted: state.muted,
    heldByPeer: state.caller.heldByPeer,
    ...(around.wrapUpUntil === undefined ? {} : { wrapUpUntil: around.wrapUpUntil }),
    language: state.language,
  };
}
