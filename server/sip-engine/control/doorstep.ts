import type { Cancel, Clock } from '../../../base/clock.ts';

/** How long a connection may take to say who it is, ms. */
const patience = 10_000;
/** How many may be about to say so at a time. */
const most = 64;

/** What is asked of a connection here. */
export interface Visitor {
  destroy(): unknown;
  once(event: 'close', then: () => void): unknown;
}

/** Those who have connected and not authenticated yet: few at a time, and not for long. */
export class Doorstep {
  readonly #clock: Clock;
  readonly #waiting = new Map<Visitor, Cancel>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets a connection wait; the one that waits longest has to go when there are too many, or when its time is up. */
  wait(visitor: Visitor): void {
    this.#waiting.set(
      visitor,
      this.#clock.at(this.#clock.now() + patience, () => visitor.destroy()),
    );
    visitor.once('close', () => this.enter(visitor));
    if (this.#waiting.size <= most) return;
    // Not the newcomer: else whoever holds the places keeps the server out.
    const [oldest] = this.#waiting.keys();
    oldest?.destroy();
  }

  /** It has authenticated, or it is gone. */
  enter(visitor: Visitor): void {
    this.#waiting.get(visitor)?.();
    this.#waiting.delete(visitor);
  }
}
