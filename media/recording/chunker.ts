import { chunkFrames, frameMs, type GapReason, type TrackRecord, type Voice } from './track.ts';

/** What a frame may be instead of audio. */
export type Mark = 'audio' | 'paused' | 'masked';

/** A frame on both channels, G.711. */
export interface StereoFrame {
  readonly mediaMs: number;
  readonly mark: Mark;
  readonly left: Uint8Array;
  readonly right: Uint8Array;
  /** While the caller hears several: each of them by themselves. */
  readonly voices?: readonly Voice[];
}

/**
 * Gathers frames into records: at most 40 frames, never across a pause, a jump of the clock, or somebody's coming or going. A jump is a
 * gap of frames that were dropped on the way.
 */
export class Chunker {
  readonly #emit: (record: TrackRecord) => void;
  readonly #wall: () => number;
  #left: Uint8Array[] = [];
  #right: Uint8Array[] = [];
  /** By channel. */
  #voices = new Map<string, Uint8Array[]>();
  #mark: Mark = 'audio';
  #fromMs = 0;
  #wallMs = 0;
  #nextMs: number;
  #count = 0;
  /** Frames that never came. */
  dropped = 0;

  /** `wall`: ms since the epoch. `fromMs`: where on the media clock the first frame is due. */
  constructor(emit: (record: TrackRecord) => void, wall: () => number, fromMs = 0) {
    this.#emit = emit;
    this.#wall = wall;
    this.#nextMs = fromMs;
  }

  /** Where the next frame is due. */
  get nextMs(): number {
    return this.#nextMs;
  }

  write({ mediaMs, mark, left, right, voices = [] }: StereoFrame): void {
    if (mediaMs < this.#nextMs) return;
    if (mediaMs > this.#nextMs) {
      this.flush();
      this.dropped += (mediaMs - this.#nextMs) / frameMs;
      this.#gap(this.#nextMs, mediaMs, 'dropped', this.#wall());
    }
    if (this.#count > 0 && (mark !== this.#mark || !this.#has(voices))) this.flush();
    if (this.#count === 0) {
      this.#voices = new Map(voices.map(({ channel }) => [channel, []]));
      this.#mark = mark;
      this.#fromMs = mediaMs;
      this.#wallMs = this.#wall();
    }
    if (mark === 'audio') {
      this.#left.push(left.slice());
      this.#right.push(right.slice());
      for (const { channel, bytes } of voices) this.#voices.get(channel)?.push(bytes.slice());
    }
    this.#count++;
    this.#nextMs = mediaMs + frameMs;
    if (this.#count >= chunkFrames) this.flush();
  }

  /** Gives out what was gathered so far. */
  flush(): void {
    if (this.#count === 0) return;
    const toMs = this.#fromMs + this.#count * frameMs;
    const [fromMs, wallMs] = [this.#fromMs, this.#wallMs];
    if (this.#mark !== 'audio') this.#gap(fromMs, toMs, this.#mark, wallMs);
    else {
      const voices = [...this.#voices].map(([channel, pieces]) => ({ channel, bytes: Buffer.concat(pieces) }));
      // First, so that a death between the two leaves nobody in another's channel.
      if (voices.length > 0) this.#emit({ type: 'voices', fromMs, wallMs, voices });
      const [left, right] = [Buffer.concat(this.#left), Buffer.concat(this.#right)];
      this.#emit({ type: 'audio', fromMs, wallMs, left, right });
    }
    this.#left = [];
    this.#right = [];
    this.#voices = new Map();
    this.#count = 0;
  }

  #has(voices: readonly Voice[]): boolean {
    return voices.length === this.#voices.size && voices.every(({ channel }) => this.#voices.has(channel));
  }

  #gap(fromMs: number, toMs: number, reason: GapReason, wallMs: number): void {
    this.#emit({ type: 'gap', fromMs, toMs, reason, wallMs });
  }
}
