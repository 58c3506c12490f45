/** SRTP as Chromium agrees on it with mediasoup (RFC 7714, AEAD_AES_256_GCM), for telephones of the bench; nothing of it is in the product. */
import { createCipheriv, createDecipheriv } from 'node:crypto';

const tagBytes = 16;
const headerBytes = 12;

/** What one direction is encrypted with. */
export interface SrtpKeys {
  readonly cipher: Buffer;
  readonly salt: Buffer;
}

/** RFC 3711 section 4.3.1 (with AES-256 by RFC 6188), no key derivation rate; a salt of 12 bytes counts as followed by zeros. */
export function derived(masterKey: Uint8Array, masterSalt: Uint8Array, label: number, bytes: number): Buffer {
  const vector = Buffer.alloc(16);
  vector.set(masterSalt);
  vector[7] = (vector[7] ?? 0) ^ label;
  return createCipheriv(`aes-${masterKey.length * 8}-ctr`, masterKey, vector).update(Buffer.alloc(bytes));
}

/** Derives the keys from 32 bytes of master key and 12 of master salt. */
export function srtpKeys(masterKey: Uint8Array, masterSalt: Uint8Array): SrtpKeys {
  return { cipher: derived(masterKey, masterSalt, 0, 32), salt: derived(masterKey, masterSalt, 2, 12) };
}

/** RFC 7714 section 8.1; a stream of the bench is over before its sequence turns round, so the rollover counter is 0. */
function vectorOf(packet: Buffer, { salt }: SrtpKeys): Buffer {
  const vector = Buffer.from(salt);
  for (let at = 0; at < 4; at++) vector[2 + at] = (vector[2 + at] ?? 0) ^ (packet[8 + at] ?? 0);
  for (let at = 0; at < 2; at++) vector[10 + at] = (vector[10 + at] ?? 0) ^ (packet[2 + at] ?? 0);
  return vector;
}

/** Encrypts and signs an RTP packet with a plain header. */
export function sealRtp(packet: Buffer, keys: SrtpKeys): Buffer {
  const header = packet.subarray(0, headerBytes);
  const cipher = createCipheriv('aes-256-gcm', keys.cipher, vectorOf(packet, keys)).setAAD(header);
  const said = cipher.update(packet.subarray(headerBytes));
  cipher.final();
  return Buffer.concat([header, said, cipher.getAuthTag()]);
}

/** Bytes of a header with its sources and its extension (RFC 3550 sections 5.1 and 5.3.1): all of it is signed. */
function headerOf(packet: Buffer): number {
  const first = packet[0] ?? 0;
  const plain = headerBytes + 4 * (first & 0x0f);
  return (first & 0x10) === 0 ? plain : plain + 4 + 4 * packet.readUInt16BE(plain + 2);
}

/** Is the signature of a packet right? */
export function isGenuine(packet: Buffer, keys: SrtpKeys): boolean {
  const [start, end] = [headerOf(packet), packet.length - tagBytes];
  if (end <= start) return false;
  const decipher = createDecipheriv('aes-256-gcm', keys.cipher, vectorOf(packet, keys));
  decipher.setAAD(packet.subarray(0, start)).setAuthTag(packet.subarray(end));
  decipher.update(packet.subarray(start, end));
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
