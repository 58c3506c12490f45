/**
 * The sealed file: parts, each opened by a clear head and followed by records under a key of its own (AES-256-GCM). A
 * record's nonce is its number in the part, and what it authenticates beside its content is its place: its own head and
 * the tag of the record before, across parts. So a record that was cut off, changed, moved or made up is told apart.
 *
 *     file   = part+
 *     part   = head record*          kind 1: JSON in clear, authenticated
 *     record = "JR" kind:u8 0:u8 number:u32 length:u32 content[length] tag[16]      (little-endian)
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { partKey, type Keyring, type RecordingKey } from './keys.ts';

/** Bytes before and after a record's content. */
export const headBytes = 12;
export const tagBytes = 16;
/** A longer record is no record of ours. */
const mostContent = 1 << 20;
const magic = 0x52_4a;
const partKind = 1;
/** More have not been tried with what reads converted files. */
export const mostChannels = 16;

/** What a part says of itself, in clear. */
export const partHead = z.object({
  format: z.literal(1),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  recordingId: z.string().min(1).max(100),
  callId: z.string().min(1).max(100),
  /** `g711`: audio as it came. A MIME type: that file, cut into pieces. */
  content: z.string().min(1).max(100),
  codec: z.string().max(20),
  sampleRate: z.number().int().positive(),
  channels: z.array(z.string().max(20)).max(mostChannels),
  /** When the part was begun, ms since the epoch. */
  at: z.number().int().nonnegative(),
});
export type PartHead = z.infer<typeof partHead>;
/** What whoever begins a part chooses; key and salt are added. */
export type PartFacts = Omit<PartHead, 'format' | 'keyId' | 'salt'>;

/** No record came before the first. */
const noTag = Buffer.alloc(tagBytes);

function headOf(kind: number, number: number, length: number): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt16LE(magic, 0);
  head.writeUInt8(kind, 2);
  head.writeUInt32LE(number, 4);
  head.writeUInt32LE(length, 8);
  return head;
}

function nonceOf(number: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32LE(number, 8);
  return nonce;
}

/** Writes one part: `begin` gives its head, `seal` the next record. The bytes must be written in this order, all of them. */
export class Sealer {
  readonly #key: RecordingKey;
  #part: Uint8Array | undefined;
  #number = 0;
  #tag: Buffer;

  /** `after`: the tag of the last record that is in the file already. */
  constructor(key: RecordingKey, after: Buffer = noTag) {
    this.#key = key;
    this.#tag = after;
  }

  /** The last record's tag: the seal of all before it. */
  get tag(): Buffer {
    return this.#tag;
  }

  begin(facts: PartFacts): Buffer {
    const salt = randomBytes(32);
    this.#part = partKey(this.#key, salt);
    this.#number = 0;
    const head: PartHead = { format: 1, keyId: this.#key.keyId, salt: salt.toString('hex'), ...facts };
    const text = Buffer.from(JSON.stringify(head));
    return this.#finish(this.#part, partKind, text, true);
  }

  /** `kind`: 2 to 255. */
  seal(kind: number, content: Uint8Array): Buffer {
    if (this.#part === undefined) throw new Error('the part has not begun');
    if (content.length > mostContent) throw new Error('the record is too long');
    return this.#finish(this.#part, kind, content, false);
  }

  #finish(key: Uint8Array, kind: number, content: Uint8Array, clear: boolean): Buffer {
    const head = headOf(kind, this.#number, content.length);
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(this.#number));
    cipher.setAAD(Buffer.concat([this.#tag, head, ...(clear ? [content] : [])]));
    const body = clear ? content : cipher.update(content);
    cipher.final();
    this.#number++;
    this.#tag = cipher.getAuthTag();
    return Buffer.concat([head, body, this.#tag]);
  }
}

/** Bytes at a place; fewer than asked for only at the end. */
export interface Bytes {
  readonly size: number;
  read(offset: number, length: number): Buffer;
}

/** Bytes in memory. */
export function bytesOf(buffer: Buffer): Bytes {
  return { size: buffer.length, read: (offset, length) => buffer.subarray(offset, offset + length) };
}

/** Why a part of a file cannot be read. */
export type Damage =
  /** The file ends in the middle of a record. */
  | 'cut'
  /** A record that was sealed as another one than the one in its place. */
  | 'moved'
  /** A record that was changed or made up. */
  | 'forged';

/** What is in a file, in order. */
export type Sealed =
  | {
      readonly type: 'part';
      readonly head: PartHead;
      readonly offset: number;
      readonly end: number;
      readonly tag: Buffer;
    }
  | {
      readonly type: 'record';
      readonly kind: number;
      readonly content: Buffer;
      readonly offset: number;
      readonly end: number;
      readonly tag: Buffer;
    }
  /** `end`: where reading goes on; the same as `offset` where it cannot. */
  | { readonly type: 'damaged'; readonly damage: Damage; readonly offset: number; readonly end: number }
  /** Nothing after this can be read: the site does not have this key. */
  | { readonly type: 'wrong-key'; readonly keyId: string; readonly offset: number };

/**
 * Reads a file from its beginning. What is damaged is told and passed over as far as its length can be believed, and
 * what comes after it is read again: a record after a damaged one is believed if it follows the tag that stands there.
 */
export function* readSealed(bytes: Bytes, keys: Keyring): Generator<Sealed, undefined> {
  let part: Uint8Array | undefined;
  let number = 0;
  let before: Buffer = noTag;
  for (let offset = 0; offset < bytes.size;) {
    const head = bytes.read(offset, headBytes);
    const length = head.length < headBytes ? 0 : head.readUInt32LE(8);
    const end = offset + headBytes + length + tagBytes;
    if (head.length >= headBytes && (head.readUInt16LE(0) !== magic || length > mostContent)) {
      yield { type: 'damaged', damage: 'forged', offset, end: offset };
      return;
    }
    if (head.length < headBytes || end > bytes.size) {
      yield { type: 'damaged', damage: 'cut', offset, end: offset };
      return;
    }
    const rest = bytes.read(offset + headBytes, length + tagBytes);
    const content = rest.subarray(0, length);
    const tag = Buffer.from(rest.subarray(length));
    const kind = head.readUInt8(2);
    if (kind === partKind) {
      const told = readPart(content);
      const key = told === undefined ? undefined : keys.byId.get(told.keyId);
      if (told !== undefined && key === undefined) {
        yield { type: 'wrong-key', keyId: told.keyId, offset };
        return;
      }
      part = told === undefined || key === undefined ? undefined : partKey(key, Buffer.from(told.salt, 'hex'));
      number = 0;
      const opened = part && open(part, { head, number, before, content, tag, clear: true });
      if (told === undefined || opened === undefined) yield { type: 'damaged', damage: 'forged', offset, end };
      else yield { type: 'part', head: told, offset, end, tag };
    } else {
      const plain = part && open(part, { head, number, before, content, tag, clear: false });
      const moved = head.readUInt32LE(4) !== number;
      if (plain === undefined) yield { type: 'damaged', damage: moved ? 'moved' : 'forged', offset, end };
      else yield { type: 'record', kind, content: plain, offset, end, tag };
    }
    number++;
    before = tag;
    offset = end;
  }
}

/** One record by its place in the file, under the head of its part; undefined if it does not belong there. */
export function readRecord(bytes: Bytes, keys: Keyring, part: PartHead, offset: number): Buffer | undefined {
  const key = keys.byId.get(part.keyId);
  const head = bytes.read(offset, headBytes);
  const before = bytes.read(offset - tagBytes, tagBytes);
  if (key === undefined || head.length < headBytes || before.length < tagBytes) return undefined;
  const length = Math.min(head.readUInt32LE(8), mostContent);
  const rest = bytes.read(offset + headBytes, length + tagBytes);
  if (rest.length < length + tagBytes) return undefined;
  const [content, tag] = [rest.subarray(0, length), rest.subarray(length)];
  const number = head.readUInt32LE(4);
  return open(partKey(key, Buffer.from(part.salt, 'hex')), { head, number, before, content, tag, clear: false });
}

function readPart(content: Buffer): PartHead | undefined {
  try {
    return partHead.safeParse(JSON.parse(content.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

interface Locked {
  readonly head: Buffer;
  readonly number: number;
  readonly before: Buffer;
  readonly content: Buffer;
  readonly tag: Buffer;
  readonly clear: boolean;
}

/** The content, if the record belongs where it stands. */
function open(key: Uint8Array, { head, number, before, content, tag, clear }: Locked): Buffer | undefined {
  if (head.readUInt32LE(4) !== number || head.readUInt8(3) !== 0) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.concat([before, head, ...(clear ? [content] : [])]));
  decipher.setAuthTag(tag);
  const plain = clear ? content : decipher.update(content);
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}
