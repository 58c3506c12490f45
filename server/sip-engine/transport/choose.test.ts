import { describe, expect, it } from 'vitest';
import { bestFor } from './choose.ts';
import type { Listener } from './listener.ts';
import { LocalAddress, readNetworks } from './local-address.ts';

function listener(host: string): Listener {
  const address = { host, port: 5060 };
  return { protocol: 'udp', address, visible: address, start: async () => {}, close: async () => {} };
}

describe('bestFor', () => {
  it.each([
    ['192.0.2.9', ['127.0.0.1', '0.0.0.0', '::'], '0.0.0.0'],
    ['2001:db8::9', ['127.0.0.1', '0.0.0.0', '::'], '::'],
    ['127.0.0.1', ['0.0.0.0', '127.0.0.1'], '127.0.0.1'],
    ['127.0.0.1', ['0.0.0.0'], '0.0.0.0'],
    ['::1', ['::1', '127.0.0.1'], '::1'],
    ['::1', ['127.0.0.1'], undefined],
    ['192.0.2.9', ['127.0.0.1'], undefined],
    ['192.0.2.9', [], undefined],
  ])('to %s of %j', (remote, hosts, expected) => {
    expect(bestFor(hosts.map(listener), remote)?.address.host).toBe(expected);
  });
});

describe('LocalAddress', () => {
  const bound = { host: '10.0.0.5', port: 5060 };

  it('is the bound address, or the advertised one with the bound port', () => {
    expect(new LocalAddress(bound, undefined, undefined).towards('192.0.2.9')).toBe(bound);
    const far = new LocalAddress(bound, { host: '203.0.113.1' }, undefined);
    expect(far.towards('192.0.2.9')).toEqual({ host: '203.0.113.1', port: 5060 });
    expect(far.general).toEqual({ host: '203.0.113.1', port: 5060 });
  });

  it('is the bound address for the networks beside it', () => {
    const both = new LocalAddress(bound, { host: '203.0.113.1' }, readNetworks(['10.0.0.0/8', 'fd00::/8']));
    expect(both.towards('10.1.2.3')).toBe(bound);
    expect(both.towards('192.0.2.9').host).toBe('203.0.113.1');
  });

  it('is loopback of the right family when bound to everything', () => {
    expect(new LocalAddress({ host: '::', port: 1 }, undefined, undefined).towards('::1').host).toBe('::1');
    expect(new LocalAddress({ host: '0.0.0.0', port: 1 }, undefined, undefined).towards('127.0.0.1').host).toBe(
      '127.0.0.1',
    );
  });

  it('refuses what is no network', () => {
    expect(() => readNetworks(['10.0.0.0/33'])).toThrow(/is not a network/);
    expect(() => readNetworks(['home'])).toThrow(/is not a network/);
  });
});
