import { assertNever } from '../../../base/assert-never.ts';
import { patience, stay } from './timers.ts';
import type { Step, TimerValues, TransactionEffect } from './timers.ts';

/** RFC 3261 figure 7 with RFC 6026's `accepted`. `interval` is the next delay of timer G. */
export type InviteServerState =
  | { readonly type: 'proceeding' }
  | { readonly type: 'completed'; readonly interval: number }
  | { readonly type: 'confirmed' }
  | { readonly type: 'accepted' }
  | { readonly type: 'terminated' };

export type InviteServerEvent =
  /** The INVITE came again. */
  | { readonly type: 'request' }
  | { readonly type: 'ack' }
  /** The transaction user answers. */
  | { readonly type: 'respond'; readonly status: number }
  | { readonly type: 'timer'; readonly timer: 'G' | 'H' | 'I' | 'L' }
  | { readonly type: 'transport-failed' };

const end: Step<InviteServerState> = { state: { type: 'terminated' }, effects: [{ type: 'end' }] };

function respond(status: number, timers: TimerValues, reliable: boolean): Step<InviteServerState> {
  if (status < 200) return { state: { type: 'proceeding' }, effects: [{ type: 'transmit' }] };
  if (status < 300) {
    const arm: TransactionEffect = { type: 'arm', timer: 'L', delay: patience(timers) };
    return { state: { type: 'accepted' }, effects: [{ type: 'transmit' }, arm] };
  }
  const effects: TransactionEffect[] = [{ type: 'transmit' }, { type: 'arm', timer: 'H', delay: patience(timers) }];
  if (!reliable) effects.push({ type: 'arm', timer: 'G', delay: timers.t1 });
  return { state: { type: 'completed', interval: timers.t1 }, effects };
}

/** RFC 3261 section 17.2.1, RFC 6026 section 7.1. */
export function stepInviteServer(
  state: InviteServerState,
  event: InviteServerEvent,
  timers: TimerValues,
  reliable: boolean,
): Step<InviteServerState> {
  switch (state.type) {
    case 'proceeding':
      if (event.type === 'respond') return respond(event.status, timers, reliable);
      if (event.type === 'request') return { state, effects: [{ type: 'retransmit' }] };
      return stay(state);
    case 'completed': {
      if (event.type === 'request') return { state, effects: [{ type: 'retransmit' }] };
      if (event.type === 'ack') {
        const effects: TransactionEffect[] = [
          { type: 'disarm', timer: 'G' },
          { type: 'disarm', timer: 'H' },
          { type: 'arm', timer: 'I', delay: reliable ? 0 : timers.t4 },
        ];
        return { state: { type: 'confirmed' }, effects };
      }
      if (event.type === 'transport-failed') return end;
      if (event.type !== 'timer') return stay(state);
      if (event.timer === 'H') return end;
      if (event.timer !== 'G') return stay(state);
      const interval = Math.min(state.interval * 2, timers.t2);
      return {
        state: { type: 'completed', interval },
        effects: [{ type: 'retransmit' }, { type: 'arm', timer: 'G', delay: interval }],
      };
    }
    case 'confirmed':
      return event.type === 'timer' && event.timer === 'I' ? end : stay(state);
    case 'accepted':
      // The dialog's own machine repeats the 2xx; a repeated INVITE is soaked up here, an ACK goes up to the dialog.
      // What a proxy passes on, a repetition or another fork's 2xx, goes out as it comes (RFC 6026 section 7.1).
      if (event.type === 'respond' && event.status >= 200 && event.status < 300) {
        return { state, effects: [{ type: 'transmit' }] };
      }
      if (event.type === 'ack') return { state, effects: [{ type: 'pass-up' }] };
      return event.type === 'timer' && event.timer === 'L' ? end : stay(state);
    case 'terminated':
      return stay(state);
    default:
      return assertNever(state, 'INVITE server state');
  }
}
