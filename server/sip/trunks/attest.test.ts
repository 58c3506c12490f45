import '../../../certs/reflect-metadata.ts';
import { createHash, generateKeyPairSync, type KeyObject, type webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { CompactSign } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { attestationOf, type CertificatePort } from './attest.ts';
import { CertificateFolder } from './certificates.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const dayMs = 86_400_000;
const url = 'https://certificates.example/leaf.pem';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

interface Authority {
  readonly keys: webcrypto.CryptoKeyPair;
  readonly certificate: x509.X509Certificate;
}

const makeKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

async function authority(name: string): Promise<Authority> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: `CN=${name}`, keys, signingAlgorithm: algorithm },
    ...{ notBefore: new Date(now - dayMs), notAfter: new Date(now + dayMs) },
    extensions: [new x509.BasicConstraintsExtension(true)],
  });
  return { keys, certificate };
}

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, body.length), body]);
};
const text = (value: string): Buffer => der(0x16, Buffer.from(value));
/** Entries of RFC 8226 section 9, written by hand. */
const provider = (code: string): Buffer => der(0xa0, text(code));
const range = (start: string, count: number): Buffer =>
  der(0xa1, der(0x30, text(start), der(0x02, Buffer.of(0, count >> 8, count & 255))));
const one = (number: string): Buffer => der(0xa2, text(number));

/** `numbers`: what stands in its TNAuthList; null: it has none. */
async function signer(
  by: Authority,
  notAfter = now + dayMs,
  numbers: readonly Uint8Array[] | null = [provider('1234')],
): Promise<Authority> {
  const keys = await makeKeys();
  const list = der(0x30, ...(numbers ?? []));
  const extensions = numbers === null ? [] : [new x509.Extension('1.3.6.1.5.5.7.1.26', false, list)];
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ subject: 'CN=SHAKEN 1234', issuer: by.certificate.subject, publicKey: keys.publicKey },
    ...{ signingKey: by.keys.privateKey, signingAlgorithm: algorithm },
    ...{ notBefore: new Date(now - dayMs), notAfter: new Date(notAfter), extensions },
  });
  return { keys, certificate };
}

interface Passport {
  readonly attest?: string;
  readonly iat?: number;
  readonly orig?: string;
  readonly dest?: string;
  readonly ppt?: string;
  readonly x5u?: string;
}

async function identity(key: webcrypto.CryptoKey | KeyObject, passport: Passport = {}): Promise<string> {
  const {
    attest = 'A',
    iat = now / 1000,
    orig = '8613800138000',
    dest = '8653188880000',
    ppt = 'shaken',
    x5u = url,
  } = passport;
  const payload = JSON.stringify({ attest, dest: { tn: [dest] }, iat, orig: { tn: orig }, origid: 'x' });
  const token = await new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: 'ES256', typ: 'passport', ppt, x5u })
    .sign(key);
  return `${token};info=<${url}>;alg=ES256;ppt="shaken"`;
}

const pem = ({ certificate }: Authority): string => certificate.toString('pem');
const call = (header: string | undefined) => ({ identity: header, from: '+8613800138000', to: '+8653188880000' });

let root: Authority, other: Authority, good: Authority, strange: Authority, lapsed: Authority;
beforeAll(async () => {
  [root, other] = await Promise.all([authority('STI root'), authority('Other root')]);
  [good, strange, lapsed] = await Promise.all([signer(root), signer(other), signer(root, now - 1000)]);
});

const from = (chain: string | undefined): CertificatePort => ({
  anchors: () => [pem(root)],
  chain: () => Promise.resolve(chain),
});

describe('an Identity header', () => {
  it.each(['A', 'B', 'C'])('attests %s', async (attest) => {
    expect(await attestationOf(call(await identity(good.keys.privateKey, { attest })), from(pem(good)), now)).toBe(
      attest,
    );
  });

  it.each<[string, Passport, string]>([
    ['signed 59 s ago', { iat: now / 1000 - 59 }, 'A'],
    ['signed 61 s ago', { iat: now / 1000 - 61 }, 'expired'],
    ['signed in the future', { iat: now / 1000 + 61 }, 'expired'],
    ['of another caller', { orig: '8613800138001' }, 'forged'],
    ['for another called', { dest: '8653188880001' }, 'forged'],
    ['that attests something else', { attest: 'D' }, 'forged'],
    ['of another kind', { ppt: 'div' }, 'forged'],
    ['that names another certificate', { x5u: 'https://elsewhere.example/x.pem' }, 'forged'],
  ])('%s', async (_what, passport, wanted) => {
    expect(await attestationOf(call(await identity(good.keys.privateKey, passport)), from(pem(good)), now)).toBe(
      wanted,
    );
  });

  it.each<[string, readonly Uint8Array[] | null, string]>([
    ['a provider', [provider('1234')], 'A'],
    ['the number', [one('8613800138001'), one('8613800138000')], 'A'],
    ['a range with the number', [range('8613800137990', 11)], 'A'],
    ['a range that ends before it', [range('8613800137990', 10)], 'untrusted'],
    ['a range of shorter numbers', [range('613800138000', 10)], 'untrusted'],
    ['another number', [one('8613800138001')], 'untrusted'],
    ['nobody', [], 'untrusted'],
    ['something not understood', [provider('1234'), der(0xa3, text('x'))], 'untrusted'],
    ['no one at all: it has no TNAuthList', null, 'untrusted'],
  ])('signed with a certificate for %s (RFC 8226)', async (_what, numbers, wanted) => {
    const holder = await signer(root, undefined, numbers);
    expect(await attestationOf(call(await identity(holder.keys.privateKey)), from(pem(holder)), now)).toBe(wanted);
  });

  it('is forged when somebody else signed it, and when it was changed', async () => {
    expect(await attestationOf(call(await identity(strange.keys.privateKey)), from(pem(good)), now)).toBe('forged');
    const token = await identity(good.keys.privateKey);
    expect(
      await attestationOf(
        call(token.replace(/\.(.)/, (_all, sign) => `.${sign === 'e' ? 'f' : 'e'}`)),
        from(pem(good)),
        now,
      ),
    ).toBe('forged');
  });

  it.each([
    'nonsense',
    'a.b.c',
    'a.b.c;info=<http://plain.example>;alg=ES256',
    'a.b.c;info=<https://x.example>;alg=RS256',
    `${'a'.repeat(9000)}.b.c;info=<https://x.example>`,
  ])('is forged when it is %.30s', async (header) => {
    expect(await attestationOf(call(header), from(pem(good)), now)).toBe('forged');
  });

  it('is untrusted without the certificate, from a strange authority, or with one that has lapsed or has another key', async () => {
    const header = await identity(good.keys.privateKey);
    for (const chain of [undefined, 'no certificate', pem(strange), pem(lapsed), `${pem(strange)}${pem(root)}`])
      expect(await attestationOf(call(header), from(chain), now)).toBe('untrusted');
    const none = { ...from(pem(good)), anchors: () => [] };
    expect(await attestationOf(call(header), none, now)).toBe('untrusted');
  });

  it('may bring the authority along, which proves nothing', async () => {
    const header = await identity(strange.keys.privateKey);
    expect(await attestationOf(call(header), from(`${pem(strange)}${pem(other)}`), now)).toBe('untrusted');
    expect(await attestationOf(call(await identity(good.keys.privateKey)), from(`${pem(good)}${pem(root)}`), now)).toBe(
      'A',
    );
  });

  it.each([undefined, '', '  '])('%j is absent', async (header) => {
    expect(await attestationOf(call(header), from(pem(good)), now)).toBe('absent');
  });

  it('with another curve is not trusted', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    expect(await attestationOf(call(await identity(privateKey)), from(pem(good)), now)).toBe('forged');
  });
});

describe('the folder of certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-stir-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new SimulatedClock(Date.now());
  const fileOf = (of: string): string => join(folder, 'chains', `${createHash('sha256').update(of).digest('hex')}.pem`);

  it('holds what the admin put there, and fetches nothing by itself', async () => {
    mkdirSync(join(folder, 'anchors'));
    writeFileSync(join(folder, 'anchors', 'root.pem'), 'ROOT');
    mkdirSync(join(folder, 'chains'));
    writeFileSync(fileOf('https://a.example'), 'A');
    const certificates = new CertificateFolder({ folder, clock });
    expect(certificates.anchors()).toEqual(['ROOT']);
    expect(await certificates.chain('https://a.example')).toBe('A');
    expect(await certificates.chain('https://b.example')).toBeUndefined();
  });

  it('keeps what a fetcher brought, asks once for calls that come together, and sulks after a failure', async () => {
    const asked: string[] = [];
    const certificates = new CertificateFolder({
      folder,
      clock,
      fetcher: (of) => {
        asked.push(of);
        return of.includes('bad')
          ? Promise.reject(new Error('404'))
          : Promise.resolve(`-----BEGIN CERTIFICATE-----${of}`);
      },
    });
    const both = await Promise.all([certificates.chain('https://c.example'), certificates.chain('https://c.example')]);
    expect(both).toEqual([0, 1].map(() => '-----BEGIN CERTIFICATE-----https://c.example'));
    expect(existsSync(fileOf('https://c.example'))).toBe(true);
    await certificates.chain('https://c.example');
    await certificates.chain('https://bad.example');
    await certificates.chain('https://bad.example');
    expect(asked).toEqual(['https://c.example', 'https://bad.example']);
    clock.advance(60_001);
    expect(await certificates.chain('https://bad.example')).toBeUndefined();
    expect(asked).toHaveLength(3);
  });

  it('waits no longer than it may', async () => {
    const fetcher = (_url: string, signal: AbortSignal): Promise<string> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('too slow'))));
    const certificates = new CertificateFolder({ folder, clock, fetcher, timeoutMs: 20 });
    expect(await certificates.chain('https://slow.example')).toBeUndefined();
  });
});
