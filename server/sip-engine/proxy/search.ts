import { assertNever } from '../../../base/assert-never.ts';
import { bestOf } from './best-answer.ts';
import type { Candidate } from './best-answer.ts';

/** Timers of one branch: RFC 3261 section 16.8's C, and the two an app may set. */
export type BranchTimer = 'C' | 'provisional' | 'final';

/** One attempt to reach one target. A branch given up is no longer waited for, though a late 2xx still counts. */
export interface Branch {
  readonly id: number;
  readonly target: string;
  readonly phase: 'calling' | 'proceeding' | 'given-up' | 'ended';
}

/** What an app asked for when it said `proxy`. */
export interface SearchPlan {
  readonly invite: boolean;
  /** Try one target after the other, or all at once. */
  readonly serial: boolean;
  readonly followRedirects: boolean;
  /** Which of the timers the app set a time for. */
  readonly provisionalTimeout: boolean;
  readonly finalTimeout: boolean;
}

/**
 * The response context of RFC 3261 section 16.7. `searching`: targets may still be tried. `ending`: no more, branches
 * are waited for (after a 6xx or the caller's CANCEL). `accepted`: a 2xx was passed on. `over`: any other final answer.
 */
export interface SearchState {
  readonly type: 'searching' | 'ending' | 'accepted' | 'over';
  readonly plan: SearchPlan;
  readonly cancelled: boolean;
  /** Targets not tried yet. */
  readonly waiting: readonly string[];
  readonly branches: readonly Branch[];
  readonly candidates: readonly Candidate[];
  /** False until a request went out: then there is nothing the app could be told. */
  readonly sent: boolean;
}

export type SearchEvent =
  | { readonly type: 'began' }
  | { readonly type: 'sent'; readonly branch: number }
  /** The target can never be reached from here: no such transport, no such URI. */
  | { readonly type: 'unsendable'; readonly branch: number }
  | { readonly type: 'provisional'; readonly branch: number; readonly status: number }
  /** `contacts` of a 3xx, the best first. */
  | { readonly type: 'final'; readonly branch: number; readonly status: number; readonly contacts: readonly string[] }
  | { readonly type: 'failed'; readonly branch: number; readonly reason: 'timeout' | 'transport' }
  | { readonly type: 'timer'; readonly branch: number; readonly timer: BranchTimer }
  /** The caller sent CANCEL. */
  | { readonly type: 'cancelled' };

export type SearchEffect =
  | { readonly type: 'try'; readonly branch: number; readonly target: string }
  /** Pass the message of this step on to the caller. */
  | { readonly type: 'pass' }
  /** Tell the app of the message of this step. */
  | { readonly type: 'report' }
  | { readonly type: 'arm' | 'disarm'; readonly branch: number; readonly timer: BranchTimer }
  | { readonly type: 'cancel'; readonly branch: number }
  /** The caller gets the final answer that this branch got. */
  | { readonly type: 'answer'; readonly branch: number }
  /** The caller gets a final answer made here. */
  | { readonly type: 'answer-own'; readonly status: number }
  /** The app is told that the search is over; not `ok` when nothing could be sent. */
  | { readonly type: 'done'; readonly ok: boolean };

export interface SearchStep {
  readonly state: SearchState;
  readonly effects: readonly SearchEffect[];
}

/** No request is sent to more targets than this, however many redirections name: an answer must not be a weapon. */
export const mostTargets = 32;

/** A search that has not begun. */
export function newSearch(plan: SearchPlan, targets: readonly string[]): SearchState {
  const waiting = [...new Set(targets)].slice(0, mostTargets);
  return { type: 'searching', plan, cancelled: false, waiting, branches: [], candidates: [], sent: false };
}

const none: readonly SearchEffect[] = [];
const timers: readonly BranchTimer[] = ['C', 'provisional', 'final'];

function isPending({ phase }: Branch): boolean {
  return phase === 'calling' || phase === 'proceeding';
}

function withPhase(state: SearchState, id: number, phase: Branch['phase']): SearchState {
  return {
    ...state,
    branches: state.branches.map((branch) => (branch.id === id ? { ...branch, phase } : branch)),
  };
}

function disarmAll(branch: number): SearchEffect[] {
  return timers.map((timer) => ({ type: 'disarm', branch, timer }));
}

/** Starts the next target (serial) or all that wait (parallel). */
function tryNext(state: SearchState): SearchStep {
  const count = state.plan.serial ? 1 : state.waiting.length;
  const branches = [...state.branches];
  const effects: SearchEffect[] = [];
  for (const target of state.waiting.slice(0, count)) {
    const id = branches.length;
    branches.push({ id, target, phase: 'calling' });
    effects.push({ type: 'try', branch: id, target });
    if (state.plan.invite) effects.push({ type: 'arm', branch: id, timer: 'C' });
    if (state.plan.provisionalTimeout) effects.push({ type: 'arm', branch: id, timer: 'provisional' });
    if (state.plan.finalTimeout) effects.push({ type: 'arm', branch: id, timer: 'final' });
  }
  return { state: { ...state, branches, waiting: state.waiting.slice(count) }, effects };
}

/** Ends all that is pending, but for the branch `but`. */
function cancelOthers(state: SearchState, but?: number): SearchEffect[] {
  return state.branches.flatMap((branch): SearchEffect[] =>
    branch.id === but || !isPending(branch)
      ? []
      : [...disarmAll(branch.id), { type: 'cancel', branch: branch.id } as const],
  );
}

/** RFC 3261 section 16.7 steps 6 and 7: nothing is pending, so the caller gets the best there is. */
function conclude(state: SearchState): SearchStep {
  const over: SearchState = { ...state, type: 'over', waiting: [] };
  const best = bestOf(state.candidates);
  const done = { type: 'done', ok: state.sent } as const;
  const own = (status: number): SearchStep => ({ state: over, effects: [{ type: 'answer-own', status }, done] });
  if (state.cancelled && (best === undefined || best.local)) return own(487);
  // Nothing was sent, or a 503, which would only say that all of us is overloaded: 500 (section 16.7 step 6).
  if (best === undefined || best.status === 503) return own(500);
  if (best.local) return own(best.status);
  return { state: over, effects: [{ type: 'answer', branch: best.branch }, done] };
}

/** Goes on: another target, or the end, or waiting for what is pending. */
function proceed(state: SearchState, before: readonly SearchEffect[]): SearchStep {
  let step: SearchStep = { state, effects: none };
  const pending = state.branches.some(isPending);
  if (state.type === 'searching' && state.waiting.length > 0 && (!pending || !state.plan.serial)) step = tryNext(state);
  else if (!pending && (state.type === 'searching' || state.type === 'ending')) step = conclude(state);
  return { state: step.state, effects: [...before, ...step.effects] };
}

/** A branch ended without 2xx. */
function ended(state: SearchState, candidate: Candidate, before: readonly SearchEffect[]): SearchStep {
  const next = withPhase(state, candidate.branch, 'ended');
  return proceed({ ...next, candidates: [...next.candidates, candidate] }, before);
}

/** A branch that keeps silent is left: cancelled if it rings, and counted as 408. */
function giveUp(state: SearchState, id: number): SearchStep {
  const next = withPhase(state, id, 'given-up');
  const candidate: Candidate = { branch: id, status: 408, local: true };
  const effects: SearchEffect[] = [...disarmAll(id), { type: 'cancel', branch: id }];
  return proceed({ ...next, candidates: [...next.candidates, candidate] }, effects);
}

/** RFC 3261 section 16.7 step 4: a redirection that is followed is not itself an answer. */
function redirected(state: SearchState, id: number, contacts: readonly string[]): SearchState | undefined {
  const known = new Set([...state.branches.map(({ target }) => target), ...state.waiting]);
  const room = mostTargets - known.size;
  const fresh = [...new Set(contacts)].filter((contact) => !known.has(contact)).slice(0, Math.max(0, room));
  if (fresh.length === 0) return undefined;
  return { ...withPhase(state, id, 'ended'), waiting: [...fresh, ...state.waiting] };
}

type FinalEvent = Extract<SearchEvent, { type: 'final' }>;

function accepted(state: SearchState, { branch }: FinalEvent): SearchStep {
  const cancels = cancelOthers(state, branch);
  const next: SearchState = { ...withPhase(state, branch, 'ended'), type: 'accepted', waiting: [] };
  return { state: next, effects: [{ type: 'report' }, { type: 'pass' }, ...cancels, { type: 'done', ok: true }] };
}

function final(state: SearchState, event: FinalEvent, phase: Branch['phase']): SearchStep {
  const { branch, status } = event;
  const disarms = disarmAll(branch);
  if (status < 300) {
    const step = accepted(state, event);
    return { state: step.state, effects: [...disarms, ...step.effects] };
  }
  // What a branch says that was given up long ago comes too late to count.
  if (phase === 'given-up') return { state: withPhase(state, branch, 'ended'), effects: none };
  const before: SearchEffect[] = [...disarms, { type: 'report' }];
  const candidate: Candidate = { branch, status, local: false };
  if (state.type === 'ending') return ended(state, candidate, before);
  if (status < 400 && state.plan.followRedirects) {
    const next = redirected(state, branch, event.contacts);
    if (next !== undefined) return proceed(next, before);
  }
  if (status >= 600) {
    const cancels = cancelOthers(state, branch);
    return ended({ ...state, type: 'ending', waiting: [] }, candidate, [...before, ...cancels]);
  }
  // A challenge ends a serial search: the caller tries again with an answer to it.
  const challenged = state.plan.serial && (status === 401 || status === 407);
  return ended(challenged ? { ...state, waiting: [] } : state, candidate, before);
}

function provisional(state: SearchState, branch: Branch, status: number): SearchStep {
  const effects: SearchEffect[] = [{ type: 'disarm', branch: branch.id, timer: 'provisional' }];
  // Section 16.7 step 2: anything but 100 sets timer C anew, and only that is passed on.
  if (status > 100 && state.type === 'searching') {
    if (state.plan.invite) effects.push({ type: 'arm', branch: branch.id, timer: 'C' });
    effects.push({ type: 'pass' });
  }
  return { state: withPhase(state, branch.id, 'proceeding'), effects };
}

function cancelledByCaller(state: SearchState): SearchStep {
  if (state.type !== 'searching' && state.type !== 'ending') return { state, effects: none };
  return proceed({ ...state, type: 'ending', cancelled: true, waiting: [] }, cancelOthers(state));
}

/** One step of the response context. Total: an event that means nothing in a state changes nothing. */
export function stepSearch(state: SearchState, event: SearchEvent): SearchStep {
  const stay: SearchStep = { state, effects: none };
  if (event.type === 'began') return state.branches.length === 0 ? proceed(state, none) : stay;
  if (event.type === 'cancelled') return cancelledByCaller(state);
  const branch = state.branches[event.branch];
  if (branch === undefined) return stay;
  if (state.type === 'accepted' || state.type === 'over') {
    // Section 16.7 step 5: a 2xx to INVITE is passed on always, be it a repetition or a second phone's.
    const passes = event.type === 'final' && event.status < 300 && state.plan.invite;
    return passes ? { state, effects: [{ type: 'pass' }] } : stay;
  }
  if (event.type === 'final' && branch.phase !== 'ended') return final(state, event, branch.phase);
  if (!isPending(branch)) return stay;
  switch (event.type) {
    case 'sent':
      return { state: { ...state, sent: true }, effects: none };
    case 'unsendable':
      return proceed(withPhase(state, branch.id, 'ended'), disarmAll(branch.id));
    case 'provisional':
      return provisional(state, branch, event.status);
    case 'failed': {
      const status = event.reason === 'timeout' ? 408 : 503;
      return ended(state, { branch: branch.id, status, local: true }, disarmAll(branch.id));
    }
    case 'timer':
      return giveUp(state, branch.id);
    case 'final':
      return stay;
    default:
      return assertNever(event, 'search event');
  }
}
