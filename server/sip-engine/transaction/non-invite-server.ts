import { assertNever } from '../../../base/assert-never.ts';
import { patience, stay } from './timers.ts';
import type { Step, TimerValues } from './timers.ts';

/** RFC 3261 figure 8. */
export type NonInviteServerState =
  | { readonly type: 'trying' }
  | { readonly type: 'proceeding' }
  | { readonly type: 'completed' }
  | { readonly type: 'terminated' };

export type NonInviteServerEvent =
  | { readonly type: 'request' }
  | { readonly type: 'respond'; readonly status: number }
  | { readonly type: 'timer'; readonly timer: 'J' }
  | { readonly type: 'transport-failed' };

const end: Step<NonInviteServerState> = { state: { type: 'terminated' }, effects: [{ type: 'end' }] };

/** The transaction when its request came: one that is never answered ends as late as the client gives up (RFC 4320). */
export function startNonInviteServer(timers: TimerValues): Step<NonInviteServerState> {
  return { state: { type: 'trying' }, effects: [{ type: 'arm', timer: 'J', delay: patience(timers) }] };
}

/** RFC 3261 section 17.2.2. */
export function stepNonInviteServer(
  state: NonInviteServerState,
  event: NonInviteServerEvent,
  timers: TimerValues,
  reliable: boolean,
): Step<NonInviteServerState> {
  switch (state.type) {
    case 'trying':
    case 'proceeding':
      if (event.type === 'respond') {
        if (event.status < 200) return { state: { type: 'proceeding' }, effects: [{ type: 'transmit' }] };
        const delay = reliable ? 0 : patience(timers);
        return { state: { type: 'completed' }, effects: [{ type: 'transmit' }, { type: 'arm', timer: 'J', delay }] };
      }
      if (event.type === 'timer') return end;
      // Before an answer a repetition is soaked up; after a provisional one that is repeated.
      if (event.type === 'request' && state.type === 'proceeding') return { state, effects: [{ type: 'retransmit' }] };
      return stay(state);
    case 'completed':
      if (event.type === 'request') return { state, effects: [{ type: 'retransmit' }] };
      if (event.type === 'transport-failed') return end;
      return event.type === 'timer' && event.timer === 'J' ? end : stay(state);
    case 'terminated':
      return stay(state);
    default:
      return assertNever(state, 'non-INVITE server state');
  }
}
