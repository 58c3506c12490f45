/** The length of a step, and how many missed ones are made up for; after a longer stall the rest is skipped. */
const stepMs = 20;
const mostSteps = 10;

/**
 * Calls `step` every 20 ms without drift: one timer, always set to the next whole step since the start. Steps missed in
 * a stall come at once, so that a play does not get slower than its clock.
 */
export class Ticker {
  readonly #step: (ms: number) => void;
  readonly #now: () => number;
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #skipped = 0;

  constructor(step: (ms: number) => void, now: () => number) {
    this.#step = step;
    this.#now = now;
  }

  start(): void {
    this.#next = this.#now() + stepMs;
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Steps given up after stalls of more than 200 ms. */
  get skipped(): number {
    return this.#skipped;
  }

  #arm(): void {
    this.#timer = setTimeout(() => this.#due(), Math.max(0, this.#next - this.#now()));
  }

  #due(): void {
    const now = this.#now();
    const missed = Math.floor((now - this.#next) / stepMs) + 1;
    const given = Math.max(0, missed - mostSteps);
    this.#skipped += given;
    this.#next += given * stepMs;
    while (this.#next <= now) {
      this.#next += stepMs;
      this.#step(now);
    }
    this.#arm();
  }
}
