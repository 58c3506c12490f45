import { children, element, elementHead, float, ids, readHead, uint, type Head } from './ebml.ts';

/** A place to begin to watch at. */
interface Cue {
  readonly atMs: number;
  readonly cluster: number;
}

/** A longer element is none that ffmpeg writes. */
const mostElement = 64 << 20;
/** Cues closer than this to each other help nobody. */
const cueEveryMs = 1000;

/**
 * What ffmpeg cannot write into a pipe: how long the film is, and where one can begin to watch. Takes the file as it comes, gives on its
 * clusters, and makes the front when all of it is known.
 */
export class FilmFront {
  readonly #clusters: (bytes: Buffer) => void;
  readonly #picture: number;
  #pending: Buffer = Buffer.alloc(0);
  #head: Buffer[] = [];
  readonly #kept: Buffer[] = [];
  readonly #cues: Cue[] = [];
  #inSegment = false;
  #length = 0;

  /** `clusters` gets them as they come; `picture` is the number of the track whose key frames are places to begin at. */
  constructor(clusters: (bytes: Buffer) => void, picture: number) {
    this.#clusters = clusters;
    this.#picture = picture;
  }

  /** Bytes of all clusters so far. */
  get length(): number {
    return this.#length;
  }

  /** Throws where it is no Matroska. */
  push(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    let at = 0;
    for (;;) {
      const head = readHead(this.#pending, at);
      if (head === undefined) break;
      if (head.id === ids.segment) {
        this.#inSegment = true;
        at = head.start;
        continue;
      }
      if (head.size < 0 || head.size > mostElement) throw new Error('ffmpeg wrote an element that has no end');
      const end = head.start + head.size;
      if (this.#pending.length < end) break;
      this.#element(head, at, end);
      at = end;
    }
    this.#pending = this.#pending.subarray(at);
  }

  /** What stands before the clusters. `lengthMs` of the whole. */
  finish(lengthMs: number): Buffer {
    const info = element(ids.info, ...this.#info(lengthMs));
    const before = [info, ...this.#kept];
    const cues = this.#cuesAfter(before);
    const front = Buffer.concat([...before, cues]);
    return Buffer.concat([...this.#head, elementHead(ids.segment, front.length + this.#length), front]);
  }

  #element({ id, start }: Head, at: number, end: number): void {
    const whole = this.#pending.subarray(at, end);
    if (id === ids.cluster) return this.#cluster(whole, start - at);
    // What is kept is copied: the rest of the pieces it came in can go.
    if (!this.#inSegment) this.#head.push(Buffer.from(whole));
    else if (id === ids.tracks || id === ids.chapters) this.#kept.push(Buffer.from(whole));
  }

  #cluster(whole: Buffer, start: number): void {
    let clusterMs = 0;
    for (const { id, start: from, size } of children(whole, start, whole.length)) {
      if (id === ids.timestamp) clusterMs = whole.readUIntBE(from, Math.min(6, size));
      if (id === ids.simpleBlock) this.#block(whole.subarray(from, from + size), clusterMs);
    }
    this.#clusters(Buffer.from(whole));
    this.#length += whole.length;
  }

  #block(block: Buffer, clusterMs: number): void {
    const number = (block[0] ?? 0) & 0x7f;
    const isKey = ((block[3] ?? 0) & 0x80) !== 0;
    if (number !== this.#picture || !isKey) return;
    const atMs = clusterMs + block.readInt16BE(1);
    if (atMs - (this.#cues.at(-1)?.atMs ?? -Infinity) >= cueEveryMs) this.#cues.push({ atMs, cluster: this.#length });
  }

  #info(lengthMs: number): Buffer[] {
    return [
      uint(ids.timestampScale, 1_000_000),
      element(ids.muxingApp, Buffer.from('jackfield')),
      element(ids.writingApp, Buffer.from('jackfield')),
      float(ids.duration, lengthMs),
    ];
  }

  /** Every number in it has eight bytes, so that its length is known before where the clusters are. */
  #cuesAfter(before: readonly Buffer[]): Buffer {
    const make = (first: number): Buffer =>
      element(
        ids.cues,
        ...this.#cues.map(({ atMs, cluster }) =>
          element(
            ids.cuePoint,
            uint(ids.cueTime, Math.max(0, atMs)),
            element(
              ids.cueTrackPositions,
              uint(ids.cueTrack, this.#picture),
              uint(ids.cueClusterPosition, first + cluster),
            ),
          ),
        ),
      );
    const length = before.reduce((sum, each) => sum + each.length, 0);
    return make(length + make(0).length);
  }
}
