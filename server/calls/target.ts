/** The target of a transfer while it is rung: one number, or all the devices of a colleague. */
import { answered as consulted, progressTold } from './consulting.ts';
import { failureCause, nextTarget } from './dialled.ts';
import type { CallEffect, CallEvent } from './events.ts';
import { fail, join, type On, type TransferringCall, withTarget, withTransfer } from './handing.ts';
import { release } from './offers.ts';
import type { Destination } from './ports.ts';
import type { Leg } from './state.ts';
import { andThen, record, type Step, step } from './step.ts';
import { notifyReferrer } from './teardown.ts';
import type { RungTarget, TransferFailure } from './transferred.ts';

/** Asks for the endpoints of everything that is to ring. */
export function openTarget({ leg, others }: { readonly leg: Leg; readonly others: readonly Leg[] }): CallEffect[] {
  return [leg, ...others].map(({ legId, kind }) => ({
    ...{ type: 'open-endpoint', legId, kind, remoteSdp: null, token: null },
  }));
}

function destinationOf(target: RungTarget, { device }: Leg): Destination {
  if (target.type === 'outside') return target;
  const { agentId, offerId } = target;
  return { type: 'agent', agentId, offerId, ...(device === undefined ? {} : { deviceId: device.deviceId }) };
}

/** Our SDP for the target is ready. */
function onEndpointOpened(state: TransferringCall, event: On<'endpoint-opened'>): Step {
  const { target, leg } = state.transfer;
  if (leg.signalling !== 'new') return step(state);
  const from = target.type === 'agent' && state.dial !== null ? state.to : state.from;
  const referredBy = state.referral?.referredBy ?? null;
  return step(withTarget(state, { open: true, signalling: 'inviting' }), {
    type: 'invite-leg',
    legId: leg.legId,
    destination: destinationOf(target, leg),
    sdp: event.localSdp,
    from,
    ...(referredBy === null ? {} : { referredBy }),
  });
}

function isRinging({ signalling }: Leg): boolean {
  return signalling === 'inviting' || signalling === 'ringing';
}

function onProgress(state: TransferringCall, { status, sdp }: On<'leg-progress'>): Step {
  const { leg, rung, taking, target } = state.transfer;
  if (!isRinging(leg)) return step(state);
  const first = status === 180 && !rung;
  const ringing = withTarget(withTransfer(state, { rung: rung || first }), { signalling: 'ringing' });
  const told = step(
    ringing,
    ...(first
      ? [
          record('transfer-ringing', { status }),
          ...notifyReferrer(state, 180, 'Ringing'),
          ...progressTold(state, false),
        ]
      : []),
  );
  // What one of a colleague's devices plays before the answer is no business of the others.
  if (sdp === '' || target.type === 'agent') return told;
  return andThen(told, (next) =>
    step(withTransfer(next, { taking: taking + 1 }), { type: 'answer-endpoint', legId: leg.legId, sdp }),
  );
}

function onAnswered(state: TransferringCall, { legId, sdp }: On<'leg-answered'>, now: number): Step {
  const { leg, others, taking, early } = state.transfer;
  if (!isRinging(leg)) return step(state, { type: 'end-leg', legId, cause: 'transfer-over' });
  const answering = withTransfer(withTarget(state, { signalling: 'answering' }), { others: [] });
  const quiet = others.flatMap((each) => release(each, true));
  const taken = withTransfer(answering, { taking: taking + 1 });
  if (sdp !== '') return step(taken, { type: 'answer-endpoint', legId, sdp }, ...quiet);
  // RFC 3262 section 5: the answer may have come in a reliable provisional answer, and then not again.
  if (early && taking === 0) return connected(answering, now);
  if (early || taking > 0) return step(answering);
  return fail(answering, { cause: 'unsupported-media', status: 488, reason: 'no SDP in the answer' }, now);
}

/** The target has answered: to the caller at once, or to the agent first. */
function connected(state: TransferringCall, now: number): Step {
  return state.transfer.consult === null ? join(state, now) : consulted(state, state.transfer.consult, now);
}

function onEndpointAnswered(state: TransferringCall, now: number): Step {
  const { leg, taking, early } = state.transfer;
  if (taking === 0) return step(state);
  const taken = withTransfer(state, { taking: taking - 1 });
  if (leg.signalling === 'answering') return taking === 1 ? connected(taken, now) : step(taken);
  return step(withTransfer(taken, { early: true }), ...(early ? [] : progressTold(state, true)));
}

function onEndpointFailed(state: TransferringCall, event: On<'endpoint-failed'>, now: number): Step {
  const { leg, taking } = state.transfer;
  const left = Math.max(0, taking - 1);
  // Of an early description nothing depends.
  if (taking > 0 && (leg.signalling !== 'answering' || left > 0)) return step(withTransfer(state, { taking: left }));
  const cause = event.code === 'unsupported-sdp' ? 'unsupported-media' : 'unreachable';
  return drop(state, { cause, status: leg.signalling === 'answering' ? 488 : 0, reason: event.code }, now);
}

/** This device is not to be had; the transfer fails with the last of them, or with a refusal that speaks for all (RFC 3261 section 21.6). */
function drop(state: TransferringCall, failure: Omit<TransferFailure, 'to'>, now: number): Step {
  const { leg, others } = state.transfer;
  const [next, ...rest] = others;
  if (next === undefined || failure.status >= 600) return fail(state, failure, now);
  return step(withTransfer(state, { leg: next, others: rest }), ...release(leg, false));
}

/** A final failure; a redirection is followed over our own trunks, as for any call (RFC 3261 section 8.1.3.4). */
function onFailed(state: TransferringCall, event: On<'leg-failed'>, now: number): Step {
  const { target, tried, rung, leg } = state.transfer;
  const { status, reason, contacts = [] } = event;
  const gone = withTarget(state, { signalling: 'ended' });
  const calls = target.type === 'outside' ? [...tried, target.to] : [];
  const moves = target.type === 'outside' && status >= 300 && status < 400 && status !== 305;
  const to = moves ? nextTarget({ tried: calls }, contacts) : undefined;
  if (to === undefined) return drop(gone, { cause: event.cause ?? failureCause(status, rung), status, reason }, now);
  const moved = withTransfer(gone, {
    ...{ target: { type: 'outside', to }, tried: calls, leg: { ...leg, signalling: 'new' } },
    ...{ rung: false, early: false, heard: false, taking: 0 },
  });
  const redirected = record('transfer-redirected', { status }, { personal: { to } });
  return step(moved, redirected, ...openTarget({ leg, others: [] }));
}

/** Brings the device an event speaks of to the front. */
function focus(state: TransferringCall, legId: string): TransferringCall {
  const { leg, others } = state.transfer;
  const found = others.find((each) => each.legId === legId);
  if (found === undefined) return state;
  return withTransfer(state, { leg: found, others: [leg, ...others.filter((each) => each !== found)] });
}

/** Whether the event speaks of what is rung. */
export function isOfTarget({ transfer }: TransferringCall, event: CallEvent): event is CallEvent & { legId: string } {
  return 'legId' in event && [transfer.leg, ...transfer.others].some(({ legId }) => legId === event.legId);
}

/** What an event does to a target that is rung; undefined: nothing of its own. */
export function onRungTarget(
  before: TransferringCall,
  event: CallEvent & { readonly legId: string },
  now: number,
): Step | undefined {
  const state = focus(before, event.legId);
  switch (event.type) {
    case 'endpoint-opened':
      return event.token === null ? onEndpointOpened(state, event) : undefined;
    case 'endpoint-failed':
      return event.token === null ? onEndpointFailed(state, event, now) : undefined;
    case 'endpoint-answered':
      return onEndpointAnswered(state, now);
    case 'endpoint-heard':
      return step(withTransfer(state, { heard: true }));
    case 'endpoint-lost':
      // Silence before the answer is no loss.
      if (event.cause === 'rtp-timeout') return step(state);
      return drop(withTarget(state, { open: false }), { cause: 'unreachable', status: 0, reason: event.cause }, now);
    case 'leg-ringing':
      return step(state.transfer.leg.signalling === 'inviting' ? withTarget(state, { signalling: 'ringing' }) : state);
    case 'leg-progress':
      return onProgress(state, event);
    case 'leg-answered':
      return onAnswered(state, event, now);
    case 'leg-failed':
      return onFailed(state, event, now);
    case 'leg-ended':
      return drop(withTarget(state, { signalling: 'ended' }), { cause: 'rejected', status: 0, reason: 'hung up' }, now);
    default:
      return undefined;
  }
}
