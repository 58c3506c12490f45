import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/logger.ts';
import { Guard } from './guard.ts';
import type { ProtectionOptions } from './limits.ts';
import { Latest } from './latest.ts';
import { rateOf, TokenBucket } from './token-bucket.ts';

type Place = { readonly host: string; readonly port: number };
const bytesOf = (userAgent: string, more = ''): Buffer =>
  Buffer.from(
    `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bK1\r\n${more}User-Agent: ${userAgent}\r\n\r\n`,
  );
const plain = bytesOf('a phone');

function guarded(options: ProtectionOptions, counted: Place[] = []) {
  const clock = new SimulatedClock(1_000_000);
  const guard = new Guard(options, () => counted, clock, silentLogger);
  const sent = (host: string, times: number, port = 5060): number =>
    Array.from({ length: times }, () => guard.admits(plain, { host, port })).filter(Boolean).length;
  return { clock, guard, sent };
}

describe('a token bucket', () => {
  it('gives its burst, then its rate, and saves up no more than its burst', () => {
    const rate = rateOf(10);
    const bucket = new TokenBucket(rate, 0);
    const taken = (now: number): number => {
      let count = 0;
      while (bucket.take(rate, now)) count++;
      return count;
    };
    expect([taken(0), taken(50), taken(150), taken(1150), taken(1_000_000)]).toEqual([40, 0, 1, 10, 40]);
  });

  it('neither gives nor stops when the clock is set back', () => {
    const rate = rateOf(10, 1);
    const bucket = new TokenBucket(rate, 5000);
    for (let at = 0; at < 10; at++) bucket.take(rate, 5000);
    expect([bucket.take(rate, 0), bucket.take(rate, 100)]).toEqual([false, true]);
  });
});

describe('what is remembered', () => {
  it('is bounded, and what is used stays', () => {
    const latest = new Latest<{ n: number }>(100);
    const kept = latest.get('kept', () => ({ n: 1 }));
    for (let at = 0; at < 10_000; at++) {
      latest.get(String(at), () => ({ n: at }));
      if (at % 40 === 0) expect(latest.get('kept', () => ({ n: 2 }))).toBe(kept);
    }
    expect(latest.size).toBeLessThanOrEqual(101);
    expect(new Set([...latest.entries()].map(([key]) => key)).size).toBe([...latest.entries()].length);
  });
});

describe('strangers', () => {
  it('are limited one by one: a loud one takes nothing from a quiet one', () => {
    const { sent, clock, guard } = guarded({ messages: 10 });
    expect([sent('192.0.2.1', 1000), sent('192.0.2.2', 20)]).toEqual([40, 20]);
    clock.advance(1000);
    expect(sent('192.0.2.1', 1000)).toBe(10);
    expect(guard.counts['source-rate']).toBe(1950);
    expect(guard.droppedSources(10)).toEqual([
      { source: '192.0.2.1', dropped: 1950, at: 1_001_000, reason: 'source-rate', until: 1_005_000 },
    ]);
  });

  it('are limited all together, however many they are; one network of IPv6 is one of them', () => {
    const { sent, guard } = guarded({ messages: 10, strangerMessages: 100, sources: 200 });
    let admitted = 0;
    for (let at = 0; at < 1000; at++) admitted += sent(`10.0.${String(at >> 8)}.${String(at & 255)}`, 10);
    expect([admitted, guard.counts['strangers-rate']]).toEqual([100, 9900]);
    const six = guarded({ messages: 10 });
    expect([six.sent('2001:db8::1', 30), six.sent('2001:db8::2', 30), six.sent('2001:db8:0:1::2', 30)]).toEqual([
      30, 10, 30,
    ]);
  });

  it('of a known scanner get nothing, whatever the case and wherever it stands; a phone of a like name does', () => {
    const { guard } = guarded({});
    const from = { host: '192.0.2.1', port: 5060 };
    const seen = (bytes: Buffer): boolean => guard.admits(bytes, from);
    expect(seen(bytesOf('friendly-scanner'))).toBe(false);
    expect(
      seen(Buffer.from(bytesOf('SIPVicious v0.3', 'X: 1\r\n').toString().replace('User-Agent', 'USER-AGENT '))),
    ).toBe(false);
    expect(seen(bytesOf('VaxSIPUserAgent/3.5', `X: ${'x'.repeat(900)}\r\n`))).toBe(false);
    expect([seen(bytesOf('a phone')), seen(bytesOf('x', 'Subject: friendly-scanner\r\n'))]).toEqual([true, true]);
    expect(guarded({ scanners: [] }).guard.admits(bytesOf('friendly-scanner'), from)).toBe(true);
  });

  it('hold no more transactions than they may, and give them back', () => {
    const { guard } = guarded({ sourceOpen: 3, strangersOpen: 5 });
    const ask = (host: string, reliable = false) => guard.transaction({ remote: { host, port: 1 }, reliable });
    const held = [1, 2, 3].map(() => ask('192.0.2.1'));
    expect(held.map(({ type }) => type)).toEqual(['charge', 'charge', 'charge']);
    expect([ask('192.0.2.1').type, ask('192.0.2.1', true).type]).toEqual(['drop', 'busy']);
    expect([ask('192.0.2.2'), ask('192.0.2.2'), ask('192.0.2.2')].map(({ type }) => type)).toEqual([
      'charge',
      'charge',
      'drop',
    ]);
    expect(guard.counts).toMatchObject({ 'source-open': 2, 'strangers-open': 1 });
    const [first] = held;
    if (first?.type === 'charge') first.charge.end();
    expect([ask('192.0.2.3').type, guard.open]).toEqual(['charge', 5]);
  });

  it('call no more often than they may, and other requests have their own measure', () => {
    const { guard, clock } = guarded({ invites: 5, strangerInvites: 30, transactions: 100 });
    const got = (host: string, isInvite: boolean): number =>
      Array.from({ length: 100 }, () =>
        guard.transaction({ remote: { host, port: 1 }, reliable: false }, isInvite),
      ).filter(({ type }) => type === 'charge').length;
    expect([got('192.0.2.1', true), got('192.0.2.2', true), got('192.0.2.3', true)]).toEqual([20, 10, 0]);
    expect(got('192.0.2.3', false)).toBe(100);
    expect(guard.counts).toMatchObject({ 'source-invites': 240, 'strangers-invites': 30 });
    clock.advance(1000);
    expect(got('192.0.2.1', true)).toBe(5);
  });

  it('are listed while they are held back, until when, and may be let go', () => {
    const { guard, sent, clock } = guarded({ messages: 10 });
    sent('192.0.2.1', 100);
    sent('192.0.2.2', 41);
    sent('192.0.2.3', 40);
    expect(guard.limited(10)).toEqual([
      { source: '192.0.2.1', dropped: 60, at: 1_000_000, reason: 'source-rate', until: 1_004_000 },
      { source: '192.0.2.2', dropped: 1, at: 1_000_000, reason: 'source-rate', until: 1_004_000 },
    ]);
    expect(guard.limited(1)).toHaveLength(1);
    expect([guard.release('192.0.2.1'), guard.release('192.0.2.99')]).toEqual([true, false]);
    expect(sent('192.0.2.1', 41)).toBe(40);
    clock.advance(15_000);
    expect(guard.limited(10)).toEqual([]);
  });

  it('are a crowd while there are more of them than are served; who is trusted never is', () => {
    const { guard, sent, clock } = guarded({ strangerMessages: 10, trusted: ['192.0.2.9'] });
    const crowd = (host: string): boolean => guard.isCrowd({ host, port: 5060 });
    const brief = (host: string): boolean => {
      const gate = guard.transaction({ remote: { host, port: 5060 }, reliable: false });
      return gate.type === 'charge' && gate.charge.brief;
    };
    sent('192.0.2.1', 10);
    expect([crowd('192.0.2.1'), brief('192.0.2.1')]).toEqual([false, false]);
    sent('192.0.2.1', 1);
    expect([crowd('192.0.2.1'), brief('192.0.2.1')]).toEqual([true, true]);
    expect([crowd('192.0.2.9'), brief('192.0.2.9')]).toEqual([false, false]);
    clock.advance(1000);
    expect([crowd('192.0.2.1'), brief('192.0.2.1')]).toEqual([false, false]);
  });

  it('are neighbours where somebody is registered, until that lapses', () => {
    const { guard, clock } = guarded({ transactions: 5, strangerTransactions: 40 });
    const begun = (host: string): number =>
      Array.from({ length: 500 }, (_, port) => guard.transaction({ remote: { host, port }, reliable: false })).filter(
        ({ type }) => type === 'charge',
      ).length;
    guard.trust.registered('192.0.2.1', 9999, clock.now() + 60_000, clock.now());
    expect([begun('192.0.2.1'), begun('192.0.2.2')]).toEqual([160, 20]);
    clock.advance(61_000);
    expect(begun('192.0.2.1')).toBe(20);
  });

  it('lose no message over a connection that they would lose over UDP: nobody sends it again', () => {
    const { guard, sent } = guarded({ messages: 5 });
    const from = { host: '192.0.2.1', port: 5060 };
    expect(sent('192.0.2.1', 300)).toBe(20);
    expect(Array.from({ length: 300 }, () => guard.admits(plain, from, true)).filter(Boolean)).toHaveLength(200);
  });

  it('may hold more where somebody is registered, all of those networks together six times as many', () => {
    const { guard, clock } = guarded({ sourceOpen: 3, strangersOpen: 5 });
    const held = (host: string): number =>
      Array.from({ length: 100 }, (_, port) => guard.transaction({ remote: { host, port }, reliable: false })).filter(
        ({ type }) => type === 'charge',
      ).length;
    guard.trust.registered('192.0.2.1', 9999, clock.now() + 60_000, clock.now());
    expect([held('192.0.2.1'), held('192.0.2.2'), held('192.0.2.3')]).toEqual([30, 3, 2]);
  });

  it('begin no more transactions a second than they may', () => {
    const { guard, clock } = guarded({ transactions: 5, strangerTransactions: 30 });
    const begun = (host: string): number =>
      Array.from({ length: 100 }, () => guard.transaction({ remote: { host, port: 1 }, reliable: false })).filter(
        ({ type }) => type === 'charge',
      ).length;
    expect([begun('192.0.2.1'), begun('192.0.2.2'), begun('192.0.2.3')]).toEqual([20, 10, 0]);
    clock.advance(1000);
    expect(begun('192.0.2.1')).toBe(5);
  });
});

describe('who is trusted', () => {
  const flood = (sent: (host: string, times: number) => number): void => {
    for (let at = 0; at < 1000; at++) sent(`10.0.${String(at >> 8)}.${String(at & 255)}`, 10);
  };

  it('is not crowded out by a thousand sources: trunks, registered phones, ends of dialogs, peers of the server', () => {
    const counted = [{ host: '192.0.2.3', port: 5060 }];
    const { guard, sent, clock } = guarded(
      {
        messages: 5,
        strangerMessages: 50,
        trustedMessages: 100,
        sources: 500,
        trusted: ['192.0.2.1', '198.51.100.0/24'],
      },
      counted,
    );
    guard.trust.registered('192.0.2.2', 5060, clock.now() + 60_000, clock.now());
    guard.trust.told([], [{ host: '192.0.2.4', port: 5060 }]);
    flood(sent);
    const hosts = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '198.51.100.77'];
    expect(hosts.map((host) => sent(host, 50))).toEqual([50, 50, 50, 50, 50]);
    // The same host at another port is a neighbour behind the same NAT, or the same phone over a new connection: it has
    // ten times a stranger's measure, and no flood of strangers uses that up.
    expect([sent('192.0.2.2', 300, 5062), sent('192.0.2.9', 50)]).toEqual([200, 0]);
    expect(guard.trust.size).toBe(3);
  });

  it('has a measure of their own, which one of them cannot use up for another', () => {
    const { sent, guard } = guarded({ messages: 5, trustedMessages: 100, trusted: ['192.0.2.1', '192.0.2.2'] });
    expect([sent('192.0.2.1', 1000), sent('192.0.2.2', 300)]).toEqual([400, 300]);
    expect(guard.counts['trusted-rate']).toBe(600);
  });

  it('is a stranger again when the registration or the dialog is over', () => {
    const counted = [{ host: '192.0.2.3', port: 5060 }];
    const { guard, clock } = guarded({}, counted);
    const { trust } = guard;
    const trusted = (host: string): boolean => trust.keyOf(host, 5060, clock.now()) !== undefined;
    trust.registered('192.0.2.2', 5060, clock.now() + 60_000, clock.now());
    expect([trusted('192.0.2.2'), trusted('192.0.2.3')]).toEqual([true, true]);
    counted.length = 0;
    clock.advance(60_000);
    expect([trusted('192.0.2.2'), trusted('192.0.2.3')]).toEqual([false, false]);
  });

  it('is asked to come back later where the engine holds all it can, never dropped without a word', () => {
    const { guard } = guarded({ open: 1, trusted: ['192.0.2.1'] });
    const ask = (host: string) => guard.transaction({ remote: { host, port: 1 }, reliable: false }).type;
    expect([ask('192.0.2.1'), ask('192.0.2.1'), ask('192.0.2.9')]).toEqual(['charge', 'busy', 'drop']);
  });
});
