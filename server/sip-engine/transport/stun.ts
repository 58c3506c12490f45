import { addressBytes } from '../../../base/ip-address.ts';
import { crc32 } from 'node:zlib';
import type { Address } from './flow.ts';

const magicCookie = 0x2112_a442;
const headSize = 20;
const attribute = { unknown: 0x000a, error: 0x0009, xorMapped: 0x0020, fingerprint: 0x8028 } as const;
/** RFC 8489 section 14.7. */
const fingerprintMask = 0x5354_554e;
/** Attributes up to here must be understood (RFC 8489 section 14). */
const lastRequired = 0x7fff;

/** RFC 5626 section 8: the first two bits tell STUN from SIP, whose first byte is a letter or a line end. */
export function isStun(bytes: Buffer): boolean {
  return bytes.length >= headSize && (bytes[0] ?? 255) < 2 && bytes.readUInt32BE(4) === magicCookie;
}

function write(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

function fingerprint(before: Buffer): number {
  return (crc32(before) ^ fingerprintMask) >>> 0;
}

/** A message of attributes, with FINGERPRINT last. */
function message(type: number, transaction: Buffer, attributes: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(headSize);
  const body = Buffer.concat(attributes);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(body.length + 8, 2);
  head.writeUInt32BE(magicCookie, 4);
  transaction.copy(head, 8);
  const before = Buffer.concat([head, body]);
  const print = Buffer.alloc(4);
  print.writeUInt32BE(fingerprint(before), 0);
  return Buffer.concat([before, write(attribute.fingerprint, print)]);
}

/** RFC 8489 section 14.2: address and port, so masked that no NAT rewrites them. */
function xorMapped(source: Address, transaction: Buffer): Buffer {
  const cookie = Buffer.alloc(4);
  cookie.writeUInt32BE(magicCookie, 0);
  const mask = Buffer.concat([cookie, transaction]);
  const address = addressBytes(source.host).map((byte, at) => byte ^ (mask[at] ?? 0));
  const value = Buffer.alloc(4 + address.length);
  value[1] = address.length === 16 ? 2 : 1;
  value.writeUInt16BE(source.port ^ (magicCookie >>> 16), 2);
  value.set(address, 4);
  return write(attribute.xorMapped, value);
}

/** The attributes of a request we do not know and must; undefined when the request is spoilt. */
function unknownAttributes(bytes: Buffer): number[] | undefined {
  const unknown: number[] = [];
  let at = headSize;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined;
    const [type, length] = [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 2)];
    if (at + 4 + length > bytes.length) return undefined;
    if (type === attribute.fingerprint) {
      const right = length === 4 && at + 8 === bytes.length;
      return right && bytes.readUInt32BE(at + 4) === fingerprint(bytes.subarray(0, at)) ? unknown : undefined;
    }
    if (type <= lastRequired) unknown.push(type);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return unknown;
}

/**
 * The answer to a STUN binding request from `source` (RFC 8489, as RFC 5626 section 4.4.2 uses it): the address it came
 * from, or 420 for attributes that would have to be understood. Undefined for everything else, which is not answered.
 */
export function answerStun(bytes: Buffer, source: Address): Buffer | undefined {
  if (!isStun(bytes) || bytes.readUInt16BE(0) !== 0x0001) return undefined;
  const length = bytes.readUInt16BE(2);
  if (length % 4 !== 0 || length + headSize !== bytes.length) return undefined;
  const unknown = unknownAttributes(bytes);
  if (unknown === undefined) return undefined;
  const transaction = bytes.subarray(8, headSize);
  if (unknown.length === 0) return message(0x0101, transaction, [xorMapped(source, transaction)]);
  const types = Buffer.alloc(unknown.length * 2);
  for (const [at, type] of unknown.entries()) types.writeUInt16BE(type, at * 2);
  const code = Buffer.from([0, 0, 4, 20]);
  return message(0x0111, transaction, [write(attribute.error, code), write(attribute.unknown, types)]);
}
