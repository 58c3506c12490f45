/** The call while agents are rung for it, and the moment one answers. */
import type { CallEvent } from './events.ts';
import type { FailureCause } from './ports.ts';
import { type CallState, type Leg, newLeg } from './state.ts';
import type { CallEffect } from './events.ts';
import { andThen, nowPlaying, record, type Step, step, withOther, withTimer } from './step.ts';

type On<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

/** Routing proposes an agent: a leg to each of their devices begins. A call that no longer waits gives the offer back. */
export function onOffered(state: CallState, event: On<'offered'>, now: number): Step {
  const { offerId, agentId, until, devices } = event;
  if (state.phase !== 'queued' || state.offer !== null)
    return step(state, { type: 'offer-failed', offerId, cause: 'error' });
  if (devices.length === 0) return step(state, { type: 'offer-failed', offerId, cause: 'unreachable' });
  const ringing = devices.map((device, index) =>
    newLeg(`${state.callId}.a${String(state.legs + index + 1)}`, device.kind, device),
  );
  return step(
    {
      ...state,
      legs: state.legs + devices.length,
      ringing,
      offer: { offerId, agentId, offeredAt: now, until },
    },
    record(
      'offered',
      {
        agent: agentId,
        offer: offerId,
        queue: state.queue?.queueId ?? null,
        devices: devices.map(({ name, kind }) => name ?? kind),
      },
      { agentId },
    ),
    ...ringing.map(({ legId, kind }) => {
      return { type: 'open-endpoint', legId, kind, remoteSdp: null, token: null } as const;
    }),
  );
}

/** Takes back a leg to a device. RFC 3326: a phone that is told so lists the call as answered, not as missed. */
export function release(leg: Leg, answeredElsewhere: boolean): CallEffect[] {
  const { legId, signalling } = leg;
  const invited = signalling === 'inviting' || signalling === 'ringing';
  const answered = signalling === 'answering' || signalling === 'confirmed';
  return [
    ...(invited ? [{ type: 'cancel-leg', legId, answeredElsewhere } as const] : []),
    ...(answered ? [{ type: 'end-leg', legId, cause: 'offer-lost' } as const] : []),
    { type: 'close-endpoint', legId },
  ];
}

/** Forgets the agent's legs and offer; the caller goes on waiting. */
function dropOffer(state: CallState): Step {
  const legs = [...(state.other === null ? [] : [state.other]), ...state.ringing];
  return step({ ...state, other: null, ringing: [], offer: null }, ...legs.flatMap((leg) => release(leg, false)));
}

/** A change to one of the legs that ring. */
export function withRinging(state: CallState, legId: string, change: Partial<Leg>): CallState {
  return { ...state, ringing: state.ringing.map((leg) => (leg.legId === legId ? { ...leg, ...change } : leg)) };
}

export function onDeviceRinging(state: CallState, legId: string): Step {
  const inviting = state.ringing.some((leg) => leg.legId === legId && leg.signalling === 'inviting');
  return step(inviting ? withRinging(state, legId, { signalling: 'ringing' }) : state);
}

/**
 * A device could not be had: the offer goes back with the last of them, for the most telling reason. `everywhere`: a
 * refusal that speaks for all of them (RFC 3261 section 21.6).
 */
export function failDevice(state: CallState, legId: string, cause: FailureCause, everywhere = false): Step {
  const leg = state.ringing.find((each) => each.legId === legId);
  if (leg === undefined || state.offer === null) return step(state);
  const failure = worse(state.offer.failure, cause);
  const ringing = state.ringing.filter((each) => each !== leg);
  const left: CallState = { ...state, ringing, offer: { ...state.offer, failure } };
  const released = step(left, ...release(leg, false));
  return ringing.length > 0 && !everywhere ? released : andThen(released, (next) => failOffer(next, failure));
}

/** What one device says outweighs what those before it here do not. */
const failureCauses: readonly FailureCause[] = ['unreachable', 'media-failure', 'error', 'busy', 'declined'];

function worse(before: FailureCause | undefined, now: FailureCause): FailureCause {
  return before !== undefined && failureCauses.indexOf(before) > failureCauses.indexOf(now) ? before : now;
}

/** A device answered first: it is the agent's now, the others stop ringing, the media node takes in its answer. */
export function onDeviceAnswered(state: CallState, leg: Leg, sdp: string): Step {
  const others = state.ringing.filter((each) => each !== leg);
  return step(
    { ...state, other: { ...leg, signalling: 'answering' }, ringing: [] },
    { type: 'answer-endpoint', legId: leg.legId, sdp },
    ...others.flatMap((each) => release(each, true)),
  );
}

/** Routing took the offer back: lapsed, declined at the desk, agent gone, or answered too late. */
export function onOfferLost(state: CallState, event: On<'offer-lost'>): Step {
  if (state.offer?.offerId !== event.offerId) return step(state);
  if (state.phase !== 'queued' && state.phase !== 'talking') return step(state);
  const { agentId, offerId } = state.offer;
  // Routing had already taken it back when the agent answered: the ticket waits again, so the caller does too.
  const waiting: CallState =
    state.phase === 'queued'
      ? state
      : { ...nowPlaying(state, state.queue?.holdMusic ?? [], true), phase: 'queued', talkingSince: null, held: false };
  const type = { lapsed: 'offer-missed', declined: 'offer-declined' }[event.reason] ?? 'offer-lost';
  return andThen(
    step(waiting, record(type, { agent: agentId, offer: offerId, reason: event.reason }, { agentId })),
    dropOffer,
  );
}

/** The agent's leg came to nothing; routing decides who is next. */
export function failOffer(state: CallState, cause: FailureCause): Step {
  if (state.offer === null) return step(state);
  const { agentId, offerId } = state.offer;
  return andThen(
    step(
      state,
      record(
        cause === 'declined' ? 'offer-declined' : 'offer-lost',
        { agent: agentId, offer: offerId, reason: cause },
        { agentId },
      ),
    ),
    (next) => andThen(dropOffer(next), (dropped) => step(dropped, { type: 'offer-failed', offerId, cause })),
  );
}

/** Which failure of the agent's INVITE means what. */
export function failureOf(status: number): FailureCause {
  if (status === 603) return 'declined';
  if (status === 486 || status === 600) return 'busy';
  return status === 480 || status === 404 || status === 408 || status === 503 ? 'unreachable' : 'error';
}

/** Both ends are there: they hear each other. */
export function connect(state: CallState, now: number): Step {
  const joined: CallState = {
    ...withOther(withTimer(state, 'announcement', null), { signalling: 'confirmed' }),
    phase: 'talking',
    playing: null,
    talkingSince: now,
    held: false,
    muted: false,
  };
  const { offer, queue } = state;
  const waitedMs = queue === null ? 0 : now - queue.queuedAt;
  const fact =
    offer === null
      ? record('transfer-connected', {})
      : record(
          'answered',
          {
            agent: offer.agentId,
            offer: offer.offerId,
            waitedMs,
            device: state.other?.device?.name ?? state.other?.kind,
          },
          { agentId: offer.agentId },
        );
  return step(joined, fact, ...(offer === null ? [] : [{ type: 'offer-answered', offerId: offer.offerId } as const]));
}
