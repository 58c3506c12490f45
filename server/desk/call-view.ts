/** What a desk shows of a call: a projection of the call's state, pure. */
import { assertNever } from '../../base/assert-never.ts';
import type { CallDevice, DeskCall, DialProgress } from '../../protocol/desk.ts';
import { makeProblem } from '../../protocol/problems/index.ts';
import { type CallState, type Dialled, isOnHold, type Leg } from '../calls/index.ts';

/** What the call itself does not know. */
export interface CallSurroundings {
  /** The contact who calls or is called. */
  readonly partyName: string | undefined;
  readonly queueName: (queueId: string) => { readonly en: string; readonly zh: string };
  readonly wrapUpUntil: number | undefined;
}

export type DeskCallHead = Omit<DeskCall, 'transcript' | 'alerts'>;

/** The call as the agent it is offered to (or talks to) sees it; undefined while no agent has to do with it. */
export function deskCallOf(state: CallState, around: CallSurroundings): DeskCallHead | undefined {
  const { offer, queue, end, dial } = state;
  if (offer === null) return undefined;
  const queueId = queue?.queueId ?? dial?.queueId ?? undefined;
  const name = around.partyName;
  return {
    callId: state.callId,
    offerId: offer.offerId,
    direction: dial === null ? 'inbound' : 'outbound',
    state: deskState(state),
    from: { number: state.from, ...(name === undefined || dial !== null ? {} : { name }) },
    to: state.to,
    ...(name === undefined || dial === null ? {} : { toName: name }),
    ...(dial === null ? {} : { dial: progressOf(dial) }),
    ...(queueId === undefined ? {} : { queue: { id: queueId, name: around.queueName(queueId) } }),
    pressed: state.pressed.map((each) => ({ ...each })),
    ...(queue === null ? {} : { waitingSince: queue.queuedAt }),
    offeredAt: offer.offeredAt,
    offerUntil: offer.until,
    ...(state.talkingSince === null ? {} : { answeredAt: state.talkingSince }),
    ...(end === null ? {} : { endedAt: end.at, endCause: end.cause }),
    ...devicesOf(state),
    muted: state.muted,
    heldByPeer: state.caller.heldByPeer,
    ...(around.wrapUpUntil === undefined ? {} : { wrapUpUntil: around.wrapUpUntil }),
    language: state.language,
  };
}

function deskState(state: CallState): DeskCall['state'] {
  const { end, phase, dial } = state;
  if (end !== null) return 'ended';
  if (phase === 'talking') return isOnHold(state) ? 'held' : 'talking';
  // Somebody else wants the agent to call: their phone rings as for any other call.
  const rings = dial === null || (dial.stage === 'agent' && dial.way === 'invited' && !dial.auto);
  return rings ? 'offered' : 'dialling';
}

/** How far the call is, and why it came to nothing, in words. */
function progressOf({ stage, failure, rung, early, auto, target }: Dialled): DialProgress {
  if (failure !== null) {
    const { cause, status, reason } = failure;
    return { stage: 'failed', auto, failure: makeProblem(`dial-${cause}`, { number: target, status, reason }) };
  }
  switch (stage) {
    case 'agent':
      return { stage: 'connecting', auto };
    case 'outside':
      return { stage: early ? 'early-media' : rung ? 'ringing' : 'calling', auto };
    case 'failed':
    case 'connected':
      return { stage, auto };
    default:
      return assertNever(stage);
  }
}

/** Which devices ring, or which one the agent took the call on. */
function devicesOf({ ringing, other, offer }: CallState): Pick<DeskCall, 'rings' | 'on' | 'heldOnPhone'> {
  const on = offer === null || other === null ? undefined : deviceOf(other);
  return {
    ...(ringing.length === 0 ? {} : { rings: ringing.flatMap((leg) => deviceOf(leg) ?? []) }),
    ...(on === undefined ? {} : { on }),
    ...(on !== undefined && other?.heldByPeer === true ? { heldOnPhone: true } : {}),
  };
}

function deviceOf({ device }: Leg): CallDevice | undefined {
  if (device === undefined) return undefined;
  const { deviceId: id, kind, name } = device;
  return { id, kind: kind === 'webrtc' ? 'softphone' : 'desk', ...(name === null ? {} : { name }) };
}
