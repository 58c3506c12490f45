/** EBML (RFC 8794), as far as Matroska (RFC 9559) needs it here: elements written and their heads read. */

/** Matroska's elements by name, their ids as they are written. */
export const ids = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  void: 0xec,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  name: 0x536e,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  bitDepth: 0x6264,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  chapters: 0x1043a770,
  editionEntry: 0x45b9,
  chapterAtom: 0xb6,
  chapterUid: 0x73c4,
  chapterTimeStart: 0x91,
  chapterTimeEnd: 0x92,
  chapterDisplay: 0x80,
  chapString: 0x85,
  chapLanguage: 0x437c,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  referenceBlock: 0xfb,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueTrack: 0xf7,
  cueClusterPosition: 0xf1,
} as const;

function idBytes(id: number): Buffer {
  const length = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(id, 0, length);
  return bytes;
}

/** A size of eight bytes: any length of a file, and the same place whatever it is. */
function sizeBytes(size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(1, 0);
  bytes.writeUIntBE(Math.floor(size / 2 ** 32), 1, 3);
  bytes.writeUInt32BE(size % 2 ** 32, 4);
  return bytes;
}

/** The head of an element of so many bytes. */
export function elementHead(id: number, size: number): Buffer {
  return Buffer.concat([idBytes(id), sizeBytes(size)]);
}

/** The head of an element whose end nobody knows yet. */
export function openHead(id: number): Buffer {
  return Buffer.concat([idBytes(id), Buffer.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])]);
}

export function element(id: number, ...content: readonly Uint8Array[]): Buffer {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([elementHead(id, size), ...content]);
}

/** An unsigned number. */
export function uint(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), 0);
  bytes.writeUInt32BE(value % 2 ** 32, 4);
  return element(id, bytes);
}

export function float(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value, 0);
  return element(id, bytes);
}

export function text(id: number, value: string): Buffer {
  return element(id, Buffer.from(value, 'utf8'));
}

/** The head of an element: its id, where its content begins, and how long that is; -1: unknown. */
export interface Head {
  readonly id: number;
  readonly start: number;
  readonly size: number;
}

/** Reads a head at a place; undefined where not all of it is there. Throws where it is none. */
export function readHead(bytes: Buffer, at: number): Head | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const idLength = Math.clz32(first) - 23;
  const second = bytes[at + idLength];
  if (second === undefined) return undefined;
  const sizeLength = Math.clz32(second) - 23;
  if (idLength > 4 || sizeLength > 8) throw new Error('this is no EBML');
  const start = at + idLength + sizeLength;
  if (bytes.length < start) return undefined;
  let size = second & (0xff >> sizeLength);
  let unknown = size === 0xff >> sizeLength;
  for (let place = at + idLength + 1; place < start; place++) {
    size = size * 256 + (bytes[place] ?? 0);
    unknown &&= bytes[place] === 0xff;
  }
  return { id: bytes.readUIntBE(at, idLength), start, size: unknown ? -1 : size };
}

/** The elements inside of one, as far as they are whole. */
export function* children(bytes: Buffer, from: number, to: number): Generator<Head> {
  for (let at = from; at < to;) {
    const head = readHead(bytes, at);
    if (head === undefined || head.size < 0) return;
    yield head;
    at = head.start + head.size;
  }
}
