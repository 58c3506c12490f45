import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../server/config.ts';
import { setAddress } from '../lan.ts';
import { withAddress } from './settings.ts';
import { lanSteps } from './steps.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-lan-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the address is written into the file, comments and other values stay', () => {
  const changed = withAddress('# our site\nhttp:\n  port: 80 # plain\nnetwork:\n  bind: 127.0.0.1\n', '192.0.2.7');
  expect(changed).toEqual({
    ok: true,
    text: '# our site\nhttp:\n  port: 80 # plain\nnetwork:\n  bind: 192.0.2.7\n  advertise: 192.0.2.7\n',
  });
  expect(withAddress('', '192.0.2.7')).toMatchObject({ ok: true });
  expect(withAddress('a: [', '192.0.2.7')).toMatchObject({ ok: false });
});

test('the configuration takes the address, and the certificate is good for it', async () => {
  const done = await setAddress(folder, '127.0.0.1', {}, Date.now());
  if (!done.ok) throw new Error(done.error.title);
  const config = loadConfig(folder, {});
  expect(config.ok && config.value.network).toEqual({ bind: '127.0.0.1', advertise: '127.0.0.1' });
  const certificate = new X509Certificate(readFileSync(join(folder, '.jackfield', 'certs', 'server.pem')));
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.verify(new X509Certificate(readFileSync(done.value.authority)).publicKey)).toBe(true);
  expect(done.value.page).toBe('https://127.0.0.1:8443/');
});

test('an address of another machine and a broken file change nothing', async () => {
  const foreign = await setAddress(folder, '192.0.2.1', {}, Date.now());
  expect(!foreign.ok && foreign.error.code).toBe('address-unknown');
  expect(!foreign.ok && foreign.error.detail).toContain('127.0.0.1');
  writeFileSync(join(folder, 'jackfield.yaml'), 'network: [');
  const broken = await setAddress(folder, '127.0.0.1', {}, Date.now());
  expect(!broken.ok && broken.error.code).toBe('config-unreadable');
  expect(readFileSync(join(folder, 'jackfield.yaml'), 'utf8')).toBe('network: [');
  expect(existsSync(join(folder, '.jackfield'))).toBe(false);
});

test('the steps name the page, the file, its fingerprint and the ports, in both languages', () => {
  const facts = {
    address: '192.0.2.7',
    page: 'https://192.0.2.7:8443/',
    authority: 'ca.pem',
    fingerprint: 'AA:BB',
    ports: ['8443/tcp'],
  };
  for (const text of Object.values(lanSteps(facts)))
    for (const fact of ['192.0.2.7', facts.page, 'ca.pem', 'AA:BB', '8443/tcp']) expect(text).toContain(fact);
});
