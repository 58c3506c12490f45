import { createHash, hkdfSync } from 'node:crypto';
import { fail, ok, type Result } from '../../base/result.ts';

/** A key of the site under which recordings are sealed. Its id names it in files and rows and gives nothing of it away. */
export interface RecordingKey {
  readonly keyId: string;
  readonly secret: Uint8Array;
}

/** Every key there is, by id: new recordings are sealed under `current`, older ones are opened with theirs. */
export interface Keyring {
  readonly current: RecordingKey;
  readonly byId: ReadonlyMap<string, RecordingKey>;
}

/** Bytes of a key: AES-256. */
const keyBytes = 32;

/** A key with its id: the beginning of a hash of it. */
export function recordingKey(secret: Uint8Array): RecordingKey {
  const keyId = createHash('sha256').update('jackfield recording key\0').update(secret).digest('hex').slice(0, 16);
  return { keyId, secret };
}

/**
 * Reads a key file: one key a line, 64 hexadecimal digits, the present one first and those it replaced after it; empty
 * lines and lines that begin with `#` are comments. The error is a phrase that names the line, never what stands in it.
 */
export function readKeys(text: string): Result<Keyring, string> {
  const keys: RecordingKey[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const word = line.trim();
    if (word === '' || word.startsWith('#')) continue;
    if (!/^[0-9a-fA-F]+$/.test(word) || word.length !== keyBytes * 2)
      return fail(`line ${String(at + 1)} is not a key of ${String(keyBytes * 2)} hexadecimal digits`);
    keys.push(recordingKey(Buffer.from(word, 'hex')));
  }
  const [current] = keys;
  if (current === undefined) return fail('there is no key in it');
  return ok({ current, byId: new Map(keys.map((key) => [key.keyId, key])) });
}

/** The key of one part of a file: no two parts have the same, so that a nonce may be a counter (RFC 5869, NIST SP 800-38D 8.2). */
export function partKey(key: RecordingKey, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key.secret, salt, 'jackfield recording part', keyBytes));
}
