import { readRtp, type RtpPacket, sequenceAhead } from '../../edge/rtp.ts';
import type { PictureCodec } from '../track.ts';
import { FrameClock } from './frame-clock.ts';
import { decoderParameters, isKeyFrame, NalUnits, withLengths } from './h264.ts';
import { readVp8, vp8Size } from './vp8.ts';

/** One picture of a film. */
export interface Frame {
  /** On the recording's clock. */
  readonly atMs: number;
  readonly key: boolean;
  readonly data: Uint8Array;
  /** Of key frames. */
  readonly shape?: FrameShape | undefined;
}

/** What a player has to know before the first frame. */
export interface FrameShape {
  readonly width: number;
  readonly height: number;
  /** H.264: AVCDecoderConfigurationRecord. */
  readonly configuration?: Buffer | undefined;
}

interface Waiting {
  readonly sequence: number;
  readonly atMs: number;
  readonly packet: RtpPacket;
}

/** What is missing for so long is not sent again any more. */
const patienceMs = 600;
const mostWaiting = 1024;

/**
 * Makes frames of the packets of one picture, in whatever order they were sent again. A frame that lacks a packet, and all that build on it up to
 * the next key frame, are left out: better a picture that stands still than one that crumbles.
 */
export class FrameReader {
  readonly #codec: PictureCodec;
  #clock = new FrameClock();
  /** In order. */
  #waiting: Waiting[] = [];
  #ssrc: number | undefined;
  #highest = 0;
  #next: number | undefined;
  #broken = true;
  #newestMs = 0;

  constructor(codec: PictureCodec) {
    this.#codec = codec;
  }

  /** Takes a packet; gives the frames that are whole now. */
  push(atMs: number, bytes: Uint8Array): Frame[] {
    const packet = readRtp(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (packet === undefined) return [];
    const before = packet.ssrc === this.#ssrc ? [] : this.#begin(packet);
    this.#newestMs = Math.max(this.#newestMs, atMs);
    const sequence = this.#highest + sequenceAhead(this.#highest & 0xffff, packet.sequence);
    this.#highest = Math.max(this.#highest, sequence);
    if (this.#next === undefined || sequence >= this.#next) this.#insert({ sequence, atMs, packet });
    return [...before, ...this.#frames(false)];
  }

  /** Everything that can still be shown. */
  finish(): Frame[] {
    return this.#frames(true);
  }

  /** Another source: what came of the one before is used up. */
  #begin({ ssrc, sequence }: RtpPacket): Frame[] {
    const left = this.#ssrc === undefined ? [] : this.#frames(true);
    this.#ssrc = ssrc;
    this.#clock = new FrameClock();
    this.#waiting = [];
    this.#highest = sequence;
    this.#next = undefined;
    this.#broken = true;
    this.#newestMs = 0;
    return left;
  }

  #insert(each: Waiting): void {
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1]?.sequence ?? 0) > each.sequence) at--;
    if (this.#waiting[at - 1]?.sequence !== each.sequence) this.#waiting.splice(at, 0, each);
  }

  #frames(all: boolean): Frame[] {
    const made: Frame[] = [];
    for (;;) {
      this.#next ??= this.#waiting[0]?.sequence;
      const length = this.#wholeFrame();
      if (length > 0) {
        const frame = this.#make(this.#waiting.splice(0, length));
        if (frame !== undefined) made.push(frame);
      } else if (!this.#giveUp(all)) return made;
    }
  }

  /** How many packets from the next on are a whole frame; 0: something is missing. */
  #wholeFrame(): number {
    let sequence = this.#next ?? 0;
    const timestamp = this.#waiting[0]?.packet.timestamp;
    for (const [at, waiting] of this.#waiting.entries()) {
      if (waiting.sequence !== sequence) return 0;
      // Padding that fills a measurement is no part of a frame; a frame whose last packet has no marker ends where the next begins.
      if (waiting.packet.timestamp !== timestamp) return this.#done(at, sequence);
      sequence++;
      if (waiting.packet.marker || waiting.packet.payload.length === 0) return this.#done(at + 1, sequence);
    }
    return 0;
  }

  #done(count: number, next: number): number {
    this.#next = next;
    return count;
  }

  /** Leaves out what is missing for too long; false: it is to be waited for. */
  #giveUp(all: boolean): boolean {
    const [first] = this.#waiting;
    if (first === undefined) return false;
    const long = this.#newestMs - first.atMs > patienceMs || this.#waiting.length > mostWaiting;
    if (!all && !long) return false;
    this.#broken = true;
    const { timestamp } = first.packet;
    // The rest of a frame whose beginning or middle is missing goes as well.
    const missing = first.sequence !== this.#next;
    const from = missing ? 0 : this.#waiting.findIndex(({ packet }) => packet.timestamp !== timestamp);
    this.#waiting = from < 0 ? [] : this.#waiting.slice(from);
    this.#next = this.#waiting[0]?.sequence;
    return this.#waiting.length > 0;
  }

  #make(packets: readonly Waiting[]): Frame | undefined {
    const voiced = packets.filter(({ packet }) => packet.payload.length > 0);
    const [first] = voiced;
    if (first === undefined) return undefined;
    const came = Math.min(...voiced.map(({ atMs }) => atMs));
    const built = this.#codec === 'VP8' ? vp8Frame(voiced) : h264Frame(voiced);
    const atMs = this.#clock.at(first.packet.timestamp, came);
    if (built === undefined || (this.#broken && !built.key)) {
      this.#broken = true;
      return undefined;
    }
    this.#broken = false;
    return { atMs, ...built };
  }
}

type Built = Omit<Frame, 'atMs'>;

function vp8Frame(packets: readonly Waiting[]): Built | undefined {
  const parts = packets.map(({ packet }) => readVp8(packet.payload));
  if (parts[0]?.first !== true || parts.includes(undefined)) return undefined;
  const data = Buffer.concat(parts.flatMap((part) => (part === undefined ? [] : [part.data])));
  const shape = vp8Size(data);
  return { key: shape !== undefined, data, shape };
}

function h264Frame(packets: readonly Waiting[]): Built | undefined {
  const nal = new NalUnits();
  if (!packets.every(({ packet }) => nal.add(packet.payload)) || nal.units.length === 0) return undefined;
  const key = isKeyFrame(nal.units);
  return { key, data: withLengths(nal.units), shape: key ? decoderParameters(nal.units) : undefined };
}
