/** Bytes of an RTP header without sources and extension (RFC 3550 section 5.1). */
export const rtpHeaderBytes = 12;

/** The fields of an RTP packet, and where its payload lies. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

/** RFC 5761 section 4: on a shared port the second byte tells RTCP (192-223) from RTP. */
export function isRtcp(packet: Uint8Array): boolean {
  const second = packet[1] ?? 0;
  return packet.length >= 8 && (packet[0] ?? 0) >> 6 === 2 && second >= 192 && second <= 223;
}

/** Reads a packet; undefined if it is not RTP version 2 or its lengths do not fit (RFC 3550 appendix A.1). */
export function readRtp(packet: Buffer): RtpPacket | undefined {
  if (packet.length < rtpHeaderBytes) return undefined;
  const first = packet.readUInt8(0);
  const second = packet.readUInt8(1);
  if (first >> 6 !== 2) return undefined;
  let start = rtpHeaderBytes + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (packet.length < start + 4) return undefined;
    start += 4 + 4 * packet.readUInt16BE(start + 2);
  }
  let end = packet.length;
  if ((first & 0x20) !== 0) {
    const padding = packet.readUInt8(end - 1);
    if (padding === 0) return undefined;
    end -= padding;
  }
  if (start > end) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    payload: packet.subarray(start, end),
  };
}

/** A new packet with a plain header. */
export function writeRtp(packet: RtpPacket): Buffer {
  const target = Buffer.allocUnsafe(rtpHeaderBytes + packet.payload.length);
  target[0] = 0x80;
  target[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  target.writeUInt16BE(packet.sequence, 2);
  target.writeUInt32BE(packet.timestamp >>> 0, 4);
  target.writeUInt32BE(packet.ssrc >>> 0, 8);
  target.set(packet.payload, rtpHeaderBytes);
  return target;
}

/** How far `to` is ahead of `from` on a 16-bit circle: -32768 to 32767. */
export function sequenceAhead(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** How far `to` is ahead of `from` on a 32-bit circle. */
export function timestampAhead(from: number, to: number): number {
  return (to - from) | 0;
}
