import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { LedgerError } from './errors.ts';

/** The keys of a site, all derived from the one in its key file. */
export interface SiteKeys {
  /** Wraps the keys of subjects. */
  readonly wrap: KeyObject;
  /** Makes a subject's name from a number. */
  readonly alias: Buffer;
  /** Keys the hash chain, so that nobody without the key file can append to it. */
  readonly chain: Buffer;
  /** Keys the head file. */
  readonly head: Buffer;
  /** Says, without telling anything, which key a database belongs to. */
  readonly fingerprint: string;
}

function derive(secret: Buffer): SiteKeys {
  const part = (name: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `jackfield ${name}`, 32));
  return {
    wrap: createSecretKey(part('wrap')),
    alias: part('alias'),
    chain: part('chain'),
    head: part('head'),
    fingerprint: part('fingerprint').toString('hex').slice(0, 32),
  };
}

/** Reads the key file (32 bytes in hex). Throws `ledger-key-missing` or `ledger-key-wrong`. */
export function readSiteKeys(file: string): SiteKeys {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new LedgerError('ledger-key-missing', 'the key file of the ledger cannot be read', { cause });
  }
  if (!/^[0-9a-f]{64}$/.test(text)) throw new LedgerError('ledger-key-wrong', 'the key file holds no key');
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  return derive(Buffer.from(text, 'hex'));
}

/** Makes a key file that only its owner reads; fails if there is one. */
export function createKeyFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fd = openSync(file, 'wx', 0o600);
  try {
    writeSync(fd, `${randomBytes(32).toString('hex')}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The opaque name of a person for this site. Spaces and punctuation of a number make no difference. */
export function subjectAlias(keys: SiteKeys, who: string): string {
  const plain = who
    .trim()
    .toLowerCase()
    .replace(/[\s()-]/g, '');
  return `s-${createHmac('sha256', keys.alias).update(plain).digest('base64url').slice(0, 24)}`;
}
