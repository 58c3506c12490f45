import { PictureClock } from './picture-clock.ts';
import type { PictureCodec, PictureRecord, PictureSide } from './track.ts';

/** Where the packets of a picture come from: a loopback port of mediasoup, and their SSRC. */
export interface PictureIn {
  readonly port: number;
  readonly ssrc: number;
  readonly side: PictureSide;
  readonly codec: PictureCodec;
}

/** No death costs more than a second, what waits for the next look included. */
const chunkMs = 800;
const mostBytes = 512 * 1024;
/** Between two looks (100 ms) so many can wait; what comes beyond is lost, and the picture stands until its next key frame. */
const mostWaiting = 4096;

interface Track {
  readonly of: PictureIn;
  waiting: { readonly wallMs: number; readonly bytes: Uint8Array }[];
  packets: { readonly atMs: number; readonly bytes: Uint8Array }[];
  wallMs: number;
  bytes: number;
}

/** The pictures of one recording on their way into its file. */
export class PictureTracks {
  readonly #emit: (record: PictureRecord) => void;
  readonly #clock = new PictureClock();
  readonly #tracks = new Map<number, Track>();
  #on = false;

  constructor(emit: (record: PictureRecord) => void) {
    this.#emit = emit;
  }

  add(of: PictureIn): void {
    this.#tracks.set(of.port, { of, waiting: [], packets: [], wallMs: 0, bytes: 0 });
  }

  remove(port: number): void {
    const track = this.#tracks.get(port);
    this.#tracks.delete(port);
    if (track !== undefined) this.#flush(track);
  }

  /** A packet came from that port. RTCP and strangers are passed over. */
  packet(port: number, bytes: Uint8Array, wallMs: number): void {
    const track = this.#tracks.get(port);
    if (track === undefined || bytes.length < 12 || track.waiting.length >= mostWaiting) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint32(8) === track.of.ssrc) track.waiting.push({ wallMs, bytes });
  }

  /** A frame of the sound was written: its time, its mark, and whether anything is kept now. */
  frame(mediaMs: number, mark: number, now: number, on: boolean): void {
    this.#clock.frame(mediaMs, mark, now);
    this.#on = on;
  }

  /** Gives out what is due; of a pause nothing is kept. */
  drain(): void {
    for (const track of this.#tracks.values()) {
      const { waiting } = track;
      track.waiting = [];
      if (this.#on) for (const each of waiting) this.#place(track, each.wallMs, each.bytes);
      else this.#flush(track);
    }
  }

  /** Gives out everything. */
  finish(): void {
    this.drain();
    for (const track of this.#tracks.values()) this.#flush(track);
  }

  #place(track: Track, wallMs: number, bytes: Uint8Array): void {
    const at = this.#clock.at(track.of.side, wallMs);
    if (at === undefined) return;
    const [first] = track.packets;
    const last = track.packets.at(-1);
    const due = first !== undefined && (at - first.atMs >= chunkMs || track.bytes + bytes.length > mostBytes);
    if (due) this.#flush(track);
    if (track.packets.length === 0) track.wallMs = wallMs;
    const atMs = due || last === undefined ? Math.round(at) : Math.max(last.atMs, Math.round(at));
    track.packets.push({ atMs, bytes });
    track.bytes += bytes.length + 4;
  }

  #flush(track: Track): void {
    const { of, packets, wallMs } = track;
    track.packets = [];
    track.bytes = 0;
    const [first] = packets;
    if (first === undefined) return;
    this.#emit({ type: 'picture', fromMs: first.atMs, wallMs, side: of.side, codec: of.codec, packets });
  }
}
