/** What happens to a leg's dialog and endpoint, whichever phase the call is in. */
import { connect, failDevice, failOffer, failureOf, onDeviceAnswered, withRinging } from './offers.ts';
import type { CallEvent } from './events.ts';
import { advance, perform } from './plan.ts';
import type { FailureCause } from './ports.ts';
import { type CallState, isOnHold, whichLeg } from './state.ts';
import { andThen, nowPlaying, record, type Step, step, withCaller, withOther } from './step.ts';
import { end } from './teardown.ts';

type On<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

/** Whether an offer puts us on hold (RFC 3264 section 8.4). */
export function isHold(direction: On<'endpoint-opened'>['remoteDirection']): boolean {
  return direction === 'sendonly' || direction === 'inactive';
}

/** Our SDP is ready: answer the caller, invite the other party, or answer a re-INVITE. */
export function onEndpointOpened(state: CallState, event: On<'endpoint-opened'>): Step {
  const { legId, localSdp: sdp, token } = event;
  const which = whichLeg(state, legId);
  if (which === undefined) return step(state, { type: 'close-endpoint', legId });
  if (token !== null) return answerReinvite(state, which, event, token);
  if (which === 'caller') {
    if (state.caller.signalling !== 'new') return step(state);
    return step(withCaller(state, { open: true, signalling: 'answering' }), { type: 'answer-leg', legId, sdp });
  }
  if (which === 'ringing') return inviteDevice(state, legId, sdp);
  if (state.other?.signalling !== 'new') return step(state);
  const { instruction } = state;
  const to = instruction?.type === 'transfer' ? instruction.to : state.to;
  return step(withOther(state, { open: true, signalling: 'inviting' }), {
    type: 'invite-leg',
    legId,
    destination: { type: 'outside', to },
    sdp,
    from: state.from,
  });
}

function inviteDevice(state: CallState, legId: string, sdp: string): Step {
  const leg = state.ringing.find((each) => each.legId === legId);
  const { offer } = state;
  if (leg?.signalling !== 'new' || offer === null) return step(state);
  const { agentId, offerId } = offer;
  const device = leg.device === undefined ? {} : { deviceId: leg.device.deviceId };
  return step(withRinging(state, legId, { open: true, signalling: 'inviting' }), {
    type: 'invite-leg',
    legId,
    destination: { type: 'agent', agentId, offerId, ...device },
    sdp,
    from: state.from,
  });
}

function answerReinvite(
  state: CallState,
  which: 'caller' | 'other' | 'ringing',
  event: On<'endpoint-opened'>,
  token: number,
): Step {
  const leg = which === 'caller' ? state.caller : state.other;
  const heldByPeer = isHold(event.remoteDirection);
  const answered = { type: 'answer-reinvite', legId: event.legId, token, sdp: event.localSdp } as const;
  if (which === 'ringing' || leg?.heldByPeer === heldByPeer) return step(state, answered);
  const row = heldByPeer ? 'held' : 'resumed';
  if (which === 'caller') return step(withCaller(state, { heldByPeer }), record(row, { by: 'caller' }), answered);
  const changed = withOther(state, { heldByPeer });
  if (state.offer === null) return step(changed, record(row, { by: 'other' }), answered);
  const { agentId } = state.offer;
  return step(withHoldMusic(state, changed), record(row, { by: 'agent', on: 'phone' }, { agentId }), answered);
}

/** The hold key of an agent's phone is the agent's hold: the caller hears music meanwhile. */
function withHoldMusic(before: CallState, after: CallState): CallState {
  if (after.phase !== 'talking' || after.transfer !== null || isOnHold(before) === isOnHold(after)) return after;
  return isOnHold(after) ? nowPlaying(after, after.queue?.holdMusic ?? [], true) : { ...after, playing: null };
}

/** Why a call ends whose caller's endpoint cannot be had, by what the media node said. */
const failures: Readonly<Record<string, string>> = {
  'unsupported-sdp': 'unsupported-media',
  'no-port': 'media-full',
  overloaded: 'media-full',
};

export function onEndpointFailed(state: CallState, event: On<'endpoint-failed'>, now: number): Step {
  const { legId, token, code } = event;
  if (token !== null) return step(state, { type: 'answer-reinvite', legId, token, sdp: null });
  const cause = failures[code] ?? 'media-failure';
  switch (whichLeg(state, legId)) {
    case 'caller':
      return end(state, cause, now);
    case 'other':
      return otherFailed(state, 'media-failure', now);
    case 'ringing':
      return failDevice(state, legId, 'media-failure');
    case undefined:
      return step(state);
  }
}

/** The other party will not be had: the offer goes back, or the transfer failed, or the talk is over. */
function otherFailed(state: CallState, cause: FailureCause, now: number): Step {
  if (state.phase === 'queued') return failOffer(state, cause);
  if (state.phase === 'talking') return end(state, 'media-failure', now);
  if (state.phase !== 'transferring' || state.other === null) return step(state);
  const { legId } = state.other;
  return andThen(
    step({ ...state, other: null }, record('transfer-failed', { reason: cause }), { type: 'close-endpoint', legId }),
    (next) => advance(next, { type: 'transfer-ended', ok: false }),
  );
}

export function onEndpointAnswered(state: CallState, event: On<'endpoint-answered'>, now: number): Step {
  const waiting = state.phase === 'queued' || state.phase === 'transferring';
  const ready = state.other?.legId === event.legId && state.other.signalling === 'answering';
  return waiting && ready ? connect(state, now) : step(state);
}

/** An endpoint went away under a living call. */
export function onEndpointLost(state: CallState, event: On<'endpoint-lost'>, now: number): Step {
  switch (whichLeg(state, event.legId)) {
    case 'caller': {
      // A browser that says goodbye by DTLS alone was closed: nobody hangs up a page first.
      const left = state.signals?.web !== undefined && event.cause === 'dtls-closed';
      return end(withCaller(state, { open: false }), left ? 'caller-hangup' : 'media-failure', now);
    }
    case 'other':
      return otherFailed(withOther(state, { open: false }), 'media-failure', now);
    case 'ringing':
      return failDevice(state, event.legId, 'media-failure');
    case undefined:
      return step(state);
  }
}

/** Our 200 to the caller is out: the plan can be heard. */
export function onLegConfirmed(state: CallState, event: On<'leg-confirmed'>, now: number): Step {
  if (state.caller.legId !== event.legId || state.caller.signalling !== 'answering') return step(state);
  const confirmed = withCaller({ ...state, phase: 'in-plan' }, { signalling: 'confirmed' });
  return state.instruction === null ? step(confirmed) : perform(confirmed, state.instruction, now);
}

export function onLegAnswered(state: CallState, event: On<'leg-answered'>): Step {
  const { legId, sdp } = event;
  const device = state.ringing.find((leg) => leg.legId === legId);
  if (device !== undefined && state.other === null) return onDeviceAnswered(state, device, sdp);
  const live =
    state.other?.legId === legId && (state.other.signalling === 'inviting' || state.other.signalling === 'ringing');
  // A 200 that crossed our CANCEL: the dialog exists, so it must be ended.
  if (!live) return step(state, { type: 'end-leg', legId, cause: 'offer-lost' });
  return step(withOther(state, { signalling: 'answering' }), { type: 'answer-endpoint', legId, sdp });
}

export function onLegFailed(state: CallState, event: On<'leg-failed'>, now: number): Step {
  switch (whichLeg(state, event.legId)) {
    case 'caller':
      return end(withCaller(state, { signalling: 'ended' }), 'signalling-lost', now);
    case 'other':
      return otherFailed(withOther(state, { signalling: 'ended' }), failureOf(event.status), now);
    case 'ringing': {
      const gone = withRinging(state, event.legId, { signalling: 'ended' });
      return failDevice(gone, event.legId, failureOf(event.status), event.status >= 600);
    }
    case undefined:
      return step(state);
  }
}

/** BYE. Whoever sent it ends the call; a ringing agent cannot send one. */
export function onLegEnded(state: CallState, event: On<'leg-ended'>, now: number): Step {
  const cause = (who: string): string => (event.cause === 'hangup' ? `${who}-hangup` : event.cause);
  switch (whichLeg(state, event.legId)) {
    case 'caller':
      return end(withCaller(state, { signalling: 'ended' }), cause(state.dial === null ? 'caller' : 'callee'), now);
    case 'other': {
      const gone = withOther(state, { signalling: 'ended' });
      if (state.phase === 'talking') return end(gone, cause(state.offer === null ? 'target' : 'agent'), now);
      return otherFailed(gone, 'declined', now);
    }
    case 'ringing':
      return failDevice(withRinging(state, event.legId, { signalling: 'ended' }), event.legId, 'unreachable');
    case undefined:
      return step(state);
  }
}

export function onLegCancelled(state: CallState, event: On<'leg-cancelled'>, now: number): Step {
  if (whichLeg(state, event.legId) !== 'caller') return step(state);
  return end(withCaller(state, { signalling: 'ended' }), 'caller-cancelled', now);
}

export function onLegReinvited(state: CallState, event: On<'leg-reinvited'>): Step {
  const { legId, token, sdp } = event;
  const which = whichLeg(state, legId);
  const leg = which === 'caller' ? state.caller : state.other;
  if (which === undefined || which === 'ringing' || leg === null)
    return step(state, { type: 'answer-reinvite', legId, token, sdp: null });
  return step(state, { type: 'open-endpoint', legId, kind: leg.kind, remoteSdp: sdp === '' ? null : sdp, token });
}
