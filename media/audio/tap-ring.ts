/** Samples of a frame, and how many frames a ring holds (2.5 s): a reader that is slower than that loses the oldest. */
const samplesPerFrame = 160;
const slots = 128;
const headerWords = 4;

/** The memory of a ring, which both threads map. */
export function tapRingMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(headerWords * 4 + slots * (4 + samplesPerFrame * 2));
}

class Layout {
  /** [0]: frames written so far. [1]: 1 when the writer is gone. */
  readonly header: Int32Array;
  readonly times: Int32Array;
  readonly samples: Int16Array;

  constructor(memory: SharedArrayBuffer) {
    this.header = new Int32Array(memory, 0, headerWords);
    this.times = new Int32Array(memory, headerWords * 4, slots);
    this.samples = new Int16Array(memory, headerWords * 4 + slots * 4, slots * samplesPerFrame);
  }
}

/** The end of the shard: never waits; when the reader is slow the oldest frame is overwritten. */
export class TapRingWriter {
  readonly #ring: Layout;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Layout(memory);
  }

  write(frame: Int16Array, mediaTimeMs: number): void {
    const written = Atomics.load(this.#ring.header, 0);
    const slot = (written >>> 0) % slots;
    this.#ring.times[slot] = mediaTimeMs;
    this.#ring.samples.set(frame, slot * samplesPerFrame);
    Atomics.store(this.#ring.header, 0, (written + 1) | 0);
  }
}

/** The end of the ears: takes what is there, and counts what it was too late for. */
export class TapRingReader {
  readonly #ring: Layout;
  readonly #frame = new Int16Array(samplesPerFrame);
  #read = 0;
  #dropped = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Layout(memory);
  }

  /** Hands every waiting frame to `take`, oldest first. The array is reused. */
  drain(take: (frame: Int16Array, mediaTimeMs: number) => void): void {
    const { header, times, samples } = this.#ring;
    for (;;) {
      const waiting = (Atomics.load(header, 0) - this.#read) | 0;
      if (waiting <= 0) return;
      // The slot being written now is not safe either, so a full ring holds one frame less.
      if (waiting >= slots) this.#drop(waiting - slots + 1);
      const slot = (this.#read >>> 0) % slots;
      const time = times[slot] ?? 0;
      this.#frame.set(samples.subarray(slot * samplesPerFrame, (slot + 1) * samplesPerFrame));
      // Overwritten while it was copied: not a frame any more.
      if (((Atomics.load(header, 0) - this.#read) | 0) >= slots) continue;
      this.#read = (this.#read + 1) | 0;
      take(this.#frame, time);
    }
  }

  /** Frames lost because they were not drained in time. */
  get dropped(): number {
    return this.#dropped;
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#read = (this.#read + count) | 0;
  }
}
