/** The two laws of ITU-T G.711. */
export type Law = 'PCMU' | 'PCMA';

function expandMu(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84;
  return (code & 0x80) !== 0 ? -magnitude : magnitude;
}

function expandA(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code & 0x70) >> 4;
  const step = (code & 0x0f) << 4;
  const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  return (code & 0x80) !== 0 ? magnitude : -magnitude;
}

function expansion(expand: (byte: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, byte) => expand(byte));
}

/** PCM16 of each byte. */
export const expandTable: Readonly<Record<Law, Int16Array>> = {
  PCMU: expansion(expandMu),
  PCMA: expansion(expandA),
};

/** The byte whose level is nearest to each PCM16 value, indexed by the value as unsigned 16 bits. */
function compression(table: Int16Array, zero: number): Uint8Array {
  const byLevel = new Map([...table.entries()].map(([byte, level]) => [level, byte]));
  if (byLevel.has(0)) byLevel.set(0, zero);
  const levels = [...byLevel.entries()].sort(([a], [b]) => a - b);
  const bytes = new Uint8Array(65_536);
  let at = 0;
  for (let value = -32_768; value <= 32_767; value++) {
    while (nearer(levels[at + 1]?.[0], levels[at]?.[0] ?? 0, value)) at++;
    bytes[value & 0xffff] = levels[at]?.[1] ?? zero;
  }
  bytes[0] = zero;
  return bytes;
}

function nearer(candidate: number | undefined, present: number, value: number): boolean {
  return candidate !== undefined && Math.abs(candidate - value) < Math.abs(present - value);
}

/** Silence of each law. */
export const silenceByte: Readonly<Record<Law, number>> = { PCMU: 0xff, PCMA: 0xd5 };

const compressTable: Readonly<Record<Law, Uint8Array>> = {
  PCMU: compression(expandTable.PCMU, silenceByte.PCMU),
  PCMA: compression(expandTable.PCMA, silenceByte.PCMA),
};

/** Writes the PCM16 of `bytes` into `samples`, which must be at least as long. */
export function expandInto(law: Law, bytes: Uint8Array, samples: Int16Array): void {
  const table = expandTable[law];
  for (let at = 0; at < bytes.length; at++) samples[at] = table[bytes[at] ?? 0] ?? 0;
}

/** G.711 of PCM16 samples, one byte each. */
export function compress(law: Law, samples: Int16Array): Uint8Array<ArrayBuffer> {
  const table = compressTable[law];
  const bytes = new Uint8Array(samples.length);
  for (let at = 0; at < samples.length; at++) bytes[at] = table[(samples[at] ?? 0) & 0xffff] ?? 0;
  return bytes;
}

/** Of each pair of laws by loudness, so that a look-up for each packet makes no text. */
const tables: Readonly<Record<Law, Readonly<Record<Law, Map<number, Uint8Array>>>>> = {
  PCMU: { PCMU: new Map(), PCMA: new Map() },
  PCMA: { PCMU: new Map(), PCMA: new Map() },
};
/** A gain is whatever an operator's slider says: not every one may stay. */
const mostTables = 250;

/**
 * One table of 256 bytes that turns a byte of one law at one loudness into a byte of another: transcoding and gain are
 * a look-up. Undefined when nothing changes, so that bytes pass untouched.
 */
export function translation(from: Law, to: Law, gainDb = 0): Uint8Array | undefined {
  if (from === to && gainDb === 0) return undefined;
  const ofLaws = tables[from][to];
  const known = ofLaws.get(gainDb);
  if (known !== undefined) return known;
  const factor = 10 ** (gainDb / 20);
  const louder = Int16Array.from(expandTable[from], (level) =>
    Math.max(-32_768, Math.min(32_767, Math.round(level * factor))),
  );
  const made = compress(to, louder);
  // The two zeros of mu-law and a sign that a gain made vanish are silence, not the faintest noise.
  for (let byte = 0; byte < 256; byte++) if (louder[byte] === 0) made[byte] = silenceByte[to];
  if (ofLaws.size < mostTables) ofLaws.set(gainDb, made);
  return made;
}

/** Applies a translation; `undefined` leaves the bytes as they are. */
export function translate(table: Uint8Array | undefined, bytes: Uint8Array): Uint8Array {
  if (table === undefined) return bytes;
  const made = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) made[at] = table[bytes[at] ?? 0] ?? 0;
  return made;
}

function isLaw(codec: string): codec is Law {
  return codec === 'PCMU' || codec === 'PCMA';
}

/**
 * How payloads of one codec pass into another, as loud or louder: as they are (undefined), by a table (both are laws of
 * G.711), or not at all ('no'): then somebody has to decode.
 */
export function passage(from: string, to: string, gainDb: number): Uint8Array | undefined | 'no' {
  if (isLaw(from) && isLaw(to)) return translation(from, to, gainDb);
  return from === to && gainDb === 0 ? undefined : 'no';
}
