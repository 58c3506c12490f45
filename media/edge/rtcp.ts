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

/** A goodbye (RFC 3550 section 6.6), to be put at the end of a compound packet. */
export function writeBye(ssrc: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(ssrc, 0);
  return Buffer.concat([header(1, 203, 4), body]);
}

/** What a far side's compound packet says. */
export interface Compound {
  /** Of the first packet in it. */
  readonly ssrc: number;
  /** The middle 32 bits of the NTP time of its sender report, if it has one. */
  readonly ntpMiddle: number | undefined;
  /** What it received, of whom. */
  readonly blocks: readonly ReportBlock[];
  readonly bye: boolean;
}

function readBlock(packet: Buffer, at: number): ReportBlock {
  return {
    ssrc: packet.readUInt32BE(at),
    fractionLost: packet.readUInt8(at + 4),
    // RFC 3550 section 6.4.1: signed, 24 bits; duplicates make it negative.
    lost: packet.readIntBE(at + 5, 3),
    highestSequence: packet.readUInt32BE(at + 8),
    jitter: packet.readUInt32BE(at + 12),
    lastSenderReport: packet.readUInt32BE(at + 16),
    delaySinceLast: packet.readUInt32BE(at + 20),
  };
}

/** Bytes before the blocks of a report, its header included; undefined for what is no report. */
function blocksAt(type: number): number | undefined {
  if (type === 200) return 28;
  return type === 201 ? 8 : undefined;
}

/**
 * Reads a compound packet. Undefined if it is none: every part has to have version 2 and the lengths have to add up to
 * the whole (RFC 3550 appendix A.2). It may begin with any part, as reduced-size RTCP does (RFC 5506).
 */
export function readCompound(packet: Buffer): Compound | undefined {
  if (packet.length < 8) return undefined;
  let ntpMiddle: number | undefined;
  let bye = false;
  const blocks: ReportBlock[] = [];
  for (let at = 0; at < packet.length;) {
    if (at + 4 > packet.length || packet.readUInt8(at) >> 6 !== 2) return undefined;
    const end = at + 4 * (packet.readUInt16BE(at + 2) + 1);
    if (end > packet.length) return undefined;
    const type = packet.readUInt8(at + 1);
    const first = blocksAt(type);
    if (first !== undefined) {
      const count = packet.readUInt8(at) & 0x1f;
      if (at + first + 24 * count > end) return undefined;
      if (type === 200) ntpMiddle ??= packet.readUInt32BE(at + 10);
      for (let index = 0; index < count; index++) blocks.push(readBlock(packet, at + first + 24 * index));
    }
    bye ||= type === 203;
    at = end;
  }
  return { ssrc: packet.readUInt32BE(4), ntpMiddle, blocks, bye };
}

/** The middle 32 bits of the NTP time at `epochMs`: seconds and 1/65536 of them, as LSR has them. */
export function middleOfNtp(epochMs: number): number {
  const seconds = (Math.floor(epochMs / 1000) + ntpOffsetInSeconds) & 0xffff;
  return ((seconds << 16) | Math.floor(((epochMs % 1000) / 1000) * 65_536)) >>> 0;
}
