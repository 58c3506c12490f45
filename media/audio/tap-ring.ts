/** How many frames a ring holds (2.5 s) unless told otherwise: a reader that is slower than that loses the oldest. */
const usualSlots = 128;
const headerWords = 4;

/** The memory of a ring, which both threads map. `samples` of a frame (all channels); `slots`, a power of two. */
export function tapRingMemory(samples = 160, slots = usualSlots): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(headerWords * 4 + slots * (8 + samples * 2));
  const header = new Int32Array(memory, 0, headerWords);
  header[2] = samples;
  header[3] = slots;
  return memory;
}

class Layout {
  /** [0]: frames written so far. [1]: 1 when the writer is gone. [2]: samples of a frame. [3]: slots. */
  readonly header: Int32Array;
  readonly times: Int32Array;
  readonly marks: Int32Array;
  readonly samples: Int16Array;
  readonly perFrame: number;
  readonly slots: number;

  constructor(memory: SharedArrayBuffer) {
    this.header = new Int32Array(memory, 0, headerWords);
    this.perFrame = this.header[2] ?? 0;
    this.slots = this.header[3] ?? 0;
    const { slots, perFrame } = this;
    this.times = new Int32Array(memory, headerWords * 4, slots);
    this.marks = new Int32Array(memory, headerWords * 4 + slots * 4, slots);
    this.samples = new Int16Array(memory, headerWords * 4 + slots * 8, slots * perFrame);
  }
}

/** The end of the shard: never waits; when the reader is slow the oldest frame is overwritten. */
export class TapRingWriter {
  readonly #ring: Layout;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Layout(memory);
  }

  /** `mark`: a small number that goes with the frame. */
  write(frame: Int16Array, mediaTimeMs: number, mark = 0): void {
    const written = Atomics.load(this.#ring.header, 0);
    const slot = (written >>> 0) % this.#ring.slots;
    this.#ring.times[slot] = mediaTimeMs;
    this.#ring.marks[slot] = mark;
    this.#ring.samples.set(frame, slot * this.#ring.perFrame);
    Atomics.store(this.#ring.header, 0, (written + 1) | 0);
  }
}

/** The end of the ears: takes what is there, and counts what it was too late for. */
export class TapRingReader {
  readonly #ring: Layout;
  readonly #frame: Int16Array;
  #read = 0;
  #dropped = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new Layout(memory);
    this.#frame = new Int16Array(this.#ring.perFrame);
  }

  /** Hands every waiting frame to `take`, oldest first. The array is reused. */
  drain(take: (frame: Int16Array, mediaTimeMs: number, mark: number) => void): void {
    const { header, times, marks, samples, slots, perFrame } = this.#ring;
    for (;;) {
      const waiting = (Atomics.load(header, 0) - this.#read) | 0;
      if (waiting <= 0) return;
      // The slot being written now is not safe either, so a full ring holds one frame less.
      if (waiting >= slots) this.#drop(waiting - slots + 1);
      const slot = (this.#read >>> 0) % slots;
      const time = times[slot] ?? 0;
      const mark = marks[slot] ?? 0;
      this.#frame.set(samples.subarray(slot * perFrame, (slot + 1) * perFrame));
      // Overwritten while it was copied: not a frame any more.
      if (((Atomics.load(header, 0) - this.#read) | 0) >= slots) continue;
      this.#read = (this.#read + 1) | 0;
      take(this.#frame, time, mark);
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
