/** How a call ends. The order is written here once; docs/teardown.md explains it. */
import { type Member, membersOf, offerOf } from './conferenced.ts';
import type { CallEffect } from './events.ts';
import { type CallState, type Leg, type Replacing, silence } from './state.ts';
import { andThen, record, type Step, step } from './step.ts';
import { type Supervisor, supervisorsOf } from './supervised.ts';
import type { Consult } from './transferred.ts';

/** The answer to an INVITE that ends before our 200, by cause. */
const refusals: Readonly<Record<string, readonly [number, string]>> = {
  'no-route': [404, 'Not Found'],
  'plan-hangup': [603, 'Decline'],
  'plan-gone': [500, 'Server Internal Error'],
  'unsupported-media': [488, 'Not Acceptable Here'],
  'site-stopped': [503, 'Service Unavailable'],
  'media-full': [503, 'Service Unavailable'],
};

/** The row that tells how long somebody listened; one whose phone was never answered has failed. */
export function supervisionEnded({ agentId, mode, since }: Supervisor, cause: string, now: number): CallEffect {
  const type = since === null ? 'supervision-failed' : 'supervision-ended';
  const lasted = since === null ? {} : { lastedMs: now - since };
  return record(type, { by: agentId, mode, cause, ...lasted }, { agentId });
}

/** CANCEL or BYE, whichever ends the leg; its endpoint stays. */
export function legGoodbye(leg: Leg | null, cause: string): CallEffect[] {
  switch (leg?.signalling) {
    case 'inviting':
    case 'ringing':
      return [{ type: 'cancel-leg', legId: leg.legId, answeredElsewhere: false }];
    case 'answering':
    case 'confirmed':
      return [{ type: 'end-leg', legId: leg.legId, cause }];
    case 'new':
    case 'ended':
    case undefined:
      return [];
  }
}

/** The agent's desk phone dialled and has no final answer yet: it gets the status that tells why. */
function otherGoodbye(state: CallState, cause: string): CallEffect[] {
  const { dial, other } = state;
  if (dial?.way !== 'inviting' || other?.signalling !== 'new') return legGoodbye(other, cause);
  const { status = 0, reason = '' } = dial.failure ?? {};
  if (status >= 400) return [{ type: 'reject-leg', legId: other.legId, status, reason }];
  const [code, phrase] = refusals[cause] ?? [480, 'Temporarily Unavailable'];
  return [{ type: 'reject-leg', legId: other.legId, status: code, reason: phrase }];
}

function callerGoodbye(state: CallState, cause: string): CallEffect[] {
  if (state.phase !== 'admitted' || state.caller.signalling !== 'new') return legGoodbye(state.caller, cause);
  const [status, reason] = refusals[cause] ?? [500, 'Server Internal Error'];
  return [{ type: 'reject-leg', legId: state.caller.legId, status, reason }];
}

/** Tells the phone that asked for a transfer by REFER how far it is, as long as it is there (RFC 3515 section 2.4.5). */
export function notifyReferrer(state: CallState, status: number, reason: string): CallEffect[] {
  const { referral, other, transfer } = state;
  const there = [other, transfer?.consult?.phone ?? null].some(
    (leg) => leg?.legId === referral?.legId && leg?.signalling === 'confirmed',
  );
  if (referral === null || !there) return [];
  return [{ type: 'notify-referrer', legId: referral.legId, status, reason, last: status >= 200 }];
}

/** Whoever was about to take a place in a call that ends. */
export function newcomerGoodbye(replacing: Replacing | null, cause: string): CallEffect[] {
  if (replacing === null) return [];
  const { leg } = replacing;
  if (leg.signalling !== 'new') return legGoodbye(leg, cause);
  return [{ type: 'reject-leg', legId: leg.legId, status: 480, reason: 'Temporarily Unavailable' }];
}

/** The second line of the agent's desk phone ends with the consultation; before our 200 it gets the status that tells why. */
export function phoneGoodbye(
  consult: Consult | null,
  cause: string,
  close: boolean,
  failure?: { readonly status: number; readonly reason: string },
): CallEffect[] {
  const phone = consult?.phone ?? null;
  if (phone === null) return [];
  const { legId, signalling } = phone;
  const { status = 480, reason = 'Temporarily Unavailable' } = failure ?? {};
  const refused = status >= 400 ? { status, reason } : { status: 480, reason: 'Temporarily Unavailable' };
  return [
    ...(signalling === 'new' ? [{ type: 'reject-leg', legId, ...refused } as const] : legGoodbye(phone, cause)),
    ...(close ? [{ type: 'close-endpoint', legId } as const] : []),
  ];
}

/** The target of a transfer is not rung any more, and a colleague goes back to what they did. */
function transferGoodbye({ transfer }: CallState, cause: string): CallEffect[] {
  if (transfer === null) return [];
  const { target, leg, others, consult, by, way } = transfer;
  const freed =
    target.type === 'agent' ? [{ type: 'free-agent', agentId: target.agentId, wrapUp: false } as const] : [];
  const type = consult === null ? 'blind' : 'attended';
  const facts = { type, by, way, target: target.type, outcome: 'abandoned' };
  const row = consult?.joins === true ? 'conference-failed' : 'call-transferred';
  return [
    record(row, facts, { agentId: by }),
    ...[leg, ...others].flatMap((each) => legGoodbye(each, cause)),
    ...phoneGoodbye(consult, cause, false),
    ...freed,
  ];
}

/** A colleague who was added to the talk has left it: they wrap up. */
export function dismiss(state: CallState, member: Member, now: number): Step {
  const offer = offerOf(member);
  if (offer === null) return step(state);
  const { agentId } = offer;
  return step(
    { ...state, parted: [...state.parted, { offer, since: member.since, at: now }] },
    record('wrap-up-started', {}, { agentId }),
    { type: 'free-agent', agentId, wrapUp: true },
  );
}

/** All who were added are sent home, and those of them who are colleagues wrap up. */
function dismissAll(state: CallState, cause: string, now: number): Step {
  const members = membersOf(state);
  const first = step(members.length === 0 ? state : { ...state, conference: [] });
  return members.reduce((all, member) => {
    const left = andThen(all, (next) => dismiss(next, member, now));
    return step(left.state, ...left.effects, ...legGoodbye(member.leg, cause));
  }, first);
}

/** Whoever listened is sent home, with a row that tells how long they did. */
function supervisionOver(state: CallState, cause: string, now: number): Step {
  const supervisors = supervisorsOf(state);
  if (supervisors.length === 0) return step(state);
  return step(
    { ...state, supervision: [] },
    ...supervisors.flatMap((each): CallEffect[] => [
      supervisionEnded(each, cause, now),
      ...legGoodbye(each.leg, cause),
      { type: 'free-agent', agentId: each.agentId, wrapUp: false },
    ]),
  );
}

/** Whether the agent has something to wrap up: a talk, or an attempt that their queue wants to know of. */
function wrapsUp(state: CallState): boolean {
  if (state.offer === null) return false;
  const { dial, phase } = state;
  return phase === 'talking' || (dial !== null && dial.stage !== 'agent' && dial.wrapUpUnanswered);
}

function leaveQueue(state: CallState, wrapUp: boolean): CallEffect[] {
  const { queue, phase, offer, dial } = state;
  if ((phase === 'talking' || dial !== null) && offer !== null)
    return [{ type: 'free-agent', agentId: offer.agentId, wrapUp }];
  return phase === 'queued' && queue !== null ? [{ type: 'withdraw-ticket', ticketId: queue.ticketId }] : [];
}

function rows(state: CallState, cause: string, now: number): CallEffect[] {
  const { queue, talkingSince, phase } = state;
  const waitedMs = queue === null ? 0 : (talkingSince ?? now) - queue.queuedAt;
  const talkedMs = talkingSince === null ? 0 : now - talkingSince;
  const abandoned =
    phase === 'queued' && queue !== null ? [record('abandoned', { queue: queue.queueId, waitedMs })] : [];
  return [...abandoned, record('call-ended', { cause, waitedMs, talkedMs, totalMs: now - state.startedAt })];
}

/**
 * Ends the call: the facts first, then goodbye to every leg that still has a dialog, then its media, then the agent goes
 * to wrap-up. Legs that are already gone must be marked `ended` before.
 */
export function end(before: CallState, cause: string, now: number): Step {
  const { state, effects: farewells } = andThen(supervisionOver(before, cause, now), (next) =>
    dismissAll(next, cause, now),
  );
  const wrapUp = wrapsUp(state);
  const waits = wrapUp || state.parted.length > 0;
  const over: CallState = {
    ...state,
    phase: waits ? 'wrap-up' : 'over',
    // Whoever has nothing to wrap up does not keep the call; others may.
    offer: waits && !wrapUp ? null : state.offer,
    transfer: null,
    referral: null,
    replacing: null,
    ...(state.away == null ? {} : { away: null }),
    ...(state.moves === undefined ? {} : { moves: [] }),
    caller: { ...state.caller, signalling: 'ended', open: false },
    other: state.other === null ? null : { ...state.other, signalling: 'ended', open: false },
    ringing: [],
    playing: null,
    timers: {},
    keypad: [],
    graph: silence,
    end: { at: now, cause },
  };
  return step(
    over,
    ...rows(state, cause, now),
    ...(wrapUp && state.offer !== null ? [record('wrap-up-started', {}, { agentId: state.offer.agentId })] : []),
    ...callerGoodbye(state, cause),
    ...otherGoodbye(state, cause),
    ...state.ringing.flatMap((leg) => legGoodbye(leg, cause)),
    ...notifyReferrer(state, 487, 'Request Terminated'),
    ...transferGoodbye(state, cause),
    ...newcomerGoodbye(state.replacing, cause),
    ...legGoodbye(state.away?.leg ?? null, cause),
    ...farewells,
    { type: 'close-media' },
    ...leaveQueue(state, wrapUp),
    ...(waits ? [] : [{ type: 'retire' } as const]),
  );
}
