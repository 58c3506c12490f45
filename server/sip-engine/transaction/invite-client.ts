import { assertNever } from '../../../base/assert-never.ts';
import { patience, stay } from './timers.ts';
import type { Step, TimerValues, TransactionEffect } from './timers.ts';

/** RFC 3261 figure 5 with RFC 6026's `accepted`. `interval` is the next delay of timer A. */
export type InviteClientState =
  | { readonly type: 'calling'; readonly interval: number }
  | { readonly type: 'proceeding' }
  | { readonly type: 'completed' }
  | { readonly type: 'accepted' }
  | { readonly type: 'terminated' };

export type InviteClientEvent =
  | { readonly type: 'response'; readonly status: number }
  | { readonly type: 'timer'; readonly timer: 'A' | 'B' | 'D' | 'M' }
  | { readonly type: 'transport-failed' }
  /** It was cancelled and nobody answers: RFC 3261 section 9.1 lets it end. */
  | { readonly type: 'abandoned' };

/** The transaction once its INVITE was sent. Over a reliable transport timer A never runs. */
export function startInviteClient(timers: TimerValues, reliable: boolean): Step<InviteClientState> {
  const wait: TransactionEffect = { type: 'arm', timer: 'B', delay: patience(timers) };
  const repeat: TransactionEffect = { type: 'arm', timer: 'A', delay: timers.t1 };
  return { state: { type: 'calling', interval: timers.t1 }, effects: reliable ? [wait] : [repeat, wait] };
}

const end: Step<InviteClientState> = { state: { type: 'terminated' }, effects: [{ type: 'end' }] };

function failed(reason: 'timeout' | 'transport'): Step<InviteClientState> {
  return { state: { type: 'terminated' }, effects: [{ type: 'failed', reason }, { type: 'end' }] };
}

function answered(status: number, timers: TimerValues, reliable: boolean): Step<InviteClientState> {
  const stop: TransactionEffect[] = [
    { type: 'disarm', timer: 'A' },
    { type: 'disarm', timer: 'B' },
  ];
  if (status < 200) return { state: { type: 'proceeding' }, effects: [...stop, { type: 'pass-up' }] };
  if (status < 300) {
    const arm: TransactionEffect = { type: 'arm', timer: 'M', delay: patience(timers) };
    return { state: { type: 'accepted' }, effects: [...stop, arm, { type: 'pass-up' }] };
  }
  const arm: TransactionEffect = { type: 'arm', timer: 'D', delay: reliable ? 0 : timers.d };
  return { state: { type: 'completed' }, effects: [...stop, { type: 'acknowledge' }, arm, { type: 'pass-up' }] };
}

/** RFC 3261 section 17.1.1.2, RFC 6026 section 7.2. Total: an event that means nothing in a state changes nothing. */
export function stepInviteClient(
  state: InviteClientState,
  event: InviteClientEvent,
  timers: TimerValues,
  reliable: boolean,
): Step<InviteClientState> {
  switch (state.type) {
    case 'calling':
      if (event.type === 'response') return answered(event.status, timers, reliable);
      if (event.type === 'transport-failed') return failed('transport');
      if (event.type === 'abandoned') return failed('timeout');
      if (event.timer === 'B') return failed('timeout');
      if (event.timer !== 'A') return stay(state);
      return {
        state: { type: 'calling', interval: state.interval * 2 },
        effects: [{ type: 'retransmit' }, { type: 'arm', timer: 'A', delay: state.interval * 2 }],
      };
    case 'proceeding':
      if (event.type === 'abandoned') return failed('timeout');
      return event.type === 'response' ? answered(event.status, timers, reliable) : stay(state);
    case 'completed':
      if (event.type === 'response' && event.status >= 300) return { state, effects: [{ type: 'acknowledge' }] };
      if (event.type === 'timer' && event.timer === 'D') return end;
      return event.type === 'transport-failed' ? end : stay(state);
    case 'accepted':
      // Each further 2xx goes up: a repetition to be ACKed again, or another fork's answer.
      if (event.type === 'response' && event.status >= 200 && event.status < 300) {
        return { state, effects: [{ type: 'pass-up' }] };
      }
      return event.type === 'timer' && event.timer === 'M' ? end : stay(state);
    case 'terminated':
      return stay(state);
    default:
      return assertNever(state, 'INVITE client state');
  }
}
