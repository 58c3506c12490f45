/** SRTP as the telephones of the bench speak it (RFC 3711, AES_CM_128_HMAC_SHA1_80); nothing of it is in the product. */
import { createCipheriv, createHmac } from 'node:crypto';

const tagBytes = 10;
const headerBytes = 12;

/** What one direction is encrypted with, from its master key and salt (RFC 3711 section 4.3.1, no key derivation rate). */
export interface SrtpKeys {
  readonly cipher: Buffer;
  readonly authentication: Buffer;
  readonly salt: Buffer;
}

/** Derives the keys of SRTP from 16 bytes of master key and 14 of master salt. */
export function srtpKeys(masterKey: Uint8Array, masterSalt: Uint8Array): SrtpKeys {
  const derived = (label: number, bytes: number): Buffer => {
    const vector = Buffer.alloc(16);
    vector.set(masterSalt);
    vector[7] = (vector[7] ?? 0) ^ label;
    return createCipheriv('aes-128-ctr', masterKey, vector).update(Buffer.alloc(bytes));
  };
  return { cipher: derived(0, 16), authentication: derived(1, 20), salt: derived(2, 14) };
}

/** RFC 3711 section 4.1.1; a stream of the bench is over before its sequence turns round, so the rollover counter is 0. */
function vectorOf(packet: Buffer, { salt }: SrtpKeys): Buffer {
  const vector = Buffer.alloc(16);
  vector.set(salt);
  for (let at = 0; at < 4; at++) vector[4 + at] = (vector[4 + at] ?? 0) ^ (packet[8 + at] ?? 0);
  for (let at = 0; at < 2; at++) vector[12 + at] = (vector[12 + at] ?? 0) ^ (packet[2 + at] ?? 0);
  return vector;
}

function tagOf(packet: Uint8Array, { authentication }: SrtpKeys): Buffer {
  return createHmac('sha1', authentication).update(packet).update(Buffer.alloc(4)).digest().subarray(0, tagBytes);
}

/** Encrypts and signs an RTP packet with a plain header. */
export function sealRtp(packet: Buffer, keys: SrtpKeys): Buffer {
  const cipher = createCipheriv('aes-128-ctr', keys.cipher, vectorOf(packet, keys));
  const sealed = Buffer.concat([packet.subarray(0, headerBytes), cipher.update(packet.subarray(headerBytes))]);
  return Buffer.concat([sealed, tagOf(sealed, keys)]);
}

/** Is the signature of a packet right? */
export function isGenuine(packet: Buffer, keys: SrtpKeys): boolean {
  const end = packet.length - tagBytes;
  return end > headerBytes && tagOf(packet.subarray(0, end), keys).equals(packet.subarray(end));
}
