import '../../../certs/reflect-metadata.ts';
import type { LookupAddress, lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeServerIdentity } from '../../../certs/issue.ts';
import { type FetchRules, httpsFetcher, refusalOf } from './https-fetcher.ts';
import { isPublicAddress } from './public-address.ts';

describe('an address of the public Internet', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '223.255.255.255', '2606:4700::1111', '2400:3200::1'])(
    '%s is one',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
  it.each([
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1'],
    ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '198.19.0.1', '::', '::1', 'fe80::1', 'fd00::1', 'ff02::1'],
    ...['::ffff:8.8.8.8', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1', 'localhost', ''],
  ])('%s is none', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('what may be fetched', () => {
  it.each<[string, FetchRules, string | undefined]>([
    ['https://certificates.example/x.pem', {}, undefined],
    ['https://certificates.example:8443/x.pem', {}, undefined],
    ['https://certificates.example:6379/x', {}, 'a port that serves no certificates'],
    ['http://certificates.example/x', {}, 'not https'],
    ['https://me:pw@certificates.example/x', {}, 'has a user'],
    ['https://127.0.0.1/x', {}, 'no public address'],
    ['https://0x7f.1/x', {}, 'no public address'],
    ['https://2130706433/x', {}, 'no public address'],
    ['https://[::1]/x', {}, 'no public address'],
    ['https://[::ffff:10.0.0.1]/x', {}, 'no public address'],
    ['https://a.certificates.example./x', { hosts: ['Certificates.example'] }, undefined],
    ['https://notcertificates.example/x', { hosts: ['certificates.example'] }, 'not a host we ask'],
  ])('%s with %o: %s', (url, rules, refusal) => expect(refusalOf(new URL(url), rules)).toBe(refusal));
});

describe('over HTTPS', () => {
  let server: Server;
  let rules: FetchRules;
  let written = 0;
  /** Names have these addresses. */
  let addresses: LookupAddress[] = [];
  let asked = 0;

  beforeAll(async () => {
    const authority = await makeAuthority('Test authority', Date.now());
    const { certificate: cert, key } = await makeServerIdentity(authority, ['certificates.example'], Date.now());
    server = createServer({ cert, key }, (req, res) => {
      asked++;
      if (req.url === '/short') return void res.end('-----BEGIN');
      if (req.url === '/moved') return void res.writeHead(302, { location: '/short' }).end();
      const more = (): void => {
        for (;;) {
          if (res.destroyed) return;
          written += 4096;
          if (!res.write(Buffer.alloc(4096))) break;
        }
        res.once('drain', more);
      };
      if (req.url === '/endless') more();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const resolve = ((_host: string, _options: unknown, found: (error: null, all: LookupAddress[]) => void) =>
      found(null, addresses)) as unknown as typeof lookup;
    rules = { resolve, mayAsk: (each) => each === '127.0.0.1', options: { ca: authority.certificate, port } };
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const get = (path: string, signal = new AbortController().signal): Promise<string> =>
    httpsFetcher(rules)(`https://certificates.example${path}`, signal);

  it('brings what is there, from an address that may be asked', async () => {
    addresses = [
      { address: '10.0.0.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    expect(await get('/short')).toBe('-----BEGIN');
  });

  it('does not even connect where a name leads into a network of our own', async () => {
    addresses = [{ address: '10.0.0.1', family: 4 }];
    const before = asked;
    await expect(get('/short')).rejects.toThrow('no public address');
    expect(asked).toBe(before);
  });

  it('follows no redirection, reads no more than 64 kB, and waits no longer than it may', async () => {
    addresses = [{ address: '127.0.0.1', family: 4 }];
    await expect(get('/moved')).rejects.toThrow('302');
    await expect(get('/endless')).rejects.toThrow('65536');
    expect(written).toBeGreaterThan(65_536);
    const stop = new AbortController();
    const waiting = get('/silent', stop.signal);
    server.once('request', () => stop.abort());
    await expect(waiting).rejects.toThrow('abort');
  });
});
