/** A call that an agent makes, until the other party answers: first the agent's own leg, then the party's. */
import { assertNever } from '../../base/assert-never.ts';
import { type Dialled, type DialFailure, type Dialling, failureCause, failureMs, nextTarget } from './dialled.ts';
import type { CallEffect, CallEvent } from './events.ts';
import { type CallState, type Leg, newCall, newLeg, type TimerName, whichLeg } from './state.ts';
import { andThen, record, type Step, step, withCaller, withOther, withTimer } from './step.ts';
import { end } from './teardown.ts';

type On<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;
/** A call in its phase `dialling`. */
type DiallingCall = CallState & { readonly dial: Dialled };

/** Whether these rules are the ones in force. */
export function isDialling(state: CallState): state is DiallingCall {
  return state.phase === 'dialling' && state.dial !== null;
}

function withDial<S extends CallState>(state: S, change: Partial<Dialled>): S {
  return state.dial === null ? state : { ...state, dial: { ...state.dial, ...change } };
}

/** What is known of a dialled call when it begins. */
function firstDialled(asked: Dialling): Dialled {
  const { way, deviceId, auto, lateOffer, queueId, wrapUpUnanswered, holdMusic, country, ringMs, to } = asked;
  const plan = { way, deviceId, auto, lateOffer, queueId, wrapUpUnanswered, holdMusic, country, ringMs };
  const progress = { calledAt: null, rung: false, early: false, heard: false, taking: 0, answer: null, failure: null };
  return { stage: 'agent', ...plan, target: to, tried: [to], ...progress };
}

/**
 * The legs of a call that an agent makes: theirs is `<callId>.a1`, or `<callId>.c` where their desk phone dialled; the
 * party's is `<callId>.x1`.
 */
export function firstLegs({ callId, way, kind, deviceId }: Dialling): { readonly caller: Leg; readonly agent: Leg } {
  const device = deviceId === null ? undefined : { deviceId, kind, name: null };
  const agent = way === 'inviting' ? newLeg(`${callId}.c`, 'sip') : newLeg(`${callId}.a1`, kind, device);
  return { caller: newLeg(`${callId}.x1`, 'sip'), agent };
}

/** The first state of such a call, its facts, and the agent's leg. */
export function beginDialling(asked: Dialling, now: number): Step {
  const { callId, agentId, by, from, to, queueId, way, agentRingMs, longestMs } = asked;
  const { caller, agent } = firstLegs(asked);
  const begun: CallState = {
    ...newCall({ ...asked, caller, phase: 'dialling' }, now),
    other: agent,
    legs: 1,
    offer: { offerId: `${callId}.d1`, agentId, offeredAt: now, until: now + agentRingMs },
    dial: firstDialled(asked),
  };
  const bounded = withTimer(begun, 'longest', now + longestMs);
  const { legId, kind } = agent;
  return step(
    way === 'invited' ? withTimer(bounded, 'ring', now + agentRingMs) : bounded,
    record(
      'call-dialled',
      { direction: 'outbound', agent: agentId, by, from, queue: queueId },
      { personal: { to }, agentId },
    ),
    { type: 'open-endpoint', legId, kind, remoteSdp: way === 'inviting' ? 'invite' : null, token: null },
  );
}

/** The agent is there: now the party. With a late offer there is no SDP of ours to wait for. */
function callParty(state: DiallingCall, now: number): Step {
  const { caller, dial } = state;
  const calling = withTimer(withDial(state, { stage: 'outside' }), 'ring', now + dial.ringMs);
  if (dial.lateOffer) return inviteParty(calling, null, now);
  return step(calling, { type: 'open-endpoint', legId: caller.legId, kind: 'sip', remoteSdp: null, token: null });
}

function inviteParty(state: DiallingCall, sdp: string | null, now: number): Step {
  const { caller, dial, from } = state;
  return step(
    withCaller(withDial(state, { calledAt: dial.calledAt ?? now }), { signalling: 'inviting', open: sdp !== null }),
    { type: 'invite-leg', legId: caller.legId, destination: { type: 'outside', to: dial.target }, sdp, from },
  );
}

/** Our SDP for one of the legs is ready. */
function onEndpointOpened(state: DiallingCall, event: On<'endpoint-opened'>, now: number): Step {
  const { legId, localSdp: sdp } = event;
  return whichLeg(state, legId) === 'other' ? agentOpened(state, sdp, now) : partyOpened(state, sdp, now);
}

function agentOpened(state: DiallingCall, sdp: string, now: number): Step {
  const { dial, other, offer } = state;
  if (other?.signalling !== 'new' || other.open || offer === null) return step(state);
  // The desk phone waits for our answer, and gets it when there is something to be heard.
  if (dial.way === 'inviting') return callParty(withOther(withDial(state, { answer: sdp }), { open: true }), now);
  const { agentId, offerId } = offer;
  const device = dial.deviceId === null ? {} : { deviceId: dial.deviceId };
  const destination = { type: 'agent', agentId, ...device, offerId, auto: dial.auto } as const;
  return step(withOther(state, { open: true, signalling: 'inviting' }), {
    type: 'invite-leg',
    legId: other.legId,
    destination,
    sdp,
    from: dial.target,
  });
}

function partyOpened(state: DiallingCall, sdp: string, now: number): Step {
  const { caller, dial } = state;
  if (dial.stage === 'failed') return step(state, { type: 'close-endpoint', legId: caller.legId });
  if (caller.signalling === 'new') return inviteParty(state, sdp, now);
  // Their late offer is answered: the ACK takes our answer.
  if (caller.signalling === 'answering' && dial.lateOffer)
    return step(withCaller(state, { open: true }), { type: 'acknowledge-leg', legId: caller.legId, sdp });
  return step(state);
}

/** A provisional answer of the party: they ring, or let something be heard. The newest of several wins (RFC 3261 section 13.2.2.4). */
function onProgress(state: DiallingCall, event: On<'leg-progress'>): Step {
  const { caller, dial } = state;
  const live = event.legId === caller.legId && (caller.signalling === 'inviting' || caller.signalling === 'ringing');
  if (!live || dial.stage !== 'outside') return step(state);
  const { status, sdp } = event;
  const first = status === 180 && !dial.rung;
  const ringing = withCaller(withDial(state, { rung: dial.rung || first }), { signalling: 'ringing' });
  const told = step(ringing, ...(first ? [record('call-ringing', { status }), ...tellPhone(state, 180, null)] : []));
  if (sdp === '' || dial.lateOffer) return told;
  return andThen(told, (next) =>
    step(withDial(next, { taking: dial.taking + 1 }), { type: 'answer-endpoint', legId: caller.legId, sdp }),
  );
}

/** Passes the party's progress on to the desk phone that dialled. */
function tellPhone(state: DiallingCall, status: number, sdp: string | null): CallEffect[] {
  const { dial, other } = state;
  if (dial.way !== 'inviting' || other === null || dial.early) return [];
  return [{ type: 'progress-leg', legId: other.legId, status, sdp }];
}

/** The media node took in what the far side said of itself. */
function onEndpointAnswered(state: DiallingCall, event: On<'endpoint-answered'>, now: number): Step {
  const { caller, other, dial } = state;
  if (event.legId === other?.legId && other.signalling === 'answering' && dial.way === 'invited')
    return callParty(withOther(state, { signalling: 'confirmed' }), now);
  if (event.legId !== caller.legId || dial.taking === 0) return step(state);
  const taking = dial.taking - 1;
  if (caller.signalling === 'answering')
    return taking === 0 ? partyAnswered(withDial(state, { taking }), now) : step(withDial(state, { taking }));
  const taken = withDial(state, { taking, early: true });
  if (dial.early) return step(taken);
  return step(taken, record('early-media'), ...tellPhone(state, 183, dial.answer));
}

/** The description of the far side cannot be used: of an early one nothing depends, of the last one everything. */
function onEndpointFailed(state: DiallingCall, event: On<'endpoint-failed'>, now: number): Step {
  const { caller, dial } = state;
  if (event.legId !== caller.legId) return end(state, 'media-failure', now);
  const taking = Math.max(0, dial.taking - 1);
  const early = dial.taking > 0 && (caller.signalling !== 'answering' || taking > 0);
  if (early) return step(withDial(state, { taking }));
  const cause = event.code === 'unsupported-sdp' ? 'unsupported-media' : 'unreachable';
  return fail(
    withDial(state, { taking }),
    { cause, status: caller.signalling === 'answering' ? 488 : 0, reason: event.code },
    now,
  );
}

/** Silence before the answer is no loss; an endpoint that is gone is one. */
function onEndpointLost(state: DiallingCall, event: On<'endpoint-lost'>, now: number): Step {
  if (event.legId === state.caller.legId && event.cause === 'rtp-timeout') return step(state);
  const which = whichLeg(state, event.legId);
  if (which === undefined) return step(state);
  return end(
    which === 'caller' ? withCaller(state, { open: false }) : withOther(state, { open: false }),
    'media-failure',
    now,
  );
}

/** The 200 of the agent, or of the party. */
function onLegAnswered(state: DiallingCall, event: On<'leg-answered'>, now: number): Step {
  const { legId, sdp } = event;
  const which = whichLeg(state, legId);
  const leg = which === 'caller' ? state.caller : state.other;
  if (which === undefined || leg === null || (leg.signalling !== 'inviting' && leg.signalling !== 'ringing'))
    return step(state, { type: 'end-leg', legId, cause: 'offer-lost' });
  if (which === 'other')
    return step(withOther(state, { signalling: 'answering' }), { type: 'answer-endpoint', legId, sdp });
  const { dial } = state;
  const answering = withCaller(state, { signalling: 'answering' });
  if (sdp !== '')
    return step(withDial(answering, { taking: dial.taking + 1 }), { type: 'answer-endpoint', legId, sdp });
  // RFC 3262 section 5: the answer may have come in a reliable provisional answer, and then not again.
  if (dial.early) return dial.taking === 0 ? partyAnswered(answering, now) : step(answering);
  return fail(answering, { cause: 'unsupported-media', status: 488, reason: 'no SDP in the answer' }, now);
}

/** The 200 with the far side's own offer, as we asked for. */
function onLegOffered(state: DiallingCall, event: On<'leg-offered'>): Step {
  const { caller, dial } = state;
  const live = caller.signalling === 'inviting' || caller.signalling === 'ringing';
  if (event.legId !== caller.legId || !live || !dial.lateOffer)
    return step(state, { type: 'end-leg', legId: event.legId, cause: 'offer-lost' });
  return step(withCaller(state, { signalling: 'answering' }), {
    type: 'open-endpoint',
    legId: caller.legId,
    kind: 'sip',
    remoteSdp: event.sdp,
    token: null,
  });
}

/** Our 200 to the desk phone is out, or our ACK to a late offer. */
function onLegConfirmed(state: DiallingCall, event: On<'leg-confirmed'>, now: number): Step {
  const { caller, other } = state;
  if (event.legId === caller.legId && caller.signalling === 'answering') return partyAnswered(state, now);
  if (event.legId !== other?.legId || other.signalling !== 'answering') return step(state);
  const confirmed = withOther(state, { signalling: 'confirmed' });
  return caller.signalling === 'confirmed' ? connected(confirmed, now) : step(confirmed);
}

function partyAnswered(state: CallState, now: number): Step {
  const answered = withCaller(withTimer(state, 'ring', null), { signalling: 'confirmed' });
  const { dial, other } = answered;
  if (dial?.way !== 'inviting' || other === null) return connected(answered, now);
  return step(withOther(answered, { signalling: 'answering' }), {
    type: 'answer-leg',
    legId: other.legId,
    sdp: dial.answer ?? '',
  });
}

function connected(state: CallState, now: number): Step {
  const { offer, dial } = state;
  if (offer === null || dial === null) return step(state);
  const { agentId } = offer;
  const talking: CallState = { ...withDial(state, { stage: 'connected' }), phase: 'talking', talkingSince: now };
  const ringMs = now - (dial.calledAt ?? now);
  return step(talking, record('answered', { agent: agentId, ringMs }, { agentId }), {
    type: 'dial-connected',
    agentId,
  });
}

/** A final failure: a redirection is followed through our trunk, anything else is told to the agent. */
function onLegFailed(state: DiallingCall, event: On<'leg-failed'>, now: number): Step {
  const { dial, caller } = state;
  switch (whichLeg(state, event.legId)) {
    case 'other':
      return end(withOther(state, { signalling: 'ended' }), agentCause(event.status), now);
    case 'caller': {
      if (dial.stage !== 'outside') return step(state);
      const { status, reason, contacts = [] } = event;
      const target = status >= 300 && status < 400 && status !== 305 ? nextTarget(dial, contacts) : undefined;
      const gone = withCaller(state, { signalling: 'ended' });
      if (target === undefined)
        return fail(gone, { cause: event.cause ?? failureCause(status, dial.rung), status, reason }, now);
      const moved = withDial(gone, { target, tried: [...dial.tried, target], rung: false, early: false, heard: false });
      const redirected = record('call-redirected', { status }, { personal: { to: target } });
      return andThen(step(withCaller(moved, { signalling: 'new' }), redirected), (next) =>
        isDialling(next)
          ? dial.lateOffer
            ? inviteParty(next, null, now)
            : step(next, { type: 'open-endpoint', legId: caller.legId, kind: 'sip', remoteSdp: null, token: null })
          : step(next),
      );
    }
    case 'ringing':
    case undefined:
      return step(state);
  }
}

function agentCause(status: number): string {
  return status === 486 || status === 603 ? 'agent-declined' : 'agent-unreachable';
}

/** BYE: of the agent, who has heard enough, or of the party, in the moment of their answer. */
function onLegEnded(state: DiallingCall, event: On<'leg-ended'>, now: number): Step {
  switch (whichLeg(state, event.legId)) {
    case 'other': {
      const gone = withOther(state, { signalling: 'ended' });
      return event.cause === 'hangup' ? giveUp(gone, 'agent-hangup', now) : end(gone, event.cause, now);
    }
    case 'caller':
      return end(
        withCaller(state, { signalling: 'ended' }),
        event.cause === 'hangup' ? 'callee-hangup' : event.cause,
        now,
      );
    case 'ringing':
    case undefined:
      return step(state);
  }
}

/** Somebody here ends it. After a failure that is the cause; before, the agent has cancelled. */
function giveUp(state: CallState, cause: string, now: number): Step {
  if (state.dial?.failure != null) return end(state, state.dial.failure.cause, now);
  return end(state, cause === 'agent-hangup' ? 'agent-cancelled' : cause, now);
}

/** Nobody answered in time: the agent, or the party. */
function onRingTimer(state: DiallingCall, now: number): Step {
  switch (state.dial.stage) {
    case 'agent':
      return end(state, 'agent-no-answer', now);
    case 'outside':
      return fail(state, { cause: 'no-answer', status: 487, reason: 'rang too long' }, now);
    case 'failed':
    case 'connected':
      return step(state);
    default:
      return assertNever(state.dial.stage);
  }
}

function partyGoodbye(caller: Leg): CallEffect[] {
  const { legId, signalling } = caller;
  if (signalling === 'inviting' || signalling === 'ringing')
    return [{ type: 'cancel-leg', legId, answeredElsewhere: false }];
  return signalling === 'answering' || signalling === 'confirmed' ? [{ type: 'end-leg', legId, cause: 'failed' }] : [];
}

/** The party cannot be had. The agent hears a tone and sees why; a desk phone gets the status itself. */
function fail(state: DiallingCall, failure: DialFailure, now: number): Step {
  const { caller, dial } = state;
  const failed = withTimer(withDial(state, { stage: 'failed', failure }), 'ring', null);
  const told = [record('dial-failed', { ...failure }), ...partyGoodbye(caller)];
  const quiet = withCaller(failed, { signalling: 'ended', open: false });
  if (dial.way === 'inviting') return andThen(step(quiet, ...told), (next) => end(next, failure.cause, now));
  return step(
    withTimer(quiet, 'failure', now + failureMs),
    ...told,
    ...(caller.open ? [{ type: 'close-endpoint', legId: caller.legId } as const] : []),
  );
}

/** The first packet of a leg. */
function onHeard(state: DiallingCall, event: On<'endpoint-heard'>): Step {
  if (event.legId !== state.caller.legId || state.dial.heard) return step(state);
  return step(withDial(state, { heard: true }));
}

/** What an event does to a call that is being dialled; undefined: what it does to any other. */
export function onDialling(state: DiallingCall, event: CallEvent, now: number): Step | undefined {
  switch (event.type) {
    case 'endpoint-opened':
      return event.token === null ? onEndpointOpened(state, event, now) : undefined;
    case 'endpoint-failed':
      return event.token === null ? onEndpointFailed(state, event, now) : undefined;
    case 'endpoint-answered':
      return onEndpointAnswered(state, event, now);
    case 'endpoint-lost':
      return onEndpointLost(state, event, now);
    case 'endpoint-heard':
      return onHeard(state, event);
    case 'leg-progress':
      return onProgress(state, event);
    case 'leg-answered':
      return onLegAnswered(state, event, now);
    case 'leg-offered':
      return onLegOffered(state, event);
    case 'leg-confirmed':
      return onLegConfirmed(state, event, now);
    case 'leg-failed':
      return onLegFailed(state, event, now);
    case 'leg-cancelled':
      return event.legId === state.other?.legId
        ? giveUp(withOther(state, { signalling: 'ended' }), 'agent-hangup', now)
        : step(state);
    case 'leg-ended':
      return onLegEnded(state, event, now);
    case 'hang-up-asked':
      return giveUp(state, event.cause, now);
    case 'timer':
      return onTimer(state, event.timer, now);
    default:
      return undefined;
  }
}

function onTimer(state: DiallingCall, timer: TimerName, now: number): Step | undefined {
  const rung = withTimer(state, timer, null);
  if (timer === 'ring') return onRingTimer(rung, now);
  return timer === 'failure' ? giveUp(rung, 'agent-cancelled', now) : undefined;
}
