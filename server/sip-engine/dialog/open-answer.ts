import type { Clock } from '../../../base/clock.ts';
import { assertNever } from '../../../base/assert-never.ts';
import { patience } from '../transaction/timers.ts';
import type { TimerValues } from '../transaction/timers.ts';

/** A 2xx to INVITE waiting for its ACK, RFC 3261 section 13.3.1.4. Times in ms since the answer was sent. */
export type OpenAnswerState =
  | { readonly type: 'waiting'; readonly elapsed: number; readonly interval: number }
  | { readonly type: 'acknowledged' }
  | { readonly type: 'given-up' };

/** What to do next: `wait` is the delay until the next `tick`. */
export interface OpenAnswerStep {
  readonly state: OpenAnswerState;
  readonly repeat: boolean;
  readonly wait: number | undefined;
}

/** The 2xx was sent for the first time. */
export function startOpenAnswer(timers: TimerValues): OpenAnswerStep {
  return { state: { type: 'waiting', elapsed: 0, interval: timers.t1 }, repeat: false, wait: timers.t1 };
}

/** The wait is over: the 2xx is repeated at T1, 2 T1, ... up to T2, and given up after 64 T1. */
export function tickOpenAnswer(state: OpenAnswerState, timers: TimerValues): OpenAnswerStep {
  switch (state.type) {
    case 'waiting': {
      const elapsed = state.elapsed + state.interval;
      if (elapsed >= patience(timers)) return { state: { type: 'given-up' }, repeat: false, wait: undefined };
      const interval = Math.min(state.interval * 2, timers.t2, patience(timers) - elapsed);
      return { state: { type: 'waiting', elapsed, interval }, repeat: true, wait: interval };
    }
    case 'acknowledged':
    case 'given-up':
      return { state, repeat: false, wait: undefined };
    default:
      return assertNever(state, 'open answer state');
  }
}

/** Runs it: `repeat` sends the 2xx again, `giveUp` is called once when no ACK came. Returns what stops it. */
export function runOpenAnswer(clock: Clock, timers: TimerValues, repeat: () => void, giveUp: () => void): () => void {
  let step = startOpenAnswer(timers);
  let cancel = (): void => {};
  const arm = (): void => {
    if (step.wait !== undefined) cancel = clock.at(clock.now() + step.wait, tick);
  };
  const tick = (): void => {
    step = tickOpenAnswer(step.state, timers);
    if (step.repeat) repeat();
    if (step.state.type === 'given-up') giveUp();
    arm();
  };
  arm();
  return () => {
    step = { state: { type: 'acknowledged' }, repeat: false, wait: undefined };
    cancel();
  };
}
