/**
 * An agent's page that is gone in mid-call (loaded again, crashed, its network lost): the caller hears music, and a fresh
 * INVITE that names the offer in progress brings the audio back to the agent's page as soon as there is one.
 */
import { leaveConference } from './conference.ts';
import { membersOf } from './conferenced.ts';
import type { CallEffect, CallEvent } from './events.ts';
import { isTransferring, leave, type On, part } from './handing.ts';
import { onOfferLost, release } from './offers.ts';
import { enterQueue } from './plan.ts';
import type { Device } from './ports.ts';
import { type Away, type CallState, isOnHold, type Leg, newLeg } from './state.ts';
import { andThen, nowPlaying, record, type Step, step, withTimer } from './step.ts';
import { end, legGoodbye } from './teardown.ts';
import { onTransferAsked } from './transferring.ts';

/** How long an agent has to come back, ms: a page is loaded again in seconds, a machine that crashed in more. */
export const returnMs = 30_000;
/** How often the agent is looked for meanwhile, ms; a page that registers is told at once. */
export const lookMs = 2000;

/** What a page answers whose agent has hung up (RFC 3261 section 21.6.2). */
const declined = 603;

/** Dialplans give 0 to 9: whoever has talked already waits before them all. */
const firstOfAll = 10;

/** A call whose agent is away. */
type Waiting = CallState & { readonly away: Away };

function isWaiting(state: CallState): state is Waiting {
  return state.phase === 'talking' && state.away != null;
}

/** What an event does to the call of an agent whose page is gone, or is found gone by it; undefined: nothing of its own. */
export function onReturning(state: CallState, event: CallEvent, now: number): Step | undefined {
  if (!isWaiting(state)) return onGone(state, event, now);
  const { leg } = state.away;
  if (leg !== null && 'legId' in event && event.legId === leg.legId) return onNewLeg(state, leg, event, now);
  switch (event.type) {
    case 'agent-seen':
      return event.agentId === state.offer?.agentId ? seek(state, event.pages) : undefined;
    case 'timer':
      return event.timer === 'return' ? onLook(withTimer(state, 'return', null), now) : undefined;
    case 'recovered':
      return andThen(step(state, record('call-recovered', { phase: state.phase })), look);
    // The music goes on: nobody is there to be talked to.
    case 'held':
    case 'resumed':
      return onHold(state, event);
    case 'offer-lost':
      return andThen(settled(state), (next) => onOfferLost(next, event));
    case 'transfer-asked':
      return handOver(state, event, now);
    default:
      return undefined;
  }
}

/** The legs that the media node or the agent's registrations tell to be gone. */
function onGone(state: CallState, event: CallEvent, now: number): Step | undefined {
  const { other, offer } = state;
  const mine = state.phase === 'talking' && state.transfer === null && offer !== null && other?.kind === 'webrtc';
  if (!mine || other.signalling !== 'confirmed') return undefined;
  if (event.type === 'endpoint-lost' && event.legId === other.legId)
    return lose(state, other, event.cause, event.since ?? now);
  if (event.type !== 'agent-seen' || event.agentId !== offer.agentId || event.pages.length === 0) return undefined;
  const there = other.device === undefined || event.pages.some(({ deviceId }) => deviceId === other.device?.deviceId);
  // Its connection closed and another page is there: this one was loaded again, or its browser crashed.
  return there ? undefined : lose(state, other, 'page-gone', now);
}

function lose(state: CallState, leg: Leg, cause: string, now: number): Step {
  const playing = isOnHold(state) ? state : nowPlaying(state, musicOf(state), true);
  const away: Away = { since: now, until: now + returnMs, leg: null };
  const lost: CallState = { ...withTimer(playing, 'return', now + lookMs), other: null, away };
  const agentId = state.offer?.agentId;
  const row = record('leg-lost', { leg: 'agent', cause }, agentId === undefined ? {} : { agentId });
  return andThen(step(lost, row, ...legGoodbye(leg, 'lost'), { type: 'close-endpoint', legId: leg.legId }), look);
}

function musicOf({ queue, dial }: CallState): readonly string[] {
  return queue?.holdMusic ?? dial?.holdMusic ?? [];
}

/** Asks where the agent's pages are: comes back as `agent-seen`. */
function look(state: CallState): Step {
  return state.offer === null ? step(state) : step(state, { type: 'find-agent', agentId: state.offer.agentId });
}

function onLook(state: CallState, now: number): Step | undefined {
  if (!isWaiting(state)) return undefined;
  const { until, leg } = state.away;
  if (now >= until) return giveUp(state, now);
  const later = withTimer(state, 'return', Math.min(until, now + lookMs));
  return leg === null ? look(later) : step(later);
}

/** The newest page gets an INVITE, unless one that is still there has it already. */
function seek(state: Waiting, pages: readonly Device[]): Step {
  const { leg } = state.away;
  if (leg !== null && pages.some(({ deviceId }) => deviceId === leg.device?.deviceId)) return step(state);
  const freed = leg === null ? step(state) : forsake(state, leg);
  const page = pages.at(-1);
  if (page === undefined) return freed;
  const legs = state.legs + 1;
  const fresh = newLeg(`${state.callId}.a${String(legs)}`, page.kind, page);
  const invited: CallState = { ...state, legs, away: { ...state.away, leg: fresh } };
  const { legId, kind } = fresh;
  return step(invited, ...freed.effects, { type: 'open-endpoint', legId, kind, remoteSdp: null, token: null });
}

/**
 * The agent had hung up at that page, whose audio ended before its BYE was here: the call is not brought back to somebody who has just
 * ended it.
 */
function hungUp(state: Waiting, leg: Leg, now: number): Step {
  const tried: Waiting = { ...state, away: { ...state.away, leg: { ...leg, signalling: 'ended' } } };
  return andThen(settled(tried), (next) =>
    membersOf(next).length > 0 ? leaveConference(next, true, now) : end(next, 'agent-hangup', now),
  );
}

/** That try came to nothing; the next one is made when the agent is seen again. */
function forsake(state: Waiting, leg: Leg): Step {
  return step({ ...state, away: { ...state.away, leg: null } }, ...release(leg, false));
}

function withLeg(state: Waiting, leg: Leg): CallState {
  return { ...state, away: { ...state.away, leg } };
}

function onNewLeg(state: Waiting, leg: Leg, event: CallEvent, now: number): Step | undefined {
  switch (event.type) {
    case 'endpoint-opened':
      return event.token === null && leg.signalling === 'new' ? invite(state, leg, event.localSdp) : undefined;
    case 'leg-ringing':
      return step(leg.signalling === 'inviting' ? withLeg(state, { ...leg, signalling: 'ringing' }) : state);
    case 'leg-answered':
      if (leg.signalling !== 'inviting' && leg.signalling !== 'ringing') return undefined;
      return step(withLeg(state, { ...leg, signalling: 'answering' }), {
        ...{ type: 'answer-endpoint', legId: leg.legId, sdp: event.sdp },
      });
    case 'endpoint-answered':
      return leg.signalling === 'answering' ? back(state, leg, now) : step(state);
    case 'leg-failed':
      return event.status === declined ? hungUp(state, leg, now) : forsake(state, { ...leg, signalling: 'ended' });
    case 'leg-ended':
      return forsake(state, { ...leg, signalling: 'ended' });
    case 'endpoint-failed':
    case 'endpoint-lost':
      return forsake(state, leg);
    default:
      return undefined;
  }
}

function invite(state: Waiting, leg: Leg, sdp: string): Step {
  const { offer, from } = state;
  if (offer === null) return step(state);
  const { agentId, offerId } = offer;
  const device = leg.device === undefined ? {} : { deviceId: leg.device.deviceId };
  return step(withLeg(state, { ...leg, open: true, signalling: 'inviting' }), {
    ...{ type: 'invite-leg', legId: leg.legId, sdp, from },
    destination: { type: 'agent', agentId, offerId, ...device, auto: true },
  });
}

/** The agent is back, muted and on hold as they were. */
function back(state: Waiting, leg: Leg, now: number): Step {
  const { since } = state.away;
  const agentId = state.offer?.agentId;
  const joined: CallState = {
    ...withTimer(state, 'return', null),
    other: { ...leg, signalling: 'confirmed' },
    away: null,
  };
  return step(
    isOnHold(joined) ? joined : { ...joined, playing: null },
    record('leg-resumed', { leg: 'agent', gapMs: now - since }, agentId === undefined ? {} : { agentId }),
  );
}

function onHold(state: Waiting, { type, agentId }: On<'held' | 'resumed'>): Step {
  const held = type === 'held';
  if (state.offer?.agentId !== agentId || state.held === held) return step(state);
  return step({ ...state, held }, record(type, { by: 'agent' }, { agentId }));
}

/** Nobody is waited for any more. */
function settled(state: Waiting): Step {
  const { leg } = state.away;
  const free: CallState = { ...withTimer(state, 'return', null), away: null };
  return step(free, ...(leg === null ? [] : release(leg, false)));
}

/**
 * The caller goes on without the agent (by the API, or at their desk): whoever is named is rung, and if they are not to be had the
 * agent is rung back as after any blind transfer. There is nobody to consult somebody.
 */
function handOver(state: Waiting, event: On<'transfer-asked'>, now: number): Step {
  const { order, refer } = event;
  const isBlind = order.consult !== true && refer === undefined && membersOf(state).length === 0;
  if (!isBlind || order.by !== state.offer?.agentId) return step(state, ...refused(event));
  return andThen(
    andThen(settled(state), (next) => onTransferAsked(next, event, now)),
    (next) => (isTransferring(next) ? leave(next, true, now) : step(next)),
  );
}

/** Not while the agent is away: said to the phone that asked, and whoever was to be rung is free again. */
function refused({ order, refer, phone }: On<'transfer-asked'>): CallEffect[] {
  const { target } = order;
  return [
    ...(target.type === 'agent' ? [{ type: 'free-agent', agentId: target.agentId, wrapUp: false } as const] : []),
    ...(refer === undefined ? [] : [{ type: 'answer-refer', ...refer, status: 491 } as const]),
    ...(phone === undefined
      ? []
      : [{ type: 'reject-leg', legId: phone.legId, status: 486, reason: 'Busy Here' } as const]),
  ];
}

/**
 * The agent did not come back: they are done, and the caller waits at the head of the queue they came from. Where there is none the
 * call is over.
 */
function giveUp(state: Waiting, now: number): Step {
  if (membersOf(state).length > 0) return andThen(settled(state), (next) => leaveConference(next, true, now));
  const { instruction, dial } = state;
  if (instruction?.type !== 'queue' || dial !== null)
    return andThen(settled(state), (next) => end(next, 'media-failure', now));
  const atTheHead = { ...instruction, priority: firstOfAll };
  return andThen(
    andThen(settled(state), (next) => part(next, now)),
    (next) => enterQueue({ ...next, phase: 'in-plan', talkingSince: null, held: false }, atTheHead, now),
  );
}
