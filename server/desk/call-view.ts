/** What a desk shows of a call: a projection of the call's state, pure. */
import { assertNever } from '../../base/assert-never.ts';
import type { CallDevice, DeskCall, DeskTransfer, DialProgress } from '../../protocol/desk.ts';
import { makeProblem } from '../../protocol/problems/index.ts';
import { type CallOffer, type CallState, type Dialled, isOnHold, type Leg, nameOfTarget } from '../calls/index.ts';

/** What the call itself does not know. */
export interface CallSurroundings {
  /** The contact who calls or is called. */
  readonly partyName: string | undefined;
  readonly queueName: (queueId: string) => { readonly en: string; readonly zh: string };
  readonly wrapUpUntil: number | undefined;
}

export type DeskCallHead = Omit<DeskCall, 'transcript' | 'alerts'>;

/** The call as the agent it is offered to (or talks to) sees it; undefined while no agent has to do with it. */
export function deskCallOf(
  state: CallState,
  around: CallSurroundings,
  agentId = state.offer?.agentId,
): DeskCallHead | undefined {
  const part = partOf(state, agentId);
  if (part === undefined) return undefined;
  const { queue, dial } = state;
  const { offer, rung, end, talkingSince } = part;
  const queueId = queue?.queueId ?? dial?.queueId ?? undefined;
  const name = around.partyName;
  return {
    callId: state.callId,
    offerId: offer.offerId,
    direction: dial === null ? 'inbound' : 'outbound',
    state: rung ? 'offered' : end === null ? deskState(state) : 'ended',
    from: { number: state.from, ...(name === undefined || dial !== null ? {} : { name }) },
    to: state.to,
    ...(name === undefined || dial === null ? {} : { toName: name }),
    ...(dial === null || rung ? {} : { dial: progressOf(dial) }),
    ...(rung || end !== null ? {} : transferOf(state)),
    ...(rung && state.transfer?.way !== 'recall' ? { transferredBy: state.transfer?.by } : {}),
    ...(queueId === undefined ? {} : { queue: { id: queueId, name: around.queueName(queueId) } }),
    pressed: state.pressed.map((each) => ({ ...each })),
    ...(queue === null ? {} : { waitingSince: queue.queuedAt }),
    offeredAt: offer.offeredAt,
    offerUntil: offer.until,
    ...(talkingSince === null ? {} : { answeredAt: talkingSince }),
    ...(end === null ? {} : { endedAt: end.at, endCause: end.cause }),
    ...(rung ? rungDevices(state) : end === null || state.end !== null ? devicesOf(state) : {}),
    muted: state.muted,
    heldByPeer: state.caller.heldByPeer,
    ...(around.wrapUpUntil === undefined ? {} : { wrapUpUntil: around.wrapUpUntil }),
    language: state.language,
  };
}

interface Part {
  readonly offer: CallOffer;
  /** The agent is rung for a transfer. */
  readonly rung: boolean;
  readonly end: CallState['end'];
  readonly talkingSince: number | null;
}

/** An agent's part in the call: theirs now, about to be theirs, or over while the call goes on. */
function partOf({ offer, transfer, parted, end, talkingSince }: CallState, agentId?: string): Part | undefined {
  if (offer !== null && offer.agentId === agentId)
    return { offer, rung: false, end, talkingSince: offer.answeredAt ?? talkingSince };
  const target = transfer?.target;
  if (transfer !== null && target?.type === 'agent' && target.agentId === agentId) {
    const { askedAt } = transfer;
    const rung = { offerId: target.offerId, agentId: target.agentId, offeredAt: askedAt, until: transfer.until };
    return { offer: rung, rung: true, end: null, talkingSince: null };
  }
  const left = parted.find((each) => each.offer.agentId === agentId);
  if (left === undefined) return undefined;
  return { offer: left.offer, rung: false, end: { at: left.at, cause: 'transferred' }, talkingSince: left.since };
}

/** The agents who have to do with the call now. */
export function agentsOf({ offer, transfer, parted }: CallState): string[] {
  const target = transfer?.target;
  const all = [
    offer?.agentId,
    target?.type === 'agent' ? target.agentId : undefined,
    ...parted.map((each) => each.offer.agentId),
  ];
  return [...new Set(all.filter((id) => id !== undefined))];
}

/** How far the transfer is, or why the last one came to nothing. */
function transferOf({ transfer, transferFailure }: CallState): { readonly transfer?: DeskTransfer } {
  if (transfer !== null) {
    const { rung, early, target } = transfer;
    return { transfer: { to: nameOfTarget(target), stage: early ? 'early-media' : rung ? 'ringing' : 'calling' } };
  }
  if (transferFailure === null) return {};
  const { to, cause, status, reason } = transferFailure;
  return { transfer: { to, stage: 'failed', failure: makeProblem(`dial-${cause}`, { number: to, status, reason }) } };
}

function deskState(state: CallState): DeskCall['state'] {
  const { end, phase, dial, transfer } = state;
  if (end !== null) return 'ended';
  if (phase === 'talking') return isOnHold(state) || transfer !== null ? 'held' : 'talking';
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

/** The device that a transfer to this agent rings. */
function rungDevices({ transfer }: CallState): Pick<DeskCall, 'rings'> {
  const device = transfer === null ? undefined : deviceOf(transfer.leg);
  return device === undefined ? {} : { rings: [device] };
}

function deviceOf({ device }: Leg): CallDevice | undefined {
  if (device === undefined) return undefined;
  const { deviceId: id, kind, name } = device;
  return { id, kind: kind === 'webrtc' ? 'softphone' : 'desk', ...(name === null ? {} : { name }) };
}
