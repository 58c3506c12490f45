import type { Cancel, Clock } from '../../../base/clock.ts';

/** How often the clock is looked at, ms: a second is shown at most so late. */
const tickMs = 250;

/**
 * The whole second it is, for React. While anybody listens it changes by its own tick alone. A snapshot that reads the clock would
 * be another one at each look of a page so slow that it takes a second to render, which then renders for ever (React error 185).
 */
export class Seconds {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #cancel: Cancel = () => undefined;
  #now = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the Unix epoch, without the part of a second that has passed. */
  readonly get = (): number => {
    if (this.#listeners.size === 0) this.#now = this.#second();
    return this.#now;
  };

  /** `listener` is called after each change until it is cancelled; calling that twice is harmless. */
  readonly subscribe = (listener: () => void): Cancel => {
    const own = (): void => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#arm();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.#cancel();
    };
  };

  #arm(): void {
    this.#cancel = this.#clock.at(this.#clock.now() + tickMs, () => this.#tick());
  }

  #tick(): void {
    this.#arm();
    const second = this.#second();
    if (second === this.#now) return;
    this.#now = second;
    for (const listener of [...this.#listeners]) listener();
  }

  #second(): number {
    return Math.floor(this.#clock.now() / 1000) * 1000;
  }
}
