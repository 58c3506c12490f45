/** An attended transfer: the agent talks to the target while the caller waits, then hands over or comes back. */
import { joinConference } from './conference.ts';
import type { CallEffect, CallEvent } from './events.ts';
import { fail, join, leave, type On, type TransferringCall, withTarget, withTransfer } from './handing.ts';
import { isHold } from './legs.ts';
import type { Leg } from './state.ts';
import { andThen, record, type Step, step, withCaller, withOther, withTimer } from './step.ts';
import { end } from './teardown.ts';
import type { Consult, TransferFailure } from './transferred.ts';

/** A call whose agent consults somebody, or rings them for it. */
type ConsultingCall = TransferringCall & { readonly transfer: { readonly consult: Consult } };

function withConsult<S extends TransferringCall>(state: S, change: Partial<Consult>): S {
  const { consult } = state.transfer;
  return consult === null ? state : withTransfer(state, { consult: { ...consult, ...change } });
}

function withPhone(state: ConsultingCall, change: Partial<Leg>): ConsultingCall {
  const { phone } = state.transfer.consult;
  return phone === null ? state : withConsult(state, { phone: { ...phone, ...change } });
}

/** Passes the target's progress on to the desk phone that called it; `early`: with our SDP, so that it is heard. */
export function progressTold({ transfer }: TransferringCall, early: boolean): CallEffect[] {
  const { phone = null, answer = null } = transfer.consult ?? {};
  if (phone?.signalling !== 'new' || (early ? answer === null : transfer.early)) return [];
  return [{ type: 'progress-leg', legId: phone.legId, status: early ? 183 : 180, sdp: early ? answer : null }];
}

/** The target has answered: now agent and target talk. */
export function answered(state: TransferringCall, consult: Consult, now: number): Step {
  const { target, askedAt, leg } = state.transfer;
  const talking = withConsult(withTarget(withTimer(state, 'ring', null), { signalling: 'confirmed' }), { since: now });
  const facts = { target: target.type, ringMs: now - askedAt, ...deviceFact(leg) };
  const told = target.type === 'agent' ? { ...facts, to: target.agentId } : facts;
  const dialled: CallEffect[] = target.type === 'agent' ? [{ type: 'dial-connected', agentId: target.agentId }] : [];
  const by = { agentId: state.transfer.by };
  if (consult.joins === true) return andThen(step(talking, ...dialled), () => joinConference(talking, now));
  const connected = step(talking, record('consult-connected', told, by), ...dialled);
  return andThen(connected, () => answerPhone(talking, consult.answer));
}

function deviceFact({ device }: Leg): object {
  return device === undefined ? {} : { device: device.name ?? device.kind };
}

/** 200 to the phone's second call, as soon as there is both a target and an answer of ours. */
function answerPhone(state: TransferringCall, sdp: string | null): Step {
  const { consult } = state.transfer;
  const phone = consult?.phone ?? null;
  if (phone?.signalling !== 'new' || sdp === null || consult?.since === null) return step(state);
  const answering = withConsult(state, { phone: { ...phone, signalling: 'answering' }, answer: null });
  return step(answering, { type: 'answer-leg', legId: phone.legId, sdp });
}

function swap(state: ConsultingCall): Step {
  const { by, consult } = state.transfer;
  // With two lines the phone chooses by its hold keys; a caller who is gone cannot be talked to.
  if (consult.since === null || consult.phone !== null || consult.callerLeft) return step(state);
  const next = consult.with === 'target' ? 'caller' : 'target';
  return step(
    { ...withConsult(state, { with: next }), held: false },
    record('consult-swapped', { with: next }, { agentId: by }),
  );
}

/** The agent is done: caller and target talk; a target that is still rung goes on being rung for the caller. */
function complete(state: ConsultingCall, gone: boolean, now: number): Step {
  const { since, callerLeft } = state.transfer.consult;
  const other = state.other === null || !gone ? state.other : { ...state.other, signalling: 'ended' as const };
  if (callerLeft) return end({ ...state, other }, 'caller-hangup', now);
  return since === null ? leave(state, gone, now) : join({ ...state, other }, now);
}

function onCompleted(state: ConsultingCall, { agentId, refer }: On<'consult-completed'>, now: number): Step {
  const { consult, by } = state.transfer;
  const own = by === agentId && state.offer?.agentId === agentId;
  if (!own || (refer !== undefined && consult.since === null))
    return step(state, ...(refer === undefined ? [] : [{ type: 'answer-refer', ...refer, status: 491 } as const]));
  if (refer === undefined) return complete(state, false, now);
  const { legId, token } = refer;
  const referred: ConsultingCall = { ...state, referral: { legId, referredBy: null } };
  return andThen(step(referred, { type: 'answer-refer', legId, token, status: 202 }), () =>
    complete(referred, false, now),
  );
}

/** The caller does not wait any longer; agent and target may say goodbye to each other. */
function callerGone(state: ConsultingCall, cause: string): Step {
  const { legId } = state.caller;
  const alone = withConsult(withCaller(state, { signalling: 'ended', open: false }), {
    ...{ callerLeft: true, with: 'target' },
  });
  return step({ ...alone, held: false }, record('caller-left', { cause }), { type: 'close-endpoint', legId });
}

/** The target is gone, or not wanted any more. */
function over(state: ConsultingCall, failure: Omit<TransferFailure, 'to'>, now: number): Step {
  const told = record('consult-ended', { by: failure.cause === 'left' ? 'target' : 'agent' });
  return andThen(step(state, ...(state.transfer.consult.since === null ? [] : [told])), () =>
    fail(state, failure, now),
  );
}

const left = { cause: 'left', status: 0, reason: 'hung up' } as const;
const cancelled = { cause: 'rejected', status: 487, reason: 'cancelled' } as const;

/** The agent takes the caller back: nothing has failed. */
export function cancel(state: ConsultingCall, now: number): Step {
  const back = over(state, cancelled, now);
  return { ...back, state: { ...back.state, transferFailure: null } };
}

/** A re-INVITE of the target or of the agent's second line: what it says of hold counts for that leg alone. */
function onReinvite(state: ConsultingCall, leg: Leg, event: CallEvent): Step | undefined {
  if (event.type === 'leg-reinvited') {
    const { legId, token, sdp } = event;
    return step(state, { type: 'open-endpoint', legId, kind: leg.kind, remoteSdp: sdp === '' ? null : sdp, token });
  }
  if (event.type !== 'endpoint-opened' || event.token === null) return undefined;
  const heldByPeer = isHold(event.remoteDirection);
  const { legId, token, localSdp: sdp } = event;
  const held = leg === state.transfer.leg ? withTarget(state, { heldByPeer }) : withPhone(state, { heldByPeer });
  return step(held, { type: 'answer-reinvite', legId, token, sdp });
}

/** What happens to a target that is talked to. */
function onTarget(state: ConsultingCall, event: CallEvent, now: number): Step | undefined {
  switch (event.type) {
    case 'leg-ended':
      return over(withTarget(state, { signalling: 'ended' }), left, now);
    case 'leg-failed':
      return over(withTarget(state, { signalling: 'ended' }), { ...left, cause: 'unreachable' }, now);
    case 'endpoint-lost':
      return over(withTarget(state, { open: false }), { ...left, cause: 'unreachable', reason: event.cause }, now);
    default:
      return onReinvite(state, state.transfer.leg, event);
  }
}

/** What happens to the second line of the agent's desk phone: hung up, the agent is back with the caller. */
function onPhone(state: ConsultingCall, phone: Leg, event: CallEvent, now: number): Step | undefined {
  switch (event.type) {
    case 'endpoint-opened': {
      if (event.token !== null) return onReinvite(state, phone, event);
      const ready = withConsult(withPhone(state, { open: true }), { answer: event.localSdp });
      return answerPhone(ready, event.localSdp);
    }
    case 'leg-reinvited':
      return onReinvite(state, phone, event);
    case 'leg-confirmed':
      return step(withPhone(state, { signalling: 'confirmed' }));
    case 'endpoint-failed':
      return event.token === null ? cancel(state, now) : undefined;
    case 'leg-cancelled':
    case 'leg-ended':
    case 'leg-failed':
      return cancel(withPhone(state, { signalling: 'ended' }), now);
    case 'endpoint-lost':
      return cancel(withPhone(state, { open: false }), now);
    default:
      return undefined;
  }
}

/** What happens to the agent's own leg: whoever leaves hands over, but a phone with two lines has hung up on the caller. */
function onAgent(state: ConsultingCall, event: CallEvent, now: number): Step | undefined {
  const lost = event.type === 'endpoint-lost';
  if (!lost && event.type !== 'leg-ended' && event.type !== 'leg-failed') return undefined;
  if (state.transfer.consult.phone === null) return complete(state, !lost, now);
  const cause = lost
    ? 'media-failure'
    : event.type === 'leg-ended' && event.cause === 'hangup'
      ? 'agent-hangup'
      : 'signalling-lost';
  return end(withOther(state, lost ? { open: false } : { signalling: 'ended' }), cause, now);
}

function onCaller(state: ConsultingCall, event: CallEvent): Step | undefined {
  const { since, callerLeft } = state.transfer.consult;
  const leaves = event.type === 'leg-ended' || event.type === 'leg-failed' || event.type === 'endpoint-lost';
  if (!leaves) return undefined;
  if (callerLeft) return step(state);
  if (since === null || event.type === 'endpoint-lost') return undefined;
  return callerGone(state, state.dial === null ? 'caller-hangup' : 'callee-hangup');
}

/** The buttons of the agent, and of the colleague who is consulted. */
function onAsked(state: ConsultingCall, event: CallEvent, now: number): Step | undefined {
  const { by, target, consult } = state.transfer;
  const colleague = target.type === 'agent' ? target.agentId : undefined;
  switch (event.type) {
    case 'consult-swapped':
      return event.agentId === by ? swap(state) : step(state);
    case 'consult-completed':
      return onCompleted(state, event, now);
    case 'consult-left':
      return event.agentId === colleague && consult.since !== null ? over(state, left, now) : step(state);
    case 'transfer-cancelled':
      return event.agentId === by ? cancel(state, now) : step(state);
    case 'hang-up-asked':
      return event.cause === 'agent-hangup' ? complete(state, false, now) : undefined;
    case 'held':
    case 'resumed':
      return onHold(state, event);
    case 'keyed':
      return consult.since === null ? step(state) : undefined;
    case 'muted':
      if (event.agentId !== colleague || event.agentId === by) return undefined;
      return step(withConsult(state, { muted: event.muted }));
    default:
      return undefined;
  }
}

/** Hold makes both of them wait; the caller's music goes on, so that it need not begin anew. */
function onHold(state: ConsultingCall, { type, agentId }: On<'held' | 'resumed'>): Step {
  const held = type === 'held';
  if (agentId !== state.transfer.by || state.transfer.consult.since === null || state.held === held) return step(state);
  return step({ ...state, held }, record(type, { by: 'agent' }, { agentId }));
}

/** What an event does while the agent consults; undefined: what it does to any transfer. */
export function onConsulting(state: TransferringCall, event: CallEvent, now: number): Step | undefined {
  if (!isConsulting(state)) return undefined;
  const { leg, consult } = state.transfer;
  const legId = 'legId' in event ? event.legId : undefined;
  if (legId === undefined) return onAsked(state, event, now);
  if (consult.phone?.legId === legId) return onPhone(state, consult.phone, event, now);
  if (legId === leg.legId && consult.since !== null) return onTarget(state, event, now);
  if (legId === state.other?.legId) return onAgent(state, event, now);
  return legId === state.caller.legId ? onCaller(state, event) : undefined;
}

function isConsulting(state: TransferringCall): state is ConsultingCall {
  return state.transfer.consult !== null;
}
