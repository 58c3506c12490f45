/** Ticks of a picture's RTP clock in a millisecond. */
const perMs = 90;
/** How fast a clock that runs slower than ours is followed: 0.5 ms a second, more than any crystal is off. */
const drift = 0.0005;
/** Further off than this is another clock. */
const otherMs = 1000;

/**
 * When each frame was seen, on the recording's clock: its RTP timestamp, moved so that the frame which hurried most came at once. What
 * a frame waited on its way to us is not in it.
 */
export class FrameClock {
  #offset: number | undefined;
  #timestamp = 0;
  #ticks = 0;
  #last = -1;
  #lastMs = 0;

  /** `atMs`: when its first packet came. Frames never go back. */
  at(timestamp: number, atMs: number): number {
    if (this.#offset !== undefined) this.#ticks += (timestamp - this.#timestamp) | 0;
    this.#timestamp = timestamp;
    const ownMs = this.#ticks / perMs;
    const sample = atMs - ownMs;
    const before = this.#offset ?? sample;
    const slower = before + Math.max(0, ownMs - this.#lastMs) * drift;
    this.#offset = Math.abs(sample - before) > otherMs ? sample : Math.min(sample, slower);
    this.#lastMs = ownMs;
    this.#last = Math.max(this.#last + 1, Math.round(ownMs + this.#offset));
    return this.#last;
  }
}
