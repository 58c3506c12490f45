/** Packets that nobody may hear, made from good ones and from other protocols; the same seed makes the same ones. */
import { writeBye, writeReport } from '../../media/edge/rtcp.ts';

/** Numbers from 0 to 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function whole(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

function noise(random: () => number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => whole(random, 256)));
}

/** A STUN binding request (RFC 8489 section 5) with attributes that may lie about their length. */
function stun(random: () => number): Buffer {
  const attributes = noise(random, 4 * whole(random, 20));
  const head = Buffer.alloc(20);
  head.writeUInt16BE([0x0001, 0x0101, 0x0111, 0x0011][whole(random, 4)] ?? 1, 0);
  head.writeUInt16BE(random() < 0.5 ? attributes.length : whole(random, 65_536), 2);
  head.writeUInt32BE(0x2112a442, 4);
  noise(random, 12).copy(head, 8);
  return Buffer.concat([head, attributes]);
}

function rtcp(random: () => number): Buffer {
  const counts = { packets: 1, octets: 160, timestamp: 1 };
  const good = Buffer.concat([writeReport(whole(random, 2 ** 31), counts, undefined, 0), writeBye(1)]);
  return flipped(good, random);
}

function flipped(packet: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(packet);
  for (let flips = 1 + whole(random, 8); flips > 0; flips--) bytes[whole(random, bytes.length)] = whole(random, 256);
  return bytes;
}

/** RTP of a version, or with lengths, that cannot be, or with a number nobody agreed on. */
function broken(voice: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(voice);
  const agreed = [0, 8, 13, 101];
  switch (whole(random, 5)) {
    case 0:
      bytes[0] = (((whole(random, 3) + 3) & 3) << 6) | 0x3f;
      if ((bytes[0] ?? 0) >> 6 === 2) bytes[0] = 0;
      return bytes;
    case 1:
      // 15 sources, or an extension, in less room than they take.
      bytes[0] = random() < 0.5 ? 0x8f : 0x90;
      return bytes.subarray(0, 12 + whole(random, 4));
    case 2:
      bytes[0] = 0xa0;
      bytes[bytes.length - 1] = random() < 0.5 ? 0 : 255;
      return bytes;
    case 3: {
      let number = whole(random, 64);
      while (agreed.includes(number)) number = whole(random, 64);
      bytes[1] = number;
      return bytes;
    }
    default:
      return bytes.subarray(0, whole(random, 13));
  }
}

/** A damaged packet, derived from a good one of the call. */
export function damaged(voice: Buffer, random: () => number): Buffer {
  switch (whole(random, 6)) {
    case 0:
      return stun(random);
    case 1:
      return rtcp(random);
    case 2: {
      const bytes = noise(random, whole(random, 300));
      // Version 2 by chance, with a number that was agreed on, would be a packet.
      if (bytes[0] !== undefined) bytes[0] &= 0x3f;
      return bytes;
    }
    default:
      return broken(voice, random);
  }
}
