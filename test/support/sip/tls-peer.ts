import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { makeAuthority, makeServerIdentity } from '../../../certs/issue.ts';
import type { Identity } from '../../../certs/issue.ts';
import { framed, RawPeer, connectedPeer } from './raw-peer.ts';

/** An authority of a test and the files of certificates it signed. */
export interface TestCertificates {
  readonly authority: Identity;
  /** The authority's certificate as a file. */
  readonly ca: string;
  issue(hosts: readonly string[]): Promise<Identity>;
  /** Writes an identity into files named `name`; overwrites what is there. */
  write(name: string, identity: Identity): { readonly certificate: string; readonly key: string };
  remove(): void;
}

/** A folder with an authority in it. */
export async function makeTestCertificates(): Promise<TestCertificates> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-tls-'));
  const authority = await makeAuthority('Test authority', Date.now());
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, authority.certificate);
  return {
    authority,
    ca,
    issue: (hosts) => makeServerIdentity(authority, hosts, Date.now()),
    write(name, identity) {
      const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}-key.pem`) };
      writeFileSync(files.certificate, identity.certificate);
      writeFileSync(files.key, identity.key);
      return files;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** How a TLS peer connects. */
export interface TlsPeerOptions {
  readonly ca: string;
  readonly host?: string;
  /** Shown to the server when it asks. */
  readonly identity?: Identity;
}

/** A peer with a TLS connection to `port`, whose certificate it checks. Rejects when the connection is refused. */
export async function tlsPeer(
  port: number,
  options: TlsPeerOptions,
): Promise<RawPeer & { readonly socket: TLSSocket }> {
  const { host = '127.0.0.1', identity } = options;
  const own = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
  const socket = connect({ host, port, ca: options.ca, ...own });
  await once(socket, 'secureConnect');
  return connectedPeer('TLS', host, socket);
}

/** A peer that listens for TLS and speaks over the last connection made to it; it tells how many were made. */
export async function tlsServerPeer(
  identity: Identity,
  host = '127.0.0.1',
): Promise<RawPeer & { connections(): number; refused(): Promise<void> }> {
  let last: TLSSocket | undefined;
  let count = 0;
  const server = createServer({ cert: identity.certificate, key: identity.key });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  const peer = new RawPeer({
    protocol: 'TLS',
    host,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    write: (text) => last?.write(text),
    close: async () => {
      last?.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  let ended: () => void = () => {};
  const refusal = new Promise<void>((resolve) => {
    ended = resolve;
  });
  server.on('tlsClientError', () => ended());
  server.on('secureConnection', (socket) => {
    last = socket;
    count++;
    socket.on('error', () => {});
    socket.on('close', () => ended());
    socket.on(
      'data',
      framed((text) => peer.received(text)),
    );
  });
  return Object.assign(peer, { connections: () => count, refused: () => refusal });
}
