import type { Clock } from './clock.ts';

/** How often a child may die before its supervisor gives up: `limit` deaths within `windowMs`. */
export interface RestartIntensity {
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * Decides, after each death of a child, whether to start it again and after what delay (OTP's restart intensity, with a
 * growing delay). Keeps only the deaths inside the window.
 */
export class RestartPolicy {
  readonly #clock: Clock;
  readonly #intensity: RestartIntensity;
  #deaths: number[] = [];

  constructor(clock: Clock, intensity: RestartIntensity = { limit: 10, windowMs: 60_000 }) {
    this.#clock = clock;
    this.#intensity = intensity;
  }

  /** Counts a death. `escalate`: too many, stop everything. Otherwise the milliseconds to wait before the restart. */
  died(): { readonly type: 'restart'; readonly delayMs: number } | { readonly type: 'escalate' } {
    const now = this.#clock.now();
    this.#deaths = this.#deaths.filter((time) => time > now - this.#intensity.windowMs);
    this.#deaths.push(now);
    if (this.#deaths.length > this.#intensity.limit) return { type: 'escalate' };
    return { type: 'restart', delayMs: Math.min(2000, 50 * 2 ** Math.min(6, this.#deaths.length - 1)) };
  }
}
