/** H.264 in RTP (RFC 6184): its NAL units, and what a key frame says of itself (ITU-T H.264 section 7.3). */

import { aggregatedUnits, fragmentOf, nal, nalType } from '../../edge/h264.ts';
import { H264Bits } from '../../edge/h264-bits.ts';

/** Types up to this one are units by themselves; above it they are kinds of packets (RFC 6184 table 1). */
const singleMost = 23;

/** Puts fragments together; whatever comes out is whole NAL units of one frame. */
export class NalUnits {
  readonly units: Uint8Array[] = [];
  #fragments: Uint8Array[] = [];

  /** False: the payload makes no sense. */
  add(payload: Uint8Array): boolean {
    const type = nalType(payload);
    if (type >= 1 && type <= singleMost) this.units.push(payload);
    else if (type === nal.aggregate) return this.#aggregated(payload);
    else if (type === nal.fragment) return this.#fragment(payload);
    else return false;
    return true;
  }

  #aggregated(payload: Uint8Array): boolean {
    const { units, whole } = aggregatedUnits(payload);
    this.units.push(...units);
    return whole;
  }

  #fragment(payload: Uint8Array): boolean {
    const fragment = fragmentOf(payload);
    if (fragment === undefined) return false;
    if (fragment.first) this.#fragments = [Uint8Array.of(fragment.head)];
    else if (this.#fragments.length === 0) return false;
    this.#fragments.push(fragment.piece);
    if (!fragment.last) return true;
    this.units.push(Buffer.concat(this.#fragments));
    this.#fragments = [];
    return true;
  }
}

/** Whether these units can be shown without those before. */
export function isKeyFrame(units: readonly Uint8Array[]): boolean {
  return units.some((unit) => nalType(unit) === nal.idrSlice);
}

/** Each unit behind its length, as Matroska and MP4 have them (ISO/IEC 14496-15). */
export function withLengths(units: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(unit.length);
      return [length, unit];
    }),
  );
}

/** Parameters of a decoder. */
export interface DecoderParameters {
  readonly width: number;
  readonly height: number;
  /** AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3). */
  readonly configuration: Buffer;
}

/** What the parameter sets of a key frame say; undefined where they are not in it, or make no sense. */
export function decoderParameters(units: readonly Uint8Array[]): DecoderParameters | undefined {
  const sequence = units.find((unit) => nalType(unit) === nal.sequenceSet);
  const picture = units.find((unit) => nalType(unit) === nal.pictureSet);
  if (sequence === undefined || picture === undefined || sequence.length < 4) return undefined;
  const size = sizeOf(sequence);
  if (size === undefined) return undefined;
  const counted = (unit: Uint8Array): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(unit.length);
    return Buffer.concat([length, unit]);
  };
  const [, profile = 0, compatible = 0, level = 0] = sequence;
  const head = Buffer.from([1, profile, compatible, level, 0xff, 0xe1]);
  return { ...size, configuration: Buffer.concat([head, counted(sequence), Buffer.from([1]), counted(picture)]) };
}

/** Profiles whose parameter sets begin with colours (section 7.3.2.1.1); browsers and phones speak baseline, which has none. */
const colourful = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128]);

function sizeOf(unit: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const read = new H264Bits(unit);
  const profile = read.bits(8);
  read.bits(16);
  read.golomb();
  if (colourful.has(profile)) {
    if (read.golomb() === 3) read.bits(1);
    read.golomb();
    read.golomb();
    read.bits(1);
    // Scaling lists: nobody we meet sends them.
    if (read.bits(1) === 1) return undefined;
  }
  read.golomb();
  skipOrder(read);
  read.golomb();
  read.bits(1);
  const across = read.golomb() + 1;
  const down = read.golomb() + 1;
  const frames = read.bits(1);
  if (frames === 0) read.bits(1);
  read.bits(1);
  const crop = read.bits(1) === 1 ? [read.golomb(), read.golomb(), read.golomb(), read.golomb()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const width = across * 16 - 2 * (left + right);
  const height = (2 - frames) * (down * 16 - 2 * (top + bottom));
  return width > 0 && height > 0 && width <= 8192 && height <= 8192 ? { width, height } : undefined;
}

function skipOrder(read: H264Bits): void {
  const type = read.golomb();
  if (type === 0) read.golomb();
  if (type !== 1) return;
  read.bits(1);
  read.golomb();
  read.golomb();
  const cycle = Math.min(255, read.golomb());
  for (let at = 0; at < cycle; at++) read.golomb();
}
