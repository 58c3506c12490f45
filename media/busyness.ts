/** How busy the threads and processes are that a packet passes through. */

/** Busy time of one thread or process so far, ms, and when it was read: ms of any clock that only grows. */
export interface BusyTime {
  readonly id: string;
  readonly busyMs: number;
  readonly atMs: number;
}

/** What was read of one of them before. */
function shareSince(before: BusyTime | undefined, { busyMs, atMs }: BusyTime): number | undefined {
  if (before === undefined || atMs <= before.atMs) return undefined;
  // Both clocks are read one after the other, and a process may have several threads: nobody is busier than a whole core.
  return Math.min(1, Math.max(0, (busyMs - before.busyMs) / (atMs - before.atMs)));
}

/**
 * The busiest of them since they were looked at last, as a share of one core, averaged with the time before: a burst is not
 * a load. One that is seen for the first time is not counted yet.
 */
export class Busyness {
  #before = new Map<string, BusyTime>();
  #share = 0;

  look(times: readonly BusyTime[]): number {
    const shares = times.flatMap((time) => shareSince(this.#before.get(time.id), time) ?? []);
    this.#before = new Map(times.map((time) => [time.id, time]));
    this.#share = (this.#share + Math.max(0, ...shares)) / 2;
    return this.#share;
  }
}
