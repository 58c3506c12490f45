import type { Clock } from '../../base/clock.ts';

/** How many may pass a minute. */
export interface TurnstileLimits {
  readonly perMinute: number;
  readonly perMinuteOfAll: number;
}

interface Measure {
  readonly left: number;
  readonly at: number;
}

const minuteMs = 60_000;
const capacity = 10_000;

/** Lets so many pass a minute, of one address and of all together; after a quiet minute all of them at once. */
export class Turnstile {
  readonly #clock: Clock;
  readonly #limits: TurnstileLimits;
  readonly #measures = new Map<string, Measure>();
  #all: Measure;

  constructor(clock: Clock, limits: TurnstileLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#all = { left: limits.perMinuteOfAll, at: clock.now() };
  }

  /** Milliseconds to wait; 0: passed, and counted. Who has to wait is not counted. */
  pass(address: string): number {
    const now = this.#clock.now();
    const { perMinute, perMinuteOfAll } = this.#limits;
    const own = filled(this.#measures.get(address) ?? { left: perMinute, at: now }, perMinute, now);
    const all = filled(this.#all, perMinuteOfAll, now);
    const wait = Math.max(waitOf(own, perMinute), waitOf(all, perMinuteOfAll));
    if (wait > 0) return wait;
    this.#all = { left: all.left - 1, at: now };
    // Set anew, it is the youngest: the map forgets whoever was here longest ago.
    this.#measures.delete(address);
    this.#measures.set(address, { left: own.left - 1, at: now });
    const [oldest] = this.#measures.keys();
    if (this.#measures.size > capacity && oldest !== undefined) this.#measures.delete(oldest);
    return 0;
  }
}

/** A clock that was set back fills nothing. */
function filled({ left, at }: Measure, limit: number, now: number): Measure {
  return { left: Math.min(limit, left + (Math.max(0, now - at) * limit) / minuteMs), at: now };
}

function waitOf({ left }: Measure, limit: number): number {
  return left >= 1 ? 0 : Math.ceil(((1 - left) * minuteMs) / limit);
}
