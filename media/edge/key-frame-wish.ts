/** The wait between two requests grows to so many times the least. */
const longest = 8;
/** So many requests without a key frame: whoever still wants one says so again. */
const mostTries = 10;

/**
 * A wish for a key frame that stands until one comes, since requests and key frames get lost, and a phone that has just begun may not hear
 * the first. Pure: whoever owns it asks when it is {@link due}.
 */
export class KeyFrameWish {
  #askedAt = -Infinity;
  /** Requests for the present wish; undefined: there is none. */
  #tries: number | undefined;

  /** Somebody cannot go on without one. */
  want(): void {
    if (this.#tries === undefined || this.#tries >= mostTries) this.#tries = 0;
  }

  /** One has come. */
  came(): void {
    this.#tries = undefined;
  }

  /** Whether one is waited for. */
  get stands(): boolean {
    return this.#tries !== undefined;
  }

  /** When it is to be asked for, `leastMs` or more after the request before; undefined: not (any more). */
  due(leastMs: number): number | undefined {
    if (this.#tries === undefined || this.#tries >= mostTries) return undefined;
    const times = this.#tries === 0 ? 1 : Math.min(longest, 2 ** (this.#tries - 1));
    return this.#askedAt + leastMs * times;
  }

  /** It was asked for. */
  asked(nowMs: number): void {
    this.#askedAt = nowMs;
    if (this.#tries !== undefined) this.#tries++;
  }
}
