/** H.264 in RTP (RFC 6184): its NAL units, and what a key frame says of itself (ITU-T H.264 section 7.3). */

const singleMost = 23;
const stapA = 24;
const fuA = 28;
const sliceOfKey = 5;
const sps = 7;
const pps = 8;

/** Puts fragments together; whatever comes out is whole NAL units of one frame. */
export class NalUnits {
  readonly units: Uint8Array[] = [];
  #fragments: Uint8Array[] = [];

  /** False: the payload makes no sense. */
  add(payload: Uint8Array): boolean {
    const type = (payload[0] ?? 0) & 0x1f;
    if (type >= 1 && type <= singleMost) this.units.push(payload);
    else if (type === stapA) return this.#aggregated(payload);
    else if (type === fuA) return this.#fragment(payload);
    else return false;
    return true;
  }

  #aggregated(payload: Uint8Array): boolean {
    for (let at = 1; at + 2 <= payload.length;) {
      const length = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
      at += 2;
      if (length === 0 || at + length > payload.length) return false;
      this.units.push(payload.subarray(at, at + length));
      at += length;
    }
    return true;
  }

  #fragment(payload: Uint8Array): boolean {
    const [indicator = 0, head = 0] = payload;
    if (payload.length < 3) return false;
    if ((head & 0x80) !== 0) this.#fragments = [Uint8Array.of((indicator & 0xe0) | (head & 0x1f))];
    else if (this.#fragments.length === 0) return false;
    this.#fragments.push(payload.subarray(2));
    if ((head & 0x40) === 0) return true;
    this.units.push(Buffer.concat(this.#fragments));
    this.#fragments = [];
    return true;
  }
}

function typeOf(unit: Uint8Array): number {
  return (unit[0] ?? 0) & 0x1f;
}

/** Whether these units can be shown without those before. */
export function isKeyFrame(units: readonly Uint8Array[]): boolean {
  return units.some((unit) => typeOf(unit) === sliceOfKey);
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
  const sequence = units.find((unit) => typeOf(unit) === sps);
  const picture = units.find((unit) => typeOf(unit) === pps);
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

/** Bits of a NAL unit, without the bytes that keep start codes away (section 7.4.1). */
class Bits {
  readonly #bytes: number[] = [];
  #at = 0;

  constructor(unit: Uint8Array) {
    let zeros = 0;
    for (const byte of unit.subarray(1)) {
      if (zeros >= 2 && byte === 3) {
        zeros = 0;
        continue;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      this.#bytes.push(byte);
    }
  }

  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left--) {
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
      this.#at++;
    }
    return value;
  }

  /** ue(v), section 9.1. */
  golomb(): number {
    let zeros = 0;
    while (zeros < 32 && this.bits(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.bits(zeros);
  }
}

/** Profiles whose parameter sets begin with colours (section 7.3.2.1.1); browsers and phones speak baseline, which has none. */
const colourful = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128]);

function sizeOf(unit: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const read = new Bits(unit);
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

function skipOrder(read: Bits): void {
  const type = read.golomb();
  if (type === 0) read.golomb();
  if (type !== 1) return;
  read.bits(1);
  read.golomb();
  read.golomb();
  const cycle = Math.min(255, read.golomb());
  for (let at = 0; at < cycle; at++) read.golomb();
}
