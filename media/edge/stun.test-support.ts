/** Connectivity checks of a full agent, written apart from what reads them (RFC 8489, RFC 8445 section 7.1). */
import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

export interface Check {
  /** Ours first: `local:remote` as the receiver sees it. */
  readonly username?: string;
  /** Absent: no MESSAGE-INTEGRITY. */
  readonly password?: string;
  readonly priority?: number;
  readonly useCandidate?: boolean;
  readonly role?: 'controlling' | 'controlled';
  readonly transaction?: Buffer;
  /** An attribute of that type, of 4 bytes. */
  readonly extra?: number;
  /** False: none; the check of somebody who does not know ICE. */
  readonly fingerprint?: boolean;
  readonly type?: number;
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The bytes of a check. */
export function checkOf(check: Check): Buffer {
  const { username, password, priority = 1, role = 'controlling', transaction = randomBytes(12) } = check;
  const head = Buffer.alloc(8);
  head.writeUInt16BE(check.type ?? 1);
  head.writeUInt32BE(0x2112a442, 4);
  let message = Buffer.concat([head, transaction]);
  const grow = (part: Buffer, more = 0): void => {
    message = Buffer.concat([message, part]);
    message.writeUInt16BE(message.length - 20 + more, 2);
  };
  if (username !== undefined) grow(attribute(0x0006, Buffer.from(username)));
  grow(attribute(0x0024, number(priority)));
  if (check.useCandidate === true) grow(attribute(0x0025, Buffer.alloc(0)));
  grow(attribute(role === 'controlled' ? 0x8029 : 0x802a, randomBytes(8)));
  if (check.extra !== undefined) grow(attribute(check.extra, number(7)));
  if (password !== undefined) {
    grow(Buffer.alloc(0), 24);
    const hash = createHmac('sha1', password).update(message).digest();
    grow(attribute(0x0008, hash));
  }
  if (check.fingerprint !== false) {
    grow(Buffer.alloc(0), 8);
    grow(attribute(0x8028, number((crc32(message) ^ 0x5354554e) >>> 0)));
  }
  return message;
}

/** What an answer says. */
export interface Answer {
  readonly type: number;
  readonly transaction: Buffer;
  readonly code: number | undefined;
  readonly mapped: Buffer | undefined;
  isSignedWith(password: string): boolean;
}

/** Reads an answer. */
export function answerIn(message: Buffer): Answer {
  const found = new Map<number, { readonly at: number; readonly value: Buffer }>();
  for (let at = 20; at < message.length;) {
    const length = message.readUInt16BE(at + 2);
    found.set(message.readUInt16BE(at), { at, value: message.subarray(at + 4, at + 4 + length) });
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  const error = found.get(0x0009)?.value;
  const integrity = found.get(0x0008);
  return {
    type: message.readUInt16BE(0),
    transaction: message.subarray(8, 20),
    code: error === undefined ? undefined : error.readUInt8(2) * 100 + error.readUInt8(3),
    mapped: found.get(0x0020)?.value,
    isSignedWith(password) {
      if (integrity === undefined) return false;
      const before = Buffer.from(message.subarray(0, integrity.at));
      before.writeUInt16BE(integrity.at - 20 + 24, 2);
      return createHmac('sha1', password).update(before).digest().equals(integrity.value);
    },
  };
}
