/**
 * Encrypting under a subject's key. Keys are `KeyObject`s: with raw bytes each use costs four times as much. A sealed blob is `salt(16) nonce(12) ciphertext tag(16)`.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject, randomBytes } from 'node:crypto';

const saltLength = 16;
const nonceLength = 12;
const tagLength = 16;

/** Encrypts `text` (AES-256-GCM) behind a random salt, which makes a hash of the blob a hiding commitment. */
export function seal(key: KeyObject, text: string): Buffer {
  const head = randomBytes(saltLength + nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, head.subarray(saltLength));
  return Buffer.concat([head, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** The text again, or undefined if the key or a bit of the blob is wrong. */
export function unseal(key: KeyObject, blob: Uint8Array): string | undefined {
  return openBox(key, blob.subarray(saltLength))?.toString('utf8');
}

/** What stands in the chain for a sealed blob. It still stands when blob and key are gone, and tells nothing. */
export function commitment(blob: Uint8Array): Buffer {
  return hash('sha256', blob, 'buffer');
}

/** Wraps a subject's key under the site's: `nonce(12) ciphertext(32) tag(16)`. */
export function wrapKey(site: KeyObject, key: Uint8Array): Buffer {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', site, nonce);
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

/** The key again, or undefined if it was wrapped under another or was altered. */
export function unwrapKey(site: KeyObject, wrapped: Uint8Array): KeyObject | undefined {
  const key = openBox(site, wrapped);
  return key === undefined ? undefined : createSecretKey(key);
}

function openBox(key: KeyObject, box: Uint8Array): Buffer | undefined {
  if (box.length < nonceLength + tagLength) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, nonceLength));
  decipher.setAuthTag(box.subarray(box.length - tagLength));
  try {
    return Buffer.concat([decipher.update(box.subarray(nonceLength, box.length - tagLength)), decipher.final()]);
  } catch {
    // GCM refuses what was altered; there is nothing more to know about it.
    return undefined;
  }
}
