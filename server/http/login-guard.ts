import type { Clock } from '../../base/clock.ts';

interface Failures {
  readonly count: number;
  readonly blockedUntil: number;
  readonly last: number;
}

/** So many wrong passwords are free; from then on the wait doubles. */
const freeAttempts = 5;
const longestWaitMs = 60_000;
/** Failures older than this are forgotten. */
const memoryMs = 15 * 60_000;
const capacity = 10_000;

/**
 * Slows down guessing, per name *and* address: whoever guesses Alice's password elsewhere does not keep Alice out, and a
 * token that was issued is never touched.
 */
export class LoginGuard {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds to wait before the next attempt; 0: go on. */
  waitMs(address: string, name: string): number {
    const known = this.#known(address, name);
    return known === undefined ? 0 : Math.max(0, known.blockedUntil - this.#clock.now());
  }

  /** Counts an attempt before its outcome is known, so that many at the same time count as many. */
  attempted(address: string, name: string): void {
    const now = this.#clock.now();
    const count = (this.#known(address, name)?.count ?? 0) + 1;
    const wait = count < freeAttempts ? 0 : Math.min(longestWaitMs, 1_000 * 2 ** (count - freeAttempts));
    const key = keyOf(address, name);
    this.#failures.delete(key);
    this.#failures.set(key, { count, blockedUntil: now + wait, last: now });
    if (this.#failures.size > capacity) this.#forgetOldest();
  }

  /** The password was right: all is forgotten. */
  succeeded(address: string, name: string): void {
    this.#failures.delete(keyOf(address, name));
  }

  #known(address: string, name: string): Failures | undefined {
    const known = this.#failures.get(keyOf(address, name));
    return known !== undefined && known.last + memoryMs > this.#clock.now() ? known : undefined;
  }

  #forgetOldest(): void {
    const oldest = this.#failures.keys().next().value;
    if (oldest !== undefined) this.#failures.delete(oldest);
  }
}

function keyOf(address: string, name: string): string {
  return JSON.stringify([address, name.toLowerCase()]);
}

/** Lets a few run at the same time, a few more wait, and refuses the rest: hashing a password costs a core 60 ms. */
export class Gate {
  readonly #atOnce: number;
  readonly #longestLine: number;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, longestLine: number) {
    this.#atOnce = atOnce;
    this.#longestLine = longestLine;
  }

  /** The outcome of `run`, or undefined when the line is full. */
  async pass<T extends object>(run: () => Promise<T>): Promise<T | undefined> {
    if (this.#running >= this.#atOnce) {
      if (this.#line.length >= this.#longestLine) return undefined;
      await new Promise<void>((resolve) => this.#line.push(resolve));
    } else this.#running++;
    try {
      return await run();
    } finally {
      const next = this.#line.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
