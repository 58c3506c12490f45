import { X509Certificate } from 'node:crypto';
import { createServer, connect } from 'node:tls';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureCertificates } from './folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-certs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a TLS client that trusts the authority accepts the server at every host named', async () => {
  const made = await ensureCertificates(folder, ['192.0.2.7', 'desk.example'], Date.now());
  const server = createServer({ cert: readFileSync(made.certificate), key: readFileSync(made.key) });
  server.on('secureConnection', (socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = (server.address() as AddressInfo).port;
  for (const host of ['192.0.2.7', 'desk.example', 'localhost', '127.0.0.1']) {
    const socket = connect({
      port,
      host: '127.0.0.1',
      ca: readFileSync(made.authority),
      checkServerIdentity: (_name, certificate) => {
        expect(certificate.subjectaltname).toContain(host);
        return undefined;
      },
    });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  }
  server.close();
});

test('keys are readable by the owner only; a second run keeps the authority, a nearly expired one is replaced', async () => {
  const now = Date.now();
  const first = await ensureCertificates(folder, [], now);
  const authority = readFileSync(first.authority, 'utf8');
  expect(first.authorityIsNew).toBe(true);
  for (const name of ['ca-key.pem', 'server-key.pem']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);

  const second = await ensureCertificates(folder, ['192.0.2.7'], now);
  expect(second.authorityIsNew).toBe(false);
  expect(readFileSync(second.authority, 'utf8')).toBe(authority);

  // A renewal without hosts keeps those of before; the IPv6 loopback does not pile up in another spelling.
  await ensureCertificates(folder, [], now);
  const names = new X509Certificate(readFileSync(first.certificate)).subjectAltName ?? '';
  expect(names.split(', ').sort()).toEqual(
    ['DNS:localhost', 'IP Address:0:0:0:0:0:0:0:1', 'IP Address:127.0.0.1', 'IP Address:192.0.2.7'].sort(),
  );

  const later = await ensureCertificates(folder, [], now + 1810 * 24 * 3600_000);
  expect(later.authorityIsNew).toBe(true);
});
