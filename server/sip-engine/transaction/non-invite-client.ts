import { assertNever } from '../../../base/assert-never.ts';
import { patience, stay } from './timers.ts';
import type { Step, TimerValues, TransactionEffect } from './timers.ts';

/** RFC 3261 figure 6. `interval` is the next delay of timer E. */
export type NonInviteClientState =
  | { readonly type: 'trying'; readonly interval: number }
  | { readonly type: 'proceeding' }
  | { readonly type: 'completed' }
  | { readonly type: 'terminated' };

export type NonInviteClientEvent =
  | { readonly type: 'response'; readonly status: number }
  | { readonly type: 'timer'; readonly timer: 'E' | 'F' | 'K' }
  | { readonly type: 'transport-failed' };

/** The transaction once its request was sent. */
export function startNonInviteClient(timers: TimerValues, reliable: boolean): Step<NonInviteClientState> {
  const wait: TransactionEffect = { type: 'arm', timer: 'F', delay: patience(timers) };
  const repeat: TransactionEffect = { type: 'arm', timer: 'E', delay: timers.t1 };
  return { state: { type: 'trying', interval: timers.t1 }, effects: reliable ? [wait] : [repeat, wait] };
}

const end: Step<NonInviteClientState> = { state: { type: 'terminated' }, effects: [{ type: 'end' }] };

function failed(reason: 'timeout' | 'transport'): Step<NonInviteClientState> {
  return { state: { type: 'terminated' }, effects: [{ type: 'failed', reason }, { type: 'end' }] };
}

function answered(status: number, timers: TimerValues, reliable: boolean): Step<NonInviteClientState> {
  if (status < 200) return { state: { type: 'proceeding' }, effects: [{ type: 'pass-up' }] };
  const effects: TransactionEffect[] = [
    { type: 'disarm', timer: 'E' },
    { type: 'disarm', timer: 'F' },
    { type: 'arm', timer: 'K', delay: reliable ? 0 : timers.t4 },
    { type: 'pass-up' },
  ];
  return { state: { type: 'completed' }, effects };
}

/** RFC 3261 section 17.1.2.2. */
export function stepNonInviteClient(
  state: NonInviteClientState,
  event: NonInviteClientEvent,
  timers: TimerValues,
  reliable: boolean,
): Step<NonInviteClientState> {
  switch (state.type) {
    case 'trying':
    case 'proceeding': {
      if (event.type === 'response') return answered(event.status, timers, reliable);
      if (event.type === 'transport-failed') return failed('transport');
      if (event.timer === 'F') return failed('timeout');
      if (event.timer !== 'E') return stay(state);
      const interval = state.type === 'trying' ? Math.min(state.interval * 2, timers.t2) : timers.t2;
      const next: NonInviteClientState = state.type === 'trying' ? { type: 'trying', interval } : state;
      return { state: next, effects: [{ type: 'retransmit' }, { type: 'arm', timer: 'E', delay: interval }] };
    }
    case 'completed':
      return event.type === 'timer' && event.timer === 'K' ? end : stay(state);
    case 'terminated':
      return stay(state);
    default:
      return assertNever(state, 'non-INVITE client state');
  }
}
