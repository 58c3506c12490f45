/** What lies in the payload of an H.264 RTP packet (RFC 6184 section 5). Nothing is decoded. */

/** NAL unit types (H.264 table 7-1, RFC 6184 table 1) that are looked for. */
const idrSlice = 5;
const sequenceSet = 7;
const pictureSet = 8;
const aggregate = 24;
const fragment = 28;

/** What a packet carries that matters to whoever passes it on. */
export interface H264Look {
  /** SPS and PPS in it, whole, in its order. */
  readonly sets: readonly Uint8Array[];
  /** A slice of an IDR picture begins in it. */
  readonly keyFrame: boolean;
}

const nothing: H264Look = { sets: [], keyFrame: false };

function lookAtUnit(unit: Uint8Array): H264Look {
  const type = (unit[0] ?? 0) & 0x1f;
  if (type === idrSlice) return { sets: [], keyFrame: true };
  return type === sequenceSet || type === pictureSet ? { sets: [unit], keyFrame: false } : nothing;
}

/** The units of a STAP-A (RFC 6184 section 5.7.1); what is cut off in it is left out. */
function unitsOf(payload: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  for (let at = 1; at + 2 < payload.length;) {
    const bytes = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    if (bytes === 0 || at + 2 + bytes > payload.length) break;
    units.push(payload.subarray(at + 2, at + 2 + bytes));
    at += 2 + bytes;
  }
  return units;
}

/** Looks at a payload: a single NAL unit, a STAP-A or an FU-A; anything else has nothing in it. Never throws. */
export function lookAtH264(payload: Uint8Array): H264Look {
  const type = (payload[0] ?? 0) & 0x1f;
  if (type === fragment) {
    const head = payload[1] ?? 0;
    // RFC 6184 section 5.8: the S bit, and the type of what is cut up.
    return (head & 0x80) !== 0 && (head & 0x1f) === idrSlice ? { sets: [], keyFrame: true } : nothing;
  }
  if (type !== aggregate) return lookAtUnit(payload);
  const looks = unitsOf(payload).map(lookAtUnit);
  return { sets: looks.flatMap(({ sets }) => sets), keyFrame: looks.some(({ keyFrame }) => keyFrame) };
}

/** Several small units in one payload (STAP-A). */
export function aggregateOf(units: readonly Uint8Array[]): Buffer {
  // RFC 6184 section 5.7: as important as the most important of them; sets are always that.
  const importance = Math.max(...units.map((unit) => (unit[0] ?? 0) & 0x60));
  const parts = units.flatMap((unit) => [Buffer.from([unit.length >> 8, unit.length & 0xff]), unit]);
  return Buffer.concat([Buffer.from([importance | aggregate]), ...parts]);
}

/** Reads one Exp-Golomb number (H.264 section 9.1) that begins at a byte; undefined if it is longer than a set's id can be. */
function numberAt(bytes: Uint8Array, at: number): number | undefined {
  const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  let zeros = 0;
  while (zeros < 9 && (bits & (1 << (23 - zeros))) === 0) zeros++;
  return zeros > 8 ? undefined : (bits >> (23 - 2 * zeros)) - 1;
}

/** Which set it is, so that a new one takes the place of an old one; undefined for what is no set. SPS sort before PPS. */
function nameOf(set: Uint8Array): string | undefined {
  const type = (set[0] ?? 0) & 0x1f;
  // H.264 section 7.3.2: the id of an SPS comes after profile, constraints and level, that of a PPS at once.
  const id = type === sequenceSet ? numberAt(set, 4) : type === pictureSet ? numberAt(set, 1) : undefined;
  return id === undefined ? undefined : `${type} ${String(id).padStart(3, '0')}`;
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
  /** The picture of this timestamp has its sets. */
  #has = false;

  /** Sets that are known beforehand. */
  learn(sets: readonly Uint8Array[]): void {
    for (const set of sets) this.#keep(set);
  }

  /** Takes the next packet; what has to go before it, empty for most. */
  before(payload: Uint8Array, timestamp: number): readonly Uint8Array[] {
    const { sets, keyFrame } = lookAtH264(payload);
    if (timestamp !== this.#timestamp) this.#has = false;
    this.#timestamp = timestamp;
    if (sets.length > 0) this.#has = true;
    for (const set of sets) this.#keep(set);
    if (!keyFrame || this.#has) return [];
    this.#has = true;
    return [...this.#kept].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set);
  }

  #keep(set: Uint8Array): void {
    const name = nameOf(set);
    if (name === undefined || set.length > mostBytes) return;
    if (!this.#kept.has(name) && this.#kept.size >= mostSets) return;
    // A copy: the packet's memory is used again.
    this.#kept.set(name, Uint8Array.from(set));
  }
}
