/** What lies in the payload of an H.264 RTP packet (RFC 6184 section 5). Nothing is decoded. */
import { H264Bits } from './h264-bits.ts';

/** NAL unit types (H.264 table 7-1, RFC 6184 table 1) that are looked for. */
export const nal = { idrSlice: 5, sequenceSet: 7, pictureSet: 8, aggregate: 24, fragment: 28 } as const;

/** The type of a NAL unit, or of a payload; 0, which none has, of nothing. */
export function nalType(unit: Uint8Array): number {
  return (unit[0] ?? 0) & 0x1f;
}

/** The units of a STAP-A (RFC 6184 section 5.7.1), in its order. `whole`: nothing in it is cut off or empty; else that is left out. */
export function aggregatedUnits(payload: Uint8Array): {
  readonly units: readonly Uint8Array[];
  readonly whole: boolean;
} {
  const units: Uint8Array[] = [];
  for (let at = 1; at + 2 <= payload.length;) {
    const bytes = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    if (bytes === 0 || at + 2 + bytes > payload.length) return { units, whole: false };
    units.push(payload.subarray(at + 2, at + 2 + bytes));
    at += 2 + bytes;
  }
  return { units, whole: true };
}

/** A piece of a NAL unit (FU-A, RFC 6184 section 5.8). */
export interface Fragment {
  readonly first: boolean;
  readonly last: boolean;
  /** The first byte of the unit that is cut up. */
  readonly head: number;
  readonly piece: Uint8Array;
}

/** Reads an FU-A; undefined where there is nothing in it. */
export function fragmentOf(payload: Uint8Array): Fragment | undefined {
  const [indicator = 0, head = 0] = payload;
  if (payload.length < 3) return undefined;
  return {
    ...{ first: (head & 0x80) !== 0, last: (head & 0x40) !== 0 },
    ...{ head: (indicator & 0xe0) | (head & 0x1f), piece: payload.subarray(2) },
  };
}

/** What a packet carries that matters to whoever passes it on. */
export interface H264Look {
  /** SPS and PPS in it, whole, in its order. */
  readonly sets: readonly Uint8Array[];
  /** A slice of an IDR picture begins in it. */
  readonly keyFrame: boolean;
}

const nothing: H264Look = { sets: [], keyFrame: false };
const key: H264Look = { sets: [], keyFrame: true };

function lookAtUnit(unit: Uint8Array): H264Look {
  const type = nalType(unit);
  if (type === nal.idrSlice) return key;
  return type === nal.sequenceSet || type === nal.pictureSet ? { sets: [unit], keyFrame: false } : nothing;
}

/** Looks at a payload: a single NAL unit, a STAP-A or an FU-A; anything else has nothing in it. Never throws. */
export function lookAtH264(payload: Uint8Array): H264Look {
  const type = nalType(payload);
  if (type === nal.fragment) {
    const fragment = fragmentOf(payload);
    return fragment?.first === true && (fragment.head & 0x1f) === nal.idrSlice ? key : nothing;
  }
  if (type !== nal.aggregate) return lookAtUnit(payload);
  const looks = aggregatedUnits(payload).units.map(lookAtUnit);
  return { sets: looks.flatMap(({ sets }) => sets), keyFrame: looks.some(({ keyFrame }) => keyFrame) };
}

/** Several small units in one payload (STAP-A). */
export function aggregateOf(units: readonly Uint8Array[]): Buffer {
  // RFC 6184 section 5.7: as important as the most important of them; sets are always that.
  const importance = Math.max(...units.map((unit) => (unit[0] ?? 0) & 0x60));
  const parts = units.flatMap((unit) => [Buffer.from([unit.length >> 8, unit.length & 0xff]), unit]);
  return Buffer.concat([Buffer.from([importance | nal.aggregate]), ...parts]);
}

/** Sets have ids up to 31 and 255 (H.264 section 7.4.2). */
const mostId = 255;

/** Which set it is, so that a new one takes the place of an old one; undefined for what is no set. SPS sort before PPS. */
function nameOf(set: Uint8Array): string | undefined {
  const type = nalType(set);
  if (type !== nal.sequenceSet && type !== nal.pictureSet) return undefined;
  const read = new H264Bits(set);
  // H.264 section 7.3.2: the id of an SPS comes after profile, constraints and level, that of a PPS at once.
  if (type === nal.sequenceSet) read.bits(24);
  const id = read.golomb();
  return read.exhausted || id > mostId ? undefined : `${String(type)} ${String(id).padStart(3, '0')}`;
}

/** More sets, or larger ones, are nobody's camera. */
const mostSets = 8;
const mostBytes = 1000;

/**
 * Keeps the parameter sets of a stream, so that whoever comes later, or lost them, gets them with each key frame: many sources send them
 * once, or in their SDP alone (`sprop-parameter-sets`).
 */
export class ParameterSets {
  readonly #kept = new Map<string, Uint8Array>();
  #timestamp: number | undefined;
  /** The kinds of sets that the picture of this timestamp has. */
  #has = new Set<number>();

  /** Sets that are known beforehand. */
  learn(sets: readonly Uint8Array[]): void {
    for (const set of sets) this.#keep(set);
  }

  /**
   * Takes the next packet; what has to go before it, empty for most. Only for packets before which something can go, for what is told
   * here counts as sent; of others the sets are to be learnt.
   */
  before(payload: Uint8Array, timestamp: number): readonly Uint8Array[] {
    const { sets, keyFrame } = lookAtH264(payload);
    if (timestamp !== this.#timestamp) this.#has.clear();
    this.#timestamp = timestamp;
    for (const set of sets) {
      this.#has.add(nalType(set));
      this.#keep(set);
    }
    if (!keyFrame) return [];
    const missing = this.#missing();
    for (const set of missing) this.#has.add(nalType(set));
    return missing;
  }

  #missing(): readonly Uint8Array[] {
    const sorted = [...this.#kept].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set);
    // A PPS is read by means of its SPS: one that came before the SPS that is put in is said again after it.
    if (!this.#has.has(nal.sequenceSet)) return sorted;
    return this.#has.has(nal.pictureSet) ? [] : sorted.filter((set) => nalType(set) === nal.pictureSet);
  }

  #keep(set: Uint8Array): void {
    const name = nameOf(set);
    if (name === undefined || set.length > mostBytes) return;
    if (!this.#kept.has(name) && this.#kept.size >= mostSets) return;
    // A copy: the packet's memory is used again.
    this.#kept.set(name, Uint8Array.from(set));
  }
}
