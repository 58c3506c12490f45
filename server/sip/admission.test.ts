import { describe, expect, it } from 'vitest';
import { parseBlock } from '../../base/ip.ts';
import { AddressBook, networksOf } from './addresses.ts';
import { Admission, type Incoming } from './admission.ts';
import { Authenticator } from './authenticator.ts';
import { Credentials } from './credentials.ts';
import { expectedResponse, ha1Of, ha1sOf } from './digest.ts';
import { Lockout } from './lockout.ts';
import { Nonces } from './nonces.ts';
import type { KnownOrigin } from './ports.ts';

const alice: KnownOrigin = { type: 'agent', agentId: 'alice' };
const carrier: KnownOrigin = { type: 'trunk', trunk: 'carrier' };
const accounts = [alice, carrier].map((origin) => {
  const username = origin.type === 'agent' ? origin.agentId : origin.trunk;
  return { username, origin, device: null, ha1s: ha1sOf(username, 'site', 'secret') };
});
const authenticator = new Authenticator({
  realm: 'site',
  algorithms: ['sha-256', 'md5'],
  nonces: new Nonces({ key: Buffer.alloc(32, 1), lifeMs: 1000 }),
  credentials: new Credentials(Buffer.alloc(32, 2)),
  accountOf: (username) => accounts.find((account) => account.username === username),
  lockout: new Lockout({ tries: 10, forMs: 1000 }),
  isAt: () => false,
});
const admission = new Admission({
  authenticator,
  agentOn: (flow) =>
    ['wss/192.0.2.5:4000', 'udp/192.0.2.5:5060', 'udp/10.0.0.1:5060'].includes(flow) ? 'alice' : undefined,
  trunkAt: (address) => (address.startsWith('10.') ? 'gateway' : undefined),
});

const answer = (username: string, password: string, at = 0, address = '192.0.2.9'): string => {
  const [challenge = ''] = authenticator.challenges(address, at, { md5: 'usual', stale: false });
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
  const parts = { username, realm: 'site', nonce, uri: 'sip:1@site', qop: 'auth', nc: '00000001', cnonce: 'c' };
  const ha1 = ha1Of('sha-256', username, 'site', password);
  const response = expectedResponse(parts, 'INVITE', 'sha-256', ha1);
  return `Digest ${Object.entries({ ...parts, algorithm: 'SHA-256', response })
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`;
};

function invite(protocol: string, address: string, port: number, credentials?: string): Incoming {
  const headers = new Map([['Via', `SIP/2.0/${protocol.toUpperCase()} phone.invalid;branch=z9hG4bK1`]]);
  if (credentials !== undefined) headers.set('Proxy-Authorization', credentials);
  return {
    ...({ method: 'INVITE', uri: 'sip:1@site', protocol, source_address: address, source_port: port } as const),
    has: (name: string) => headers.has(name),
    get: (name: string) => headers.get(name) ?? '',
  };
}

describe('who an INVITE comes from', () => {
  it.each([
    ['an agent on the connection of a registration', invite('wss', '192.0.2.5', 4000), alice],
    ['an agent with credentials', invite('udp', '192.0.2.9', 5060, answer('alice', 'secret')), alice],
    ['a trunk by address', invite('udp', '10.1.1.1', 5060), { type: 'trunk', trunk: 'gateway' }],
    ['a page in a browser at a trunk’s address', invite('wss', '10.1.1.1', 5060), { type: 'challenge', stale: false }],
    ['a trunk by digest', invite('tcp', '192.0.2.9', 5060, answer('carrier', 'secret')), carrier],
    [
      'a stranger with a wrong password',
      invite('udp', '192.0.2.9', 5060, answer('alice', 'guess')),
      { type: 'stranger' },
    ],
    ['a stranger with no name', invite('udp', '192.0.2.9', 5060, answer('bob', 'secret')), { type: 'stranger' }],
    [
      'a trunk whose own credentials mean nothing here',
      invite('udp', '10.1.1.1', 5060, answer('x', 'y', 0, '10.1.1.1')),
      { type: 'trunk', trunk: 'gateway' },
    ],
    [
      'a phone with a wrong password at the address of a trunk',
      invite('udp', '10.0.0.1', 5060, answer('alice', 'guess', 0, '10.0.0.1')),
      { type: 'stranger' },
    ],
  ])('%s', (_what, req, origin) => {
    expect(admission.judge(req, 0)).toEqual(origin);
  });

  it.each([
    ['nobody known', invite('udp', '192.0.2.9', 5060)],
    ['a datagram that claims to come from a phone', invite('udp', '192.0.2.5', 5060)],
    ['a phone at the address of a trunk', invite('udp', '10.0.0.1', 5060)],
    ['a nonce another address was given', invite('udp', '192.0.2.8', 5060, answer('alice', 'secret'))],
    ['an old nonce', invite('udp', '192.0.2.9', 5060, answer('alice', 'secret', -5000))],
  ])('is asked: %s', (_what, req) => {
    expect(admission.judge(req, 0).type).toBe('challenge');
  });

  it('says to a peer with an old nonce that it is the nonce', () => {
    const verdict = admission.judge(invite('udp', '192.0.2.9', 5060, answer('alice', 'secret', -5000)), 0);
    expect(verdict).toEqual({ type: 'challenge', stale: true });
  });
});

describe('addresses', () => {
  const own = [
    { address: '192.168.7.2', cidr: '192.168.7.2/24' },
    { address: '198.51.100.4', cidr: '198.51.100.4/24' },
    { address: 'fe80::1', cidr: 'fe80::1/64' },
  ];
  it.each([
    [['192.0.2.0/24'], '::ffff:192.0.2.77', true],
    [['loopback'], '127.4.5.6', true],
    [['loopback'], '::1', true],
    [['this-machine'], '127.0.0.1', true],
    [['this-machine'], '198.51.100.4', true],
    [['this-machine'], '198.51.100.5', false],
    [['local-network'], '192.168.7.200', true],
    [['local-network'], '198.51.100.5', false],
    [['local-network'], 'fe80::99%eth0', true],
    [['loopback'], 'not an address', false],
  ])('%j has %s: %s', (addresses, address, wanted) => {
    const book = new AddressBook([{ owner: 'carrier', addresses }], own);
    expect(book.ownerOf(address)).toBe(wanted ? 'carrier' : undefined);
  });
  it('is told to the SIP engine as networks, each once', () => {
    expect(networksOf(['this-machine', 'local-network', '127.0.0.0/8', '203.0.113.9'], own)).toEqual([
      ...['127.0.0.0/8', '::1', '192.168.7.2', '198.51.100.4', 'fe80::1'],
      ...['192.168.7.2/24', 'fe80::1/64', '203.0.113.9'],
    ]);
    // And so are those of the machine this runs on.
    for (const network of networksOf(['loopback', 'this-machine', 'local-network']))
      expect(parseBlock(network)).toBeDefined();
  });
  it('gives an address to the smallest block it is in', () => {
    const book = new AddressBook([
      { owner: 'network', addresses: ['10.0.0.0/8'] },
      { owner: 'gateway', addresses: ['10.1.1.1'] },
    ]);
    expect(['10.1.1.1', '10.1.1.2', '11.0.0.1'].map((address) => book.ownerOf(address))).toEqual([
      'gateway',
      'network',
      undefined,
    ]);
  });
});
