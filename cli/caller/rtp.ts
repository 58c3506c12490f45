/** RTP packets (RFC 3550 section 5.1) and telephone events (RFC 4733 section 2.3). */

export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}

/** A packet as it goes out. */
export function writeRtp(packet: RtpPacket): Buffer {
  const bytes = Buffer.allocUnsafe(12 + packet.payload.length);
  bytes[0] = 0x80;
  bytes[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  bytes.writeUInt16BE(packet.sequence & 0xffff, 2);
  bytes.writeUInt32BE(packet.timestamp >>> 0, 4);
  bytes.writeUInt32BE(packet.ssrc >>> 0, 8);
  packet.payload.copy(bytes, 12);
  return bytes;
}

/** Reads a datagram; `undefined` if it is not RTP (RTCP on the same port included: RFC 5761 section 4). */
export function parseRtp(bytes: Buffer): RtpPacket | undefined {
  const first = bytes[0];
  const second = bytes[1];
  if (first === undefined || second === undefined || bytes.length < 12 || first >> 6 !== 2) return undefined;
  if (second >= 192 && second <= 223) return undefined;
  let start = 12 + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (bytes.length < start + 4) return undefined;
    start += 4 + bytes.readUInt16BE(start + 2) * 4;
  }
  const padding = (first & 0x20) === 0 ? 0 : (bytes.at(-1) ?? 0);
  if (start + padding > bytes.length) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: bytes.subarray(start, bytes.length - padding),
  };
}

/** The keypad in the order of its event codes (RFC 4733 section 3.2). */
export const keypad = '0123456789*#ABCD';

/** Payload of a telephone event. `duration` is in timestamp units since the event began. */
export function writeTelephoneEvent(digit: string, duration: number, end: boolean): Buffer {
  const payload = Buffer.alloc(4);
  payload[0] = keypad.indexOf(digit);
  payload[1] = (end ? 0x80 : 0) | 10;
  payload.writeUInt16BE(Math.min(duration, 0xffff), 2);
  return payload;
}

export interface TelephoneEvent {
  readonly digit: string;
  readonly end: boolean;
  readonly duration: number;
}

/** Reads a telephone event; `undefined` for events that are no key. */
export function parseTelephoneEvent(payload: Buffer): TelephoneEvent | undefined {
  if (payload.length < 4) return undefined;
  const digit = keypad[payload[0] ?? 255];
  if (digit === undefined) return undefined;
  return { digit, end: ((payload[1] ?? 0) & 0x80) !== 0, duration: payload.readUInt16BE(2) };
}

/** Signed distance from one 16-bit sequence number to another, over the wrap. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from + 0x1_8000) & 0xffff) - 0x8000;
}

/** Signed distance from one 32-bit timestamp to another, over the wrap. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}
