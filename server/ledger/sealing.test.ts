import { createSecretKey, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HeadWriter, readHead } from './head-file.ts';
import { commitment, seal, unseal, unwrapKey, wrapKey } from './sealing.ts';
import { createKeyFile, readSiteKeys, subjectAlias } from './site-key.ts';

const key = createSecretKey(randomBytes(32));
const otherKey = createSecretKey(randomBytes(32));

describe('a sealed text', () => {
  it('comes back with its key, and with no other', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const wellFormed = text.toWellFormed();
        const blob = seal(key, wellFormed);
        expect(unseal(key, blob)).toBe(wellFormed);
        expect(unseal(otherKey, blob)).toBeUndefined();
      }),
    );
  });

  it('is spoilt by any flipped bit of nonce, ciphertext or tag, and its commitment by any at all', () => {
    const blob = seal(key, 'I want a refund');
    fc.assert(
      fc.property(fc.nat(blob.length * 8 - 1), (bit) => {
        const flipped = Buffer.from(blob);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(commitment(flipped).equals(commitment(blob))).toBe(false);
        if (bit >> 3 >= 16) expect(unseal(key, flipped)).toBeUndefined();
      }),
    );
    expect(unseal(key, Buffer.alloc(3))).toBeUndefined();
  });

  it('never looks the same twice', () => {
    expect(seal(key, 'a').equals(seal(key, 'a'))).toBe(false);
  });
});

it('wraps keys', () => {
  const inner = randomBytes(32);
  const wrapped = wrapKey(key, inner);
  expect(unwrapKey(key, wrapped)?.export().equals(inner)).toBe(true);
  expect(unwrapKey(otherKey, wrapped)).toBeUndefined();
  expect(unwrapKey(key, Buffer.alloc(60))).toBeUndefined();
});

describe('files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'jackfield-keys-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('the key file is for its owner only, made once, and refused when it is no key', () => {
    const file = join(folder, 'deeper', 'site.key');
    createKeyFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(() => createKeyFile(file)).toThrow();
    const keys = readSiteKeys(file);
    expect(subjectAlias(keys, '+86 (138) 0000-0000')).toBe(subjectAlias(keys, '+8613800000000'));
    expect(subjectAlias(keys, '+8613800000001')).not.toBe(subjectAlias(keys, '+8613800000000'));
    writeFileSync(file, 'not a key');
    expect(() => readSiteKeys(file)).toThrow('holds no key');
  });

  it('the head is the newest sound slot, whatever a torn write left', () => {
    const file = join(folder, 'head');
    const mac = randomBytes(32);
    expect(readHead(file, mac)).toEqual({ head: undefined, damaged: false });
    const writer = new HeadWriter(file, mac);
    const head = (seq: number) => ({ node: 'n1', seq, hash: 'ab'.repeat(32) });
    for (let seq = 1; seq <= 5; seq++) {
      writer.write(head(seq));
      expect(readHead(file, mac)).toEqual({ head: head(seq), damaged: false });
    }
    writer.close();
    // The fifth went to the first slot; torn, the fourth still stands in the second.
    const text = readFileSync(file);
    text.fill(0, 100, 256);
    writeFileSync(file, text);
    expect(readHead(file, mac)).toEqual({ head: head(4), damaged: false });
    expect(readHead(file, randomBytes(32))).toEqual({ head: undefined, damaged: true });
  });
});
