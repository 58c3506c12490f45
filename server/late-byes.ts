import type { Cancel, Clock } from '../base/clock.ts';

/** How much longer a BYE may be on its way than the end of the page's audio, ms. */
const laterMs = 300;

/**
 * A page that hangs up says BYE, and ends its audio (DTLS close_notify) in the same moment. Both come here over ways of their own, and
 * whichever is first decides whether the agent has hung up or is lost: the end of the audio alone waits for the BYE, which makes it
 * nobody's concern. A page that was closed or loaded again says none.
 */
export class LateByes {
  readonly #clock: Clock;
  readonly #waiting = new Set<Cancel>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells later, and since when. */
  wait(tell: (since: number) => void): void {
    const since = this.#clock.now();
    const cancel = this.#clock.at(since + laterMs, () => {
      this.#waiting.delete(cancel);
      tell(since);
    });
    this.#waiting.add(cancel);
  }

  /** Tells nothing any more: whoever looks next compares the endpoints that are there. */
  close(): void {
    for (const cancel of this.#waiting) cancel();
    this.#waiting.clear();
  }
}
