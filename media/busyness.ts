/** How busy the threads and processes are that a packet passes through. */

/** Busy time of one thread or process so far, ms. */
export interface BusyTime {
  readonly id: string;
  readonly busyMs: number;
}

/**
 * The busiest of them since they were looked at last, as a share of one core, averaged with the time before: a burst is not
 * a load. One that is seen for the first time is not counted yet.
 */
export class Busyness {
  #before = new Map<string, number>();
  #at: number | undefined;
  #share = 0;

  /** `now`: ms of any clock that only grows. */
  look(times: readonly BusyTime[], now: number): number {
    const elapsed = this.#at === undefined ? 0 : now - this.#at;
    const shares = times.flatMap(({ id, busyMs }) => {
      const before = this.#before.get(id);
      return before === undefined || elapsed <= 0 ? [] : [(busyMs - before) / elapsed];
    });
    this.#before = new Map(times.map(({ id, busyMs }) => [id, busyMs]));
    this.#at = now;
    this.#share = (this.#share + Math.max(0, ...shares)) / 2;
    return this.#share;
  }
}
