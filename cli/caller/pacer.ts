/** A tick every 20 ms that does not drift: each is due at a multiple of the interval since the start. */
import type { Cancel } from '../../base/clock.ts';

/** So many ticks are caught up after the process was busy; the rest is skipped. */
const mostCatchUp = 10;

/**
 * Calls `tick` every `intervalMs` until cancelled. After a stall it catches up by at most ten ticks and tells how many
 * are skipped.
 */
export function startPacer(intervalMs: number, tick: (skipped: number) => void): Cancel {
  let due = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const run = (): void => {
    const behind = Math.floor((performance.now() - due) / intervalMs) + 1;
    const skipped = Math.max(0, behind - mostCatchUp);
    due += skipped * intervalMs;
    for (let i = 0; i < behind - skipped && !stopped; i++) {
      tick(i === 0 ? skipped : 0);
      due += intervalMs;
    }
    if (!stopped) timer = setTimeout(run, Math.max(0, due - performance.now()));
  };
  timer = setTimeout(run, 0);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
