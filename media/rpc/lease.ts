import type { Cancel, Clock } from '../../base/clock.ts';

/**
 * How long the node keeps its calls alive without a brain. Held while one is connected; once it runs out, `expired` is
 * called. Does not run before the first brain came.
 */
export class Lease {
  readonly inSeconds: number;
  readonly #clock: Clock;
  readonly #expired: () => void;
  #cancel: Cancel | undefined;

  constructor(inSeconds: number, clock: Clock, expired: () => void) {
    this.inSeconds = inSeconds;
    this.#clock = clock;
    this.#expired = expired;
  }

  /** A brain is there. */
  hold(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The brain left. */
  run(): void {
    this.hold();
    this.#cancel = this.#clock.at(this.#clock.now() + this.inSeconds * 1000, this.#expired);
  }
}
