/** Tokens that come back with time: `rate` a second up to `burst`. Pure but for its own two numbers. */
export interface Rate {
  /** Tokens a second; 0: there is no limit. */
  readonly rate: number;
  /** How many may be saved up. */
  readonly burst: number;
}

/** A rate that forgives a burst of some seconds. */
export function rateOf(rate: number, seconds = 4): Rate {
  return { rate, burst: rate * seconds };
}

/** How much somebody may still ask for. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  /** Full at first. `now` in milliseconds. */
  constructor({ burst }: Rate, now: number) {
    this.#tokens = burst;
    this.#at = now;
  }

  /** When all of it is back if nothing is taken any more, ms. */
  fullAt({ rate, burst }: Rate): number {
    return rate === 0 ? this.#at : this.#at + Math.ceil(((burst - this.#tokens) * 1000) / rate);
  }

  /** Takes one; false when there is none. A clock that was set back gives nothing and takes nothing. */
  take({ rate, burst }: Rate, now: number): boolean {
    if (rate === 0) return true;
    const passed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#tokens = Math.min(burst, this.#tokens + (passed * rate) / 1000);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
