/** STUN messages (RFC 8489), as far as connectivity checks of ICE need them (RFC 8445 section 7). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Place } from './source-lock.ts';

const headerBytes = 20;
const magicCookie = 0x2112_a442;
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const bindingError = 0x0111;
const attribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;
const integrityBytes = 20;
const fingerprintBytes = 4;
const fingerprintMask = 0x5354_554e;
/** RFC 8489 section 14.3: USERNAME has fewer than 509 bytes. */
const longestUsername = 508;

/** A Binding request whose FINGERPRINT is right. */
export interface BindingRequest {
  /** 12 bytes that name it, as Latin-1 text. */
  readonly transaction: string;
  readonly username: string | undefined;
  readonly priority: number;
  readonly useCandidate: boolean;
  /** What its writer takes itself for; undefined where it does not say. */
  readonly role: 'controlling' | 'controlled' | undefined;
  /** Attributes it wants understood that we do not know (RFC 8489 section 14). */
  readonly unknown: readonly number[];
  /** Was it written by somebody with this password? False where it has no MESSAGE-INTEGRITY. */
  isSignedWith(password: string): boolean;
  readonly hasIntegrity: boolean;
  readonly bytes: number;
}

/** Could this be STUN? RFC 7983 section 7: the first byte of STUN is 0 to 3, that of RTP and RTCP 128 to 191. */
export function looksLikeStun(packet: Uint8Array): boolean {
  return (packet[0] ?? 255) < 4;
}

interface Attribute {
  readonly type: number;
  readonly at: number;
  readonly value: Buffer;
}

function attributesOf(packet: Buffer): readonly Attribute[] | undefined {
  const found: Attribute[] = [];
  for (let at = headerBytes; at < packet.length;) {
    if (at + 4 > packet.length) return undefined;
    const length = packet.readUInt16BE(at + 2);
    const next = at + 4 + length + ((4 - (length % 4)) % 4);
    if (next > packet.length) return undefined;
    found.push({ type: packet.readUInt16BE(at), at, value: packet.subarray(at + 4, at + 4 + length) });
    at = next;
  }
  return found;
}

/** RFC 8489 section 14.7. */
function crcOf(bytes: Buffer): number {
  return (crc32(bytes) ^ fingerprintMask) >>> 0;
}

/** RFC 8489 section 14.5: over all before it, with the length that ends behind it. */
function integrityOf(before: Buffer, password: string): Buffer {
  const header = Buffer.from(before.subarray(0, headerBytes));
  header.writeUInt16BE(before.length - headerBytes + 4 + integrityBytes, 2);
  return createHmac('sha1', password).update(header).update(before.subarray(headerBytes)).digest();
}

function isFramed(packet: Buffer): boolean {
  return (
    packet.length >= headerBytes &&
    packet.readUInt32BE(4) === magicCookie &&
    packet.readUInt16BE(2) === packet.length - headerBytes &&
    packet.length % 4 === 0
  );
}

function roleOf(has: (type: number) => boolean): BindingRequest['role'] {
  if (has(attribute.iceControlled)) return 'controlled';
  return has(attribute.iceControlling) ? 'controlling' : undefined;
}

const understood: readonly number[] = Object.values(attribute);

/**
 * Reads a Binding request. Undefined for everything else: indications, answers, requests of other methods, and what has no
 * right FINGERPRINT, which every check has (RFC 8445 section 7.1). Never throws.
 */
export function readBindingRequest(packet: Buffer): BindingRequest | undefined {
  if (!isFramed(packet) || packet.readUInt16BE(0) !== bindingRequest) return undefined;
  const all = attributesOf(packet);
  const last = all?.at(-1);
  if (all === undefined || last?.type !== attribute.fingerprint || last.value.length !== fingerprintBytes)
    return undefined;
  if (last.value.readUInt32BE(0) !== crcOf(packet.subarray(0, last.at))) return undefined;
  const integrityAt = all.findIndex(({ type }) => type === attribute.messageIntegrity);
  const integrity = all[integrityAt];
  // RFC 8489 section 14.5: what follows MESSAGE-INTEGRITY is not vouched for, and does not count.
  const counted = integrity === undefined ? all.slice(0, -1) : all.slice(0, integrityAt);
  const valueOf = (type: number): Buffer | undefined => counted.find((each) => each.type === type)?.value;
  const username = valueOf(attribute.username);
  const priority = valueOf(attribute.priority);
  return {
    transaction: packet.toString('latin1', 8, headerBytes),
    username: username === undefined || username.length > longestUsername ? undefined : username.toString('utf8'),
    priority: priority?.length === 4 ? priority.readUInt32BE(0) : 0,
    useCandidate: valueOf(attribute.useCandidate) !== undefined,
    role: roleOf((type) => valueOf(type) !== undefined),
    unknown: counted.map(({ type }) => type).filter((type) => type < 0x8000 && !understood.includes(type)),
    isSignedWith: (password) =>
      integrity?.value.length === integrityBytes &&
      timingSafeEqual(integrity.value, integrityOf(packet.subarray(0, integrity.at), password)),
    hasIntegrity: integrity !== undefined,
    bytes: packet.length,
  };
}

function attributeBytes(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + value.length + ((4 - (value.length % 4)) % 4));
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

/** The 16 bytes of an IPv6 address in digits; 4 of them may be written as IPv4 (RFC 4291 section 2.2). */
function bytesOfIPv6(address: string): Buffer {
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  const bytes = Buffer.alloc(16);
  [...before, ...zeros, ...after].forEach((group, at) => bytes.writeUInt16BE(parseInt(group, 16), at * 2));
  return bytes;
}

/** RFC 8489 section 14.2. */
function xorMapped({ address, port }: Place, message: Buffer): Buffer {
  const six = address.includes(':');
  const digits = six ? bytesOfIPv6(address) : Buffer.from(address.split('.').map(Number));
  for (let at = 0; at < digits.length; at++) digits[at] = (digits[at] ?? 0) ^ message.readUInt8(4 + at);
  const value = Buffer.alloc(4);
  value.writeUInt8(six ? 2 : 1, 1);
  value.writeUInt16BE(port ^ (magicCookie >>> 16), 2);
  return attributeBytes(attribute.xorMappedAddress, Buffer.concat([value, digits]));
}

function header(type: number, transaction: string): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt32BE(magicCookie, 4);
  bytes.write(transaction, 8, 'latin1');
  return bytes;
}

/** Ends a message: MESSAGE-INTEGRITY where there is a password, FINGERPRINT always. */
function sealed(parts: readonly Buffer[], password: string | undefined): Buffer {
  let message = Buffer.concat(parts);
  if (password !== undefined)
    message = Buffer.concat([message, attributeBytes(attribute.messageIntegrity, integrityOf(message, password))]);
  message.writeUInt16BE(message.length - headerBytes + 4 + fingerprintBytes, 2);
  const fingerprint = Buffer.alloc(fingerprintBytes);
  fingerprint.writeUInt32BE(crcOf(message));
  return Buffer.concat([message, attributeBytes(attribute.fingerprint, fingerprint)]);
}

/** The success response, which tells its asker where the request came from. */
export function bindingSuccessTo({ transaction }: BindingRequest, from: Place, password: string): Buffer {
  const head = header(bindingSuccess, transaction);
  return sealed([head, xorMapped(from, head)], password);
}

/** Error codes of RFC 8489 section 14.8 and RFC 8445 section 7.3.1.1. */
export type StunError = 400 | 401 | 420 | 487;

/** An error response; with `password` the asker is known. Without reason phrase: it is no larger than what was asked. */
export function bindingErrorTo(request: BindingRequest, code: StunError, password?: string): Buffer {
  const value = Buffer.from([0, 0, Math.floor(code / 100), code % 100]);
  const unknown = Buffer.alloc(2 * request.unknown.length);
  request.unknown.forEach((type, at) => unknown.writeUInt16BE(type, at * 2));
  return sealed(
    [
      header(bindingError, request.transaction),
      attributeBytes(attribute.errorCode, value),
      ...(code === 420 ? [attributeBytes(attribute.unknownAttributes, unknown)] : []),
    ],
    password,
  );
}
