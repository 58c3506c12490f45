import { assertNever } from '../../../base/assert-never.ts';

/**
 * The session timer of a dialog, RFC 4028 sections 7 to 10. Times are milliseconds since the epoch, intervals
 * milliseconds; plain data, so that it can be written down and taken up again.
 */
export type SessionState =
  /** None was agreed, or it was switched off. */
  | { readonly type: 'off' }
  /** The peer refreshes; without one the session is over at `endAt`. */
  | { readonly type: 'watching'; readonly interval: number; readonly endAt: number }
  /** We refresh, next at `refreshAt`. `alone`: the peer knows no timers, we only look whether it still lives. */
  | {
      readonly type: 'keeping';
      readonly interval: number;
      readonly refreshAt: number;
      readonly endAt: number;
      readonly alone: boolean;
    }
  /** Our refresh waits for its answer. */
  | { readonly type: 'refreshing'; readonly interval: number; readonly endAt: number; readonly alone: boolean }
  | { readonly type: 'over' };

export type SessionEvent =
  /** A 2xx to INVITE or UPDATE went either way and said who refreshes, and how often. */
  | {
      readonly type: 'agreed';
      readonly now: number;
      readonly interval: number;
      readonly refresher: 'us' | 'peer' | 'us-alone';
    }
  /** A 2xx said that there is no timer, or the dialog is about to end. */
  | { readonly type: 'switched-off' }
  /** What was armed is due. `busy`: requests are open in the dialog; looked at again after `recheck` milliseconds. */
  | { readonly type: 'time'; readonly now: number; readonly busy: boolean; readonly recheck: number }
  /** Our refresh was refused by a peer that lives; to be tried again after `wait` milliseconds. */
  | { readonly type: 'refused'; readonly now: number; readonly wait: number }
  /** Our refresh got 408, 481 or nothing (RFC 4028 section 10). */
  | { readonly type: 'silent' };

export type SessionEffect =
  /** Fire `time` at this moment; replaces what was armed. */
  | { readonly type: 'arm'; readonly at: number }
  | { readonly type: 'disarm' }
  /** Send a refresh; `alone` as in the state. */
  | { readonly type: 'refresh'; readonly interval: number; readonly alone: boolean }
  /** Send BYE: the session is over. */
  | { readonly type: 'end' };

/** The next state and what to do. */
export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** Without a refresh BYE goes out this long before the interval ends: RFC 4028 section 10. */
function margin(interval: number): number {
  return Math.min(32_000, interval / 3);
}

function stay(state: SessionState): SessionStep {
  return { state, effects: [] };
}

const over: SessionStep = { state: { type: 'over' }, effects: [{ type: 'disarm' }, { type: 'end' }] };

function agreed(event: Extract<SessionEvent, { type: 'agreed' }>): SessionStep {
  const { now, interval, refresher } = event;
  const endAt = now + interval - margin(interval);
  if (refresher === 'peer') return watch(interval, endAt);
  return keep(interval, now + interval / 2, endAt, refresher === 'us-alone');
}

function watch(interval: number, endAt: number): SessionStep {
  return { state: { type: 'watching', interval, endAt }, effects: [{ type: 'arm', at: endAt }] };
}

function keep(interval: number, refreshAt: number, endAt: number, alone: boolean): SessionStep {
  return { state: { type: 'keeping', interval, refreshAt, endAt, alone }, effects: [{ type: 'arm', at: refreshAt }] };
}

/** Total: an event that means nothing in a state changes nothing. */
export function stepSession(state: SessionState, event: SessionEvent): SessionStep {
  if (state.type === 'over') return stay(state);
  switch (event.type) {
    case 'agreed':
      return agreed(event);
    case 'switched-off':
      return { state: { type: 'off' }, effects: [{ type: 'disarm' }] };
    case 'time':
      return due(state, event);
    case 'refused':
      if (state.type !== 'refreshing') return stay(state);
      // A peer that knows no timers and answers anything has shown that it lives.
      if (state.alone) {
        return agreed({ type: 'agreed', now: event.now, interval: state.interval, refresher: 'us-alone' });
      }
      return keep(state.interval, Math.min(event.now + event.wait, state.endAt), state.endAt, false);
    case 'silent':
      return state.type === 'refreshing' ? over : stay(state);
    default:
      return assertNever(event, 'session timer event');
  }
}

function due(
  state: Exclude<SessionState, { type: 'over' }>,
  event: Extract<SessionEvent, { type: 'time' }>,
): SessionStep {
  const { now } = event;
  switch (state.type) {
    case 'off':
      return stay(state);
    case 'watching':
    case 'refreshing':
      return now >= state.endAt ? over : { state, effects: [{ type: 'arm', at: state.endAt }] };
    case 'keeping': {
      const { interval, endAt, alone } = state;
      if (now >= endAt) return over;
      if (now < state.refreshAt) return { state, effects: [{ type: 'arm', at: state.refreshAt }] };
      if (event.busy) return keep(interval, Math.min(now + event.recheck, endAt), endAt, alone);
      return {
        state: { type: 'refreshing', interval, endAt, alone },
        effects: [
          { type: 'refresh', interval, alone },
          { type: 'arm', at: endAt },
        ],
      };
    }
    default:
      return assertNever(state, 'session timer state');
  }
}

/** The state after a restart of the engine: what was under way is begun again at once. Arm `time` at the moment given. */
export function resumeSession(
  state: SessionState,
  now: number,
): { readonly state: SessionState; readonly at?: number } {
  switch (state.type) {
    case 'off':
    case 'over':
      return { state };
    case 'watching':
      return { state, at: state.endAt };
    case 'keeping':
      return { state, at: state.refreshAt };
    case 'refreshing': {
      const { interval, endAt, alone } = state;
      return { state: { type: 'keeping', interval, refreshAt: now, endAt, alone }, at: now };
    }
    default:
      return assertNever(state, 'session timer state');
  }
}

/**
 * How long to wait before a request that met 491 goes out again, RFC 3261 section 14.1: 2.1 to 4 s for the side that made
 * the Call-ID, 0 to 2 s for the other, in steps of 10 ms (at T1 = 500 ms). `random` is in [0, 1).
 */
export function glareWait(madeCallId: boolean, random: number, t1: number): number {
  const unit = t1 / 50;
  return unit * (madeCallId ? 210 + Math.floor(random * 191) : Math.floor(random * 201));
}
