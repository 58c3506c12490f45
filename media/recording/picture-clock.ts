import { readMark } from '../audio/record-mark.ts';
import type { PictureSide } from './track.ts';

/** What a side's sound waits where it has not said anything yet: the first packets of a run wait so long. */
const usualWaitMs = 60;
/** A packet came at any time of the 20 ms before its frame. */
const halfFrameMs = 10;
/** So many frames (a second) are looked back on: what came least late in them tells, as it does for frames of pictures. */
const lookBack = 50;

/**
 * Where a picture that comes now belongs: where the sound that came with it will be. Sound waits for its jitter, and the recording's clock
 * stands still when the machine does; pictures follow it.
 */
export class PictureClock {
  readonly #offsets = new Map<PictureSide, number[]>();
  readonly #waits = new Map<PictureSide, number>();

  /** A frame of the sound: its time on the recording's clock, and its mark. */
  frame(mediaMs: number, mark: number, now: number): void {
    const { wallMs, leftWaitMs, rightWaitMs } = readMark(mark, now);
    this.#side('caller', mediaMs - wallMs, leftWaitMs);
    this.#side('agent', mediaMs - wallMs, rightWaitMs);
  }

  /** The place on the recording's clock of what came at `wallMs`; undefined before the first frame. */
  at(side: PictureSide, wallMs: number): number | undefined {
    const offsets = this.#offsets.get(side);
    return offsets === undefined ? undefined : Math.max(0, wallMs + Math.max(...offsets));
  }

  #side(side: PictureSide, made: number, waitMs: number): void {
    if (waitMs > 0) this.#waits.set(side, waitMs);
    const now = made + (this.#waits.get(side) ?? usualWaitMs) + halfFrameMs;
    const offsets = this.#offsets.get(side) ?? [];
    offsets.push(now);
    if (offsets.length > lookBack) offsets.shift();
    this.#offsets.set(side, offsets);
  }
}
