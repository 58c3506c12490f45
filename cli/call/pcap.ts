/** SIP messages as a capture file for Wireshark: each is one UDP datagram between its two ends, whatever carried it. */
import { addressBytes } from '../../base/ip-address.ts';
import type { CallLadder, LadderMessage } from '../../protocol/rest.ts';

/** Link type of packets that begin with their IP header (LINKTYPE_RAW). */
const raw = 101;
const longest = 65_000;

interface Place {
  readonly address: Uint8Array;
  readonly port: number;
}

function placeOf(text: string): Place {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
  return { address: addressBytes(host), port: Number(text.slice(colon + 1)) };
}

/** The Internet checksum, RFC 1071. */
function checksum(...parts: readonly Uint8Array[]): number {
  const all = Buffer.concat(parts);
  let sum = 0;
  for (let at = 0; at < all.length; at += 2) sum += (all[at] ?? 0) * 256 + (all[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function udp(from: Place, to: Place, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(from.port, 0);
  head.writeUInt16BE(to.port, 2);
  head.writeUInt16BE(8 + payload.length, 4);
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(8 + payload.length, 0);
  pseudo.writeUInt32BE(17, 4);
  // RFC 768: a checksum that comes out as zero is written as ones.
  head.writeUInt16BE(checksum(from.address, to.address, pseudo, head, payload) || 0xffff, 6);
  return Buffer.concat([head, payload]);
}

function packetOf(message: LadderMessage): Buffer {
  const ends = [placeOf(message.remote), placeOf(message.local)] as const;
  const [from, to] = message.direction === 'in' ? ends : [ends[1], ends[0]];
  const body = udp(from, to, Buffer.from(message.text).subarray(0, longest));
  if (from.address.length === 16) {
    const head = Buffer.alloc(8);
    head.writeUInt8(0x60, 0);
    head.writeUInt16BE(body.length, 4);
    head.writeUInt8(17, 6);
    head.writeUInt8(64, 7);
    return Buffer.concat([head, from.address, to.address, body]);
  }
  const head = Buffer.alloc(12);
  head.writeUInt8(0x45, 0);
  head.writeUInt16BE(20 + body.length, 2);
  head.writeUInt8(64, 8);
  head.writeUInt8(17, 9);
  head.writeUInt16BE(checksum(head, from.address, to.address), 10);
  return Buffer.concat([head, from.address, to.address, body]);
}

/** The file, in the classic format with microseconds. */
export function pcapOf(ladder: CallLadder): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(0xffff, 16);
  head.writeUInt32LE(raw, 20);
  const records = ladder.messages.map((message) => {
    const packet = packetOf(message);
    const micros = Math.round(message.at * 1000);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(micros / 1_000_000), 0);
    record.writeUInt32LE(micros % 1_000_000, 4);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return Buffer.concat([record, packet]);
  });
  return Buffer.concat([head, ...records]);
}
