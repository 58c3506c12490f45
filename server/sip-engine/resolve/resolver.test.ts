import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/logger.ts';
import { CachedDns } from './cached-dns.ts';
import type { DnsAnswer, DnsPort, NaptrRecord, SrvRecord } from './dns-port.ts';
import { Resolver } from './resolver.ts';
import type { Wanted } from './resolver.ts';

interface Zone {
  readonly naptr?: Record<string, NaptrRecord[]>;
  readonly srv?: Record<string, SrvRecord[]>;
  readonly a?: Record<string, string[]>;
  readonly aaaa?: Record<string, string[]>;
}

class FakeDns implements DnsPort {
  readonly asked: string[] = [];
  readonly zone: Zone;
  failing = false;

  constructor(zone: Zone) {
    this.zone = zone;
  }

  naptr = (name: string) => this.#answer('naptr', name, this.zone.naptr?.[name]);
  srv = (name: string) => this.#answer('srv', name, this.zone.srv?.[name]);
  a = (name: string) => this.#answer('a', name, this.zone.a?.[name]);
  aaaa = (name: string) => this.#answer('aaaa', name, this.zone.aaaa?.[name]);

  #answer<T>(type: string, name: string, records: T[] | undefined): Promise<DnsAnswer<T>> {
    this.asked.push(`${type} ${name}`);
    if (this.failing) return Promise.resolve({ type: 'failed', silent: true });
    return Promise.resolve(records === undefined ? { type: 'none' } : { type: 'found', records, ttlInSeconds: 60 });
  }
}

const naptr = (order: number, service: string, replacement: string): NaptrRecord => {
  return { order, preference: 0, flags: 'S', service, replacement };
};
const srv = (name: string, port: number, priority = 1): SrvRecord => ({ name, port, priority, weight: 1 });
const wanted = (facts: Partial<Wanted> = {}): Wanted => {
  return { host: 'example.com', port: undefined, protocol: undefined, secure: false, ...facts };
};

function resolving(zone: Zone, families: readonly (4 | 6)[] = [4, 6]) {
  const clock = new SimulatedClock();
  const port = new FakeDns(zone);
  const reach = { canReach: (_protocol: string, family: 4 | 6) => families.includes(family) };
  const dns = new CachedDns(port, clock);
  const resolver = new Resolver({ dns, clock, log: silentLogger, reach, random: () => 0 });
  const find = async (facts: Partial<Wanted> = {}): Promise<string[]> =>
    (await resolver.targets(wanted(facts))).map(({ protocol, host, port: at }) => `${protocol} ${host} ${at}`);
  return { clock, port, resolver, find };
}

describe('Resolver, RFC 3263 section 4', () => {
  const full: Zone = {
    naptr: {
      'example.com': [naptr(10, 'SIP+D2T', '_sip._tcp.example.com'), naptr(20, 'SIP+D2U', 'udp.elsewhere.example')],
    },
    srv: {
      '_sip._tcp.example.com': [srv('b.example.com', 5070, 2), srv('a.example.com', 5080)],
      'udp.elsewhere.example': [srv('a.example.com', 5090)],
      '_sip._udp.example.com': [srv('b.example.com', 5060)],
      '_sips._tcp.example.com': [srv('a.example.com', 5061)],
    },
    a: { 'a.example.com': ['192.0.2.1'], 'b.example.com': ['192.0.2.2', '192.0.2.3'], 'example.com': ['192.0.2.9'] },
    aaaa: { 'a.example.com': ['2001:db8::1'] },
  };

  it.each<[string, Partial<Wanted>, string[]]>([
    [
      'NAPTR, SRV, addresses',
      {},
      [
        'tcp 192.0.2.1 5080',
        'tcp 2001:db8::1 5080',
        'tcp 192.0.2.2 5070',
        'tcp 192.0.2.3 5070',
        'udp 192.0.2.1 5090',
        'udp 2001:db8::1 5090',
      ],
    ],
    ['a named transport asks for its SRV at once', { protocol: 'udp' }, ['udp 192.0.2.2 5060', 'udp 192.0.2.3 5060']],
    ['a named port asks for addresses only', { port: 6000 }, ['udp 192.0.2.9 6000']],
    ['both named', { port: 6000, protocol: 'tcp' }, ['tcp 192.0.2.9 6000']],
    ['sips takes TLS only', { secure: true, protocol: 'tls' }, ['tls 192.0.2.1 5061', 'tls 2001:db8::1 5061']],
    ['sips without SIPS+D2T tries _sips._tcp', { secure: true }, ['tls 192.0.2.1 5061', 'tls 2001:db8::1 5061']],
  ])('%s', async (_name, facts, expected) => {
    expect(await resolving(full).find(facts)).toEqual(expected);
  });

  it('asks for the SRV records of every transport when there is no NAPTR', async () => {
    const { srv: servers, a, aaaa } = full;
    const { find } = resolving({ ...(servers && { srv: servers }), ...(a && { a }), ...(aaaa && { aaaa }) }, [4]);
    expect(await find()).toEqual([
      'udp 192.0.2.2 5060',
      'udp 192.0.2.3 5060',
      'tcp 192.0.2.1 5080',
      'tcp 192.0.2.2 5070',
      'tcp 192.0.2.3 5070',
      'tls 192.0.2.1 5061',
    ]);
  });

  it('falls back to the name at the default port, and to nothing', async () => {
    const { find } = resolving({ a: { 'example.com': ['192.0.2.9'] } });
    expect(await find()).toEqual(['udp 192.0.2.9 5060']);
    expect(await find({ secure: true })).toEqual(['tls 192.0.2.9 5061']);
    expect(await find({ host: 'nowhere.example' })).toEqual([]);
  });

  it('believes a domain that says it has no such service', async () => {
    const { find } = resolving({ srv: { '_sip._udp.example.com': [srv('', 0)] }, a: { 'example.com': ['192.0.2.9'] } });
    expect(await find({ protocol: 'udp' })).toEqual([]);
  });

  it('does not ask for addresses nobody could send to', async () => {
    const { find, port } = resolving(full, [6]);
    expect(await find({ protocol: 'tls', secure: true })).toEqual(['tls 2001:db8::1 5061']);
    expect(port.asked.some((question) => question.startsWith('a '))).toBe(false);
  });

  it('tries a target that failed last, for a while', async () => {
    const { find, resolver, clock } = resolving(full);
    resolver.failed({ protocol: 'udp', host: '192.0.2.2', port: 5060, domain: 'example.com' });
    expect(await find({ protocol: 'udp' })).toEqual(['udp 192.0.2.3 5060', 'udp 192.0.2.2 5060']);
    clock.advance(30_000);
    expect(await find({ protocol: 'udp' })).toEqual(['udp 192.0.2.2 5060', 'udp 192.0.2.3 5060']);
  });
});

describe('CachedDns', () => {
  const zone: Zone = { a: { 'example.com': ['192.0.2.9'] } };

  it('asks once for the time a record lives, and once for what is not there', async () => {
    const { find, port, clock } = resolving(zone, [4]);
    await Promise.all([find({ port: 1 }), find({ port: 1 }), find({ port: 1, host: 'no.example' })]);
    expect(port.asked).toEqual(['a example.com', 'a no.example']);
    clock.advance(14_000);
    await find({ port: 1, host: 'no.example' });
    clock.advance(1000);
    await find({ port: 1, host: 'no.example' });
    expect(port.asked.length).toBe(3);
    clock.advance(45_000);
    await find({ port: 1 });
    expect(port.asked.filter((question) => question === 'a example.com').length).toBe(2);
  });

  it('uses what it knew while no server answers, for an hour', async () => {
    const { find, port, clock } = resolving(zone, [4]);
    await find({ port: 1 });
    port.failing = true;
    clock.advance(60_000);
    expect(await find({ port: 1 })).toEqual(['udp 192.0.2.9 1']);
    clock.advance(3_700_000);
    expect(await find({ port: 1 })).toEqual([]);
  });

  it('does not wait for three kinds of question when no server answers the first', async () => {
    const { find, port } = resolving(zone, [4]);
    port.failing = true;
    expect(await find()).toEqual([]);
    expect(port.asked).toEqual(['naptr example.com', 'a example.com']);
  });
});
