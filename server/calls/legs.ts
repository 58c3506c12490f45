/** What happens to a leg's dialog and endpoint, whichever phase the call is in. */
import { connect, failOffer, failureOf, onAgentAnswered } from './offers.ts';
import type { CallEvent } from './events.ts';
import { advance, perform } from './plan.ts';
import { type CallState, whichLeg } from './state.ts';
import { andThen, record, type Step, step, withCaller, withOther } from './step.ts';
import { end } from './teardown.ts';

type On<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

function isHold(direction: On<'endpoint-opened'>['remoteDirection']): boolean {
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
  if (state.other?.signalling !== 'new') return step(state);
  const { offer, instruction } = state;
  const to = instruction?.type === 'transfer' ? instruction.to : state.to;
  const destination =
    offer === null
      ? ({ type: 'outside', to } as const)
      : ({ type: 'agent', agentId: offer.agentId, offerId: offer.offerId } as const);
  return step(withOther(state, { open: true, signalling: 'inviting' }), {
    type: 'invite-leg',
    legId,
    destination,
    sdp,
    from: state.from,
  });
}

function answerReinvite(
  state: CallState,
  which: 'caller' | 'other',
  event: On<'endpoint-opened'>,
  token: number,
): Step {
  const leg = which === 'caller' ? state.caller : state.other;
  const heldByPeer = isHold(event.remoteDirection);
  const answered = { type: 'answer-reinvite', legId: event.legId, token, sdp: event.localSdp } as const;
  const change = which === 'caller' ? withCaller(state, { heldByPeer }) : withOther(state, { heldByPeer });
  if (leg?.heldByPeer === heldByPeer) return step(state, answered);
  return step(
    change,
    record(heldByPeer ? 'held' : 'resumed', { by: which === 'caller' ? 'caller' : 'other' }),
    answered,
  );
}

export function onEndpointFailed(state: CallState, event: On<'endpoint-failed'>, now: number): Step {
  const { legId, token, code } = event;
  if (token !== null) return step(state, { type: 'answer-reinvite', legId, token, sdp: null });
  const cause = code === 'unsupported-sdp' ? 'unsupported-media' : 'media-failure';
  switch (whichLeg(state, legId)) {
    case 'caller':
      return end(state, cause, now);
    case 'other':
      return otherFailed(state, 'media-failure', now);
    case undefined:
      return step(state);
  }
}

/** The other party will not be had: the offer goes back, or the transfer failed, or the talk is over. */
function otherFailed(
  state: CallState,
  cause: 'unreachable' | 'busy' | 'media-failure' | 'error' | 'declined',
  now: number,
): Step {
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
    case 'caller':
      return end(withCaller(state, { open: false }), 'media-failure', now);
    case 'other':
      return otherFailed(withOther(state, { open: false }), 'media-failure', now);
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
  const live =
    state.other?.legId === legId && (state.other.signalling === 'inviting' || state.other.signalling === 'ringing');
  // A 200 that crossed our CANCEL: the dialog exists, so it must be ended.
  if (!live) return step(state, { type: 'end-leg', legId, cause: 'offer-lost' });
  if (state.offer !== null) return onAgentAnswered(state, sdp);
  return step(withOther(state, { signalling: 'answering' }), { type: 'answer-endpoint', legId, sdp });
}

export function onLegFailed(state: CallState, event: On<'leg-failed'>, now: number): Step {
  switch (whichLeg(state, event.legId)) {
    case 'caller':
      return end(withCaller(state, { signalling: 'ended' }), 'signalling-lost', now);
    case 'other':
      return otherFailed(withOther(state, { signalling: 'ended' }), failureOf(event.status), now);
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
  if (which === undefined || leg === null) return step(state, { type: 'answer-reinvite', legId, token, sdp: null });
  return step(state, { type: 'open-endpoint', legId, kind: leg.kind, remoteSdp: sdp === '' ? null : sdp, token });
}
