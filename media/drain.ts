/** A node that is to stop takes no new calls, waits for the old, and tells those that are left when its patience ends. */
import type { Clock } from '../base/clock.ts';

/** What a drain needs of its node. */
export interface DrainPorts {
  /** Endpoints that are open. */
  readonly open: () => number;
  /** Calls `listener` whenever one was closed; returns how to stop that. */
  readonly onClosed: (listener: () => void) => () => void;
  /** Those that are left are over, and their brain is told. */
  readonly end: () => void;
}

/** Between telling that everything ends and closing, so that goodbyes are said while audio is still there; ms. */
export const goodbyeMs = 1000;

/** Resolves when nothing is open any more, or when what was left after `limitMs` was told and had its moment. */
export async function drained(ports: DrainPorts, clock: Clock, limitMs: number): Promise<'empty' | 'ended'> {
  if (await emptyWithin(ports, clock, limitMs)) return 'empty';
  ports.end();
  await emptyWithin(ports, clock, goodbyeMs);
  return 'ended';
}

function emptyWithin(ports: DrainPorts, clock: Clock, limitMs: number): Promise<boolean> {
  if (ports.open() === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (empty: boolean): void => {
      stop();
      cancel();
      resolve(empty);
    };
    const cancel = clock.at(clock.now() + limitMs, () => settle(false));
    const stop = ports.onClosed(() => ports.open() === 0 && settle(true));
  });
}
