import type { ReportBlock } from './reception.ts';

/** Seconds between 1900 (NTP) and 1970 (Unix). */
const ntpOffsetInSeconds = 2_208_988_800;

/** What a sender report says about its sender. */
export interface SenderCounts {
  readonly packets: number;
  readonly octets: number;
  readonly timestamp: number;
}

function blockBytes(block: ReportBlock): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32BE(block.ssrc, 0);
  bytes.writeUInt8(block.fractionLost, 4);
  bytes.writeUIntBE(block.lost & 0xffffff, 5, 3);
  bytes.writeUInt32BE(block.highestSequence >>> 0, 8);
  bytes.writeUInt32BE(block.jitter, 12);
  bytes.writeUInt32BE(block.lastSenderReport >>> 0, 16);
  bytes.writeUInt32BE(block.delaySinceLast >>> 0, 20);
  return bytes;
}

function header(count: number, type: number, bodyBytes: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt8(0x80 | count, 0);
  bytes.writeUInt8(type, 1);
  bytes.writeUInt16BE(bodyBytes / 4, 2);
  return bytes;
}

function senderBytes(ssrc: number, counts: SenderCounts, epochMs: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32BE(ssrc, 0);
  bytes.writeUInt32BE(Math.floor(epochMs / 1000) + ntpOffsetInSeconds, 4);
  bytes.writeUInt32BE(Math.floor(((epochMs % 1000) / 1000) * 2 ** 32), 8);
  bytes.writeUInt32BE(counts.timestamp >>> 0, 12);
  bytes.writeUInt32BE(counts.packets >>> 0, 16);
  bytes.writeUInt32BE(counts.octets >>> 0, 20);
  return bytes;
}

/** CNAME (RFC 3550 section 6.5.1), padded with at least one zero to whole words. */
function descriptionBytes(ssrc: number, name: string): Buffer {
  const text = Buffer.from(name.slice(0, 60), 'ascii');
  const body = Buffer.alloc(Math.ceil((4 + 2 + text.length + 1) / 4) * 4);
  body.writeUInt32BE(ssrc, 0);
  body.writeUInt8(1, 4);
  body.writeUInt8(text.length, 5);
  text.copy(body, 6);
  return Buffer.concat([header(1, 202, body.length), body]);
}

/**
 * A compound report (RFC 3550 section 6.1): SR if we ever sent, else RR, with a block about the source if there is one,
 * and our CNAME.
 */
export function writeReport(
  ssrc: number,
  counts: SenderCounts,
  block: ReportBlock | undefined,
  epochMs: number,
): Buffer {
  const sender = counts.packets > 0;
  const first = sender ? senderBytes(ssrc, counts, epochMs) : senderBytes(ssrc, counts, epochMs).subarray(0, 4);
  const blocks = block === undefined ? Buffer.alloc(0) : blockBytes(block);
  const body = Buffer.concat([first, blocks]);
  const report = Buffer.concat([header(block === undefined ? 0 : 1, sender ? 200 : 201, body.length), body]);
  return Buffer.concat([report, descriptionBytes(ssrc, `jackfield-${ssrc}`)]);
}

/** The middle 32 bits of the NTP time of the first sender report in a compound packet, or undefined. */
export function readSenderReport(packet: Buffer): number | undefined {
  let at = 0;
  while (at + 8 <= packet.length) {
    const bytes = 4 * (packet.readUInt16BE(at + 2) + 1);
    if (packet.readUInt8(at) >> 6 !== 2 || at + bytes > packet.length) return undefined;
    if (packet.readUInt8(at + 1) === 200 && bytes >= 28) return packet.readUInt32BE(at + 10);
    at += bytes;
  }
  return undefined;
}
