/** The call while agents are rung for it, and the moment one answers. */
import type { CallEvent } from './events.ts';
import { type CallState, newLeg } from './state.ts';
import { andThen, nowPlaying, record, type Step, step, withOther, withTimer } from './step.ts';

type On<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

/** Routing proposes an agent: their leg begins. A call that no longer waits gives the offer back. */
export function onOffered(state: CallState, event: On<'offered'>, now: number): Step {
  const { offerId, agentId, until } = event;
  if (state.phase !== 'queued' || state.offer !== null)
    return step(state, { type: 'offer-failed', offerId, cause: 'error' });
  const legId = `${state.callId}.a${state.legs + 1}`;
  return step(
    {
      ...state,
      legs: state.legs + 1,
      other: newLeg(legId, 'webrtc'),
      offer: { offerId, agentId, offeredAt: now, until },
    },
    record('offered', { agent: agentId, offer: offerId, queue: state.queue?.queueId ?? null }, { agentId }),
    { type: 'open-endpoint', legId, kind: 'webrtc', remoteSdp: null, token: null },
  );
}

/** Forgets the agent's leg and offer; the caller goes on waiting. */
function dropOffer(state: CallState): Step {
  const { other } = state;
  const waiting: CallState = { ...state, other: null, offer: null };
  if (other === null) return step(waiting);
  const ringing = other.signalling === 'inviting' || other.signalling === 'ringing';
  const answered = other.signalling === 'answering' || other.signalling === 'confirmed';
  return step(
    waiting,
    ...(ringing ? [{ type: 'cancel-leg', legId: other.legId } as const] : []),
    ...(answered ? [{ type: 'end-leg', legId: other.legId, cause: 'offer-lost' } as const] : []),
    { type: 'close-endpoint', legId: other.legId },
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
export function failOffer(
  state: CallState,
  cause: 'unreachable' | 'busy' | 'media-failure' | 'error' | 'declined',
): Step {
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
export function failureOf(status: number): 'unreachable' | 'busy' | 'declined' | 'error' {
  if (status === 603 || status === 486) return status === 603 ? 'declined' : 'busy';
  return status === 480 || status === 404 || status === 408 || status === 503 ? 'unreachable' : 'error';
}

/** The agent's 200: the media node takes in the answer. */
export function onAgentAnswered(state: CallState, sdp: string): Step {
  if (state.other === null || state.offer === null) return step(state);
  return step(withOther(state, { signalling: 'answering' }), {
    type: 'answer-endpoint',
    legId: state.other.legId,
    sdp,
  });
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
      : record('answered', { agent: offer.agentId, offer: offer.offerId, waitedMs }, { agentId: offer.agentId });
  return step(joined, fact, ...(offer === null ? [] : [{ type: 'offer-answered', offerId: offer.offerId } as const]));
}
