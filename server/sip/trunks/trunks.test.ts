import { describe, expect, it } from 'vitest';
import { callerOf, shownNumber } from './caller.ts';
import { cannotKeep, privacyWish } from './privacy.ts';
import { Capacity } from './capacity.ts';
import type { TrunkCallerId, TrunkDaily, TrunkNumbers } from './config.ts';
import { answerTo, parseChallenges } from './digest-client.ts';
import { dayIn, Meter, priceOf } from './meter.ts';
import { parseNameAddrs } from './name-addrs.ts';
import { fromTrunk, mayCall, toTrunk } from './numbers.ts';
import { rulesFor } from './outgoing.ts';
import { shaped } from './offer-shape.ts';
import { inOrder, Targets } from './targets.ts';
import { wayTo } from './uris.ts';

const jinan = { country: 'CN', areaCode: '531' };
const numbers = (more: Partial<TrunkNumbers>): TrunkNumbers => ({
  ...{ country: null, areaCode: null, in: [], out: [], format: 'e164' },
  ...more,
});

describe('numbers from a trunk', () => {
  it.each([
    ['no rules', '053188880000', null, '053188880000'],
    ['national', '053188880000', numbers({}), '+8653188880000'],
    ['local', '88880000', numbers({}), '+8653188880000'],
    ['local elsewhere', '88880000', numbers({ areaCode: '10' }), '+861088880000'],
    ['international', '008613800138000', numbers({ in: [{ prefix: '00', put: '+' }] }), '+8613800138000'],
    ['a prefix of the carrier', '1795113800138000', numbers({ in: [{ prefix: '17951', put: '' }] }), '+8613800138000'],
    ['US', '2125550123', numbers({ country: 'US' }), '+12125550123'],
    ['a short one', '1000', numbers({}), '1000'],
  ])('%s', (_what, number, rules, wanted) => {
    expect(fromTrunk(number, rules, jinan)).toBe(wanted);
  });
});

describe('numbers to a trunk', () => {
  it.each([
    ['+8653188880000', null, '+8653188880000'],
    ['+8653188880000', numbers({ format: 'e164' }), '+8653188880000'],
    ['+8653188880000', numbers({ format: 'digits' }), '8653188880000'],
    ['+8653188880000', numbers({ format: 'national' }), '053188880000'],
    ['+8613800138000', numbers({ format: 'national' }), '13800138000'],
    ['+12125550123', numbers({ format: 'national' }), '0012125550123'],
    ['+12125550123', numbers({ format: 'national', country: 'US' }), '2125550123'],
    ['+8653188880000', numbers({ format: 'international' }), '008653188880000'],
    ['+8653188880000', numbers({ format: 'international', country: 'US' }), '0118653188880000'],
    ['+8653188880000', numbers({ out: [{ prefix: '+86531', put: '9' }] }), '988880000'],
    ['110', numbers({ format: 'national' }), '110'],
  ])('%s as %j', (number, rules, wanted) => {
    expect(toTrunk(number, rules, jinan)).toBe(wanted);
  });
});

describe('what may be called', () => {
  it.each([
    ['+8613800138000', null, ['premium'], true],
    ['+12125550123', null, ['premium'], false],
    ['+12125550123', ['CN', 'US'], [], true],
    ['+14165550123', ['US'], [], false],
    ['+8613800138000', ['mobile'], [], true],
    ['+8653188880000', ['mobile'], [], false],
    ['+8613800138000', ['any'], ['+86138'], false],
    ['+19005551234', ['US'], ['premium'], false],
    ['110', null, [], false],
    ['110', ['short'], [], true],
    ['110', ['11'], [], true],
    ['not a number', ['any'], [], true],
    ['not a number', null, [], false],
  ])('%s by %j but %j: %s', (number, allow, deny, wanted) => {
    expect(mayCall(number, { allow, deny }, jinan)).toBe(wanted);
  });
  it('goes by the rule of the longest prefix', () => {
    const rules = ['+8653', '+86', '+86', '+'].map((prefix, at) => ({
      id: String(at),
      prefix,
      trunks: [],
      from: null,
    }));
    expect(rulesFor('+861', rules).map(({ id }) => id)).toEqual(['1', '2']);
    expect(rulesFor('110', rules)).toEqual([]);
  });
});

describe('who calls', () => {
  const headers = (all: Readonly<Record<string, string>>) => (name: string) => all[name];
  const from = { From: '"A" <sip:+861@x>;tag=1' };
  const trust = { trust: true, privacy: 'honour' } as const;
  it.each([
    ['From', from, trust, { number: '+861', asserted: null, diversions: [] }],
    ['an anonymous From', { From: '<sip:anonymous@anonymous.invalid>' }, trust, { number: '' }],
    [
      'an asserted identity',
      { ...from, 'P-Asserted-Identity': '"Li, Lei" <tel:+862>, <sip:+863@x>' },
      trust,
      { number: '+862', asserted: '+862' },
    ],
    [
      'one that is not believed',
      { ...from, 'P-Asserted-Identity': '<tel:+862>', Diversion: '<sip:1@x>' },
      { ...trust, trust: false },
      { number: '+861', asserted: null, diversions: [] },
    ],
    [
      'one who wants to stay unknown',
      { ...from, 'P-Asserted-Identity': '<tel:+862>', Privacy: 'id;critical' },
      trust,
      { number: '', asserted: '+862', isPrivate: true },
    ],
    [
      'one who does, shown all the same',
      { ...from, 'P-Asserted-Identity': '<tel:+862>', Privacy: 'id' },
      { ...trust, privacy: 'show' } as const,
      { number: '+862', isPrivate: false },
    ],
    [
      'one who asks to stay unknown over a trunk that is not believed',
      { ...from, Privacy: 'user' },
      { ...trust, trust: false },
      { number: '', isPrivate: true },
    ],
    [
      'one who hides only who sent the call on',
      { ...from, 'P-Asserted-Identity': '<tel:+862>', Privacy: 'history', Diversion: '<sip:10@x>;reason=no-answer' },
      trust,
      { number: '+862', isPrivate: false, diversions: [{ number: 'anonymous', reason: 'no-answer' }] },
    ],
    [
      'Diversion',
      { ...from, Diversion: '<sip:10@x>;reason=no-answer;counter=1, "B" <sip:20@x>;reason=Unconditional;privacy=full' },
      trust,
      {
        diversions: [
          { number: '10', reason: 'no-answer' },
          { number: 'anonymous', reason: 'unconditional' },
        ],
      },
    ],
    [
      'History-Info',
      {
        ...from,
        'History-Info':
          '<sip:10@x?Reason=SIP%3Bcause%3D302>;index=1, <sip:20@x;cause=486>;index=1.1, <sip:30@x;cause=408>;index=1.1.1',
      },
      trust,
      {
        diversions: [
          { number: '20', reason: 'user-busy' },
          { number: '10', reason: 'unconditional' },
        ],
      },
    ],
  ])('by %s', (_what, all, policy, wanted) => {
    expect(callerOf(headers(all), policy)).toMatchObject(wanted);
  });
  it.each(['none', 'session', 'critical', 'none;critical'])('shows one whose Privacy is %s', (privacy) => {
    const all = { ...from, 'P-Asserted-Identity': '<tel:+862>', Privacy: privacy, Diversion: '<sip:10@x>' };
    expect(callerOf(headers(all), trust)).toMatchObject({
      number: '+862',
      isPrivate: false,
      diversions: [{ number: '10' }],
    });
  });
  it.each([
    ['id;critical', 'honour', false],
    ['user;header;session;history;critical', 'honour', false],
    ['moon;critical', 'honour', true],
    ['moon', 'honour', false],
    ['id;critical', 'show', true],
    ['history;critical', 'show', true],
    ['session;critical', 'show', false],
    ['none;critical', 'show', false],
    ['id', 'show', false],
  ] as const)('knows whether the privacy %s can be kept where the trunk says %s', (header, policy, refused) => {
    expect(cannotKeep(privacyWish(header), policy)).toBe(refused);
  });
  it('reads lists with commas and quotes in names', () => {
    expect(
      parseNameAddrs('"a,\\"b" <sip:1@x;p=1>;q="x;y", sip:2@y;z').map(({ uri, parameters }) => [uri, ...parameters]),
    ).toEqual([
      ['sip:1@x;p=1', ['q', 'x;y']],
      ['sip:2@y', ['z', '']],
    ]);
  });
});

describe('which number is shown', () => {
  const rules = (more: Partial<TrunkCallerId>): TrunkCallerId => ({
    mayShow: (number) => number.startsWith('+86531'),
    ...{ default: '+865310', otherwise: 'default', anonymous: true, identity: 'none', trust: true, privacy: 'honour' },
    ...more,
  });
  it.each([
    ['+865311', {}, { type: 'shown', number: '+865311', replaced: false }],
    ['+8610', {}, { type: 'shown', number: '+865310', replaced: true }],
    ['+8610', { otherwise: 'refuse' }, { type: 'refused' }],
    ['+8610', { default: null }, { type: 'refused' }],
    ['anonymous', {}, { type: 'hidden', number: '+865310' }],
    ['anonymous', { default: null }, { type: 'hidden', number: null }],
    ['anonymous', { anonymous: false }, { type: 'shown', number: '+865310', replaced: true }],
    ['anonymous', { anonymous: false, default: null }, { type: 'refused' }],
  ] as const)('for %s with %j', (wanted, more, shown) => {
    expect(shownNumber(wanted, rules(more))).toEqual(shown);
  });
});

describe('capacity', () => {
  const limits = { channels: 3, channelsIn: 2, channelsOut: 2, perSecondIn: null, perSecondOut: 2 };
  it('counts both ways and each, and gives back', () => {
    const capacity = new Capacity();
    const take = (direction: 'in' | 'out', leg: string, now: number) => capacity.take('t', direction, leg, limits, now);
    expect([take('in', 'a', 0), take('in', 'b', 0), take('in', 'c', 0)]).toEqual([null, null, 'channels-full']);
    expect([take('out', 'd', 0), take('out', 'e', 0)]).toEqual([null, 'channels-full']);
    capacity.release('a');
    capacity.release('a');
    expect(take('out', 'f', 0)).toBeNull();
    expect([capacity.count('t', 'in'), capacity.count('t', 'out')]).toEqual([1, 2]);
  });
  it('counts calls within any second', () => {
    const capacity = new Capacity();
    const wide = { ...limits, channels: null, channelsOut: null };
    const at = (now: number) => capacity.take('t', 'out', `leg${now}`, wide, now);
    expect([0, 600, 999, 1000, 1100, 1600].map(at)).toEqual([null, null, 'too-fast', null, 'too-fast', null]);
  });
});

describe('the meter', () => {
  const daily: TrunkDaily = {
    minutes: 10,
    spend: 5,
    rates: [
      { prefix: '+44', price: 2 },
      { prefix: '+', price: 0.5 },
    ],
  };
  const dayMs = 86_400_000;
  const dayOf = (now: number) => `day ${Math.floor(now / dayMs)}`;
  const minutes = (count: number) => count * 60_000;
  it('counts calls that are over and calls that go on, in minutes and in money', () => {
    const meter = new Meter(dayOf);
    meter.begin('a', 't', priceOf('+8610', daily), 0);
    meter.begin('b', 't', priceOf('+4420', daily), 0);
    expect(meter.end('a', minutes(2))).toBe('t');
    expect(meter.useOf('t', minutes(2))).toEqual({ day: 'day 0', talkedMs: minutes(4), spent: 5 });
    expect(meter.reached('t', daily, minutes(1.9))).toBeNull();
    expect(meter.reached('t', daily, minutes(2))).toBe('daily-spend');
    expect(meter.reached('t', { ...daily, spend: null }, minutes(8))).toBe('daily-minutes');
    expect(meter.reached('t', null, minutes(1000))).toBeNull();
  });
  it('begins each day at nothing, also for calls over midnight, and goes on after a restart', () => {
    const meter = new Meter(dayOf, new Map([['t', { day: 'day 0', talkedMs: minutes(9), spent: 0 }]]));
    meter.begin('a', 't', 0, dayMs - minutes(1));
    expect(meter.reached('t', daily, dayMs - 1)).toBeNull();
    expect(meter.share('t', daily, dayMs - minutes(0.5))).toBeCloseTo(0.95);
    expect(meter.useOf('t', dayMs)).toEqual({ day: 'day 1', talkedMs: 0, spent: 0 });
    expect(meter.settle(dayMs + minutes(3)).get('t')).toEqual({ day: 'day 1', talkedMs: minutes(3), spent: 0 });
    meter.end('a', dayMs + minutes(4));
    expect(meter.useOf('t', dayMs + minutes(9)).talkedMs).toBe(minutes(4));
  });
  it('has its days in the zone of the site', () => {
    expect(dayIn('Asia/Shanghai')(Date.parse('2026-11-22T17:00:00Z'))).toBe('2026-11-23');
  });
});

describe('targets', () => {
  const health = { everyMs: 1000, timeoutMs: 100, failures: 2, retryAfterMs: 500 };
  const target = (uri: string, priority = 0, weight = 1) => ({ uri, priority, weight });
  it('are tried by priority, then drawn by weight', () => {
    const targets = [target('c', 2), target('a', 1, 3), target('b', 1, 1)];
    const orders = Array.from({ length: 8 }, (_, at) =>
      inOrder(targets, () => at / 8)
        .map(({ uri }) => uri)
        .join(''),
    );
    expect(orders.filter((order) => order === 'abc')).toHaveLength(6);
    expect(orders.filter((order) => order === 'bac')).toHaveLength(2);
    expect(inOrder([target('z', 0, 0)], () => 0.5)).toHaveLength(1);
  });
  it('go down after some failures, or one that is certain, and come back when they answer', () => {
    const targets = new Targets([target('a'), target('b', 1)], health);
    const order = (now: number) => targets.toTry(now, () => 0).map(({ uri }) => uri);
    expect(targets.failed('a', 0, 'OPTIONS 408', false)).toBe(false);
    expect(order(0)).toEqual(['a', 'b']);
    expect(targets.failed('a', 1, 'OPTIONS 408', false)).toBe(true);
    expect(order(10_000)).toEqual(['b']);
    targets.failed('b', 2, 'INVITE 503', true);
    expect(targets.isUp(2)).toBe(false);
    expect(order(2)).toEqual(['a', 'b']);
    expect(targets.answered('b', 3, 7)).toBe(true);
    expect(order(3)).toEqual(['b']);
    expect(targets.view()[1]).toEqual({ uri: 'b', state: 'up', since: 3, rttMs: 7, reason: null });
  });
  it('that are never asked come back by themselves', () => {
    const targets = new Targets([target('a'), target('b', 1)], { ...health, everyMs: 0 });
    targets.failed('a', 0, 'INVITE 503', true);
    expect(targets.toTry(499, () => 0).map(({ uri }) => uri)).toEqual(['b']);
    expect(targets.toTry(500, () => 0).map(({ uri }) => uri)).toEqual(['a', 'b']);
  });
  it.each([
    [null, 'sip:sbc:5070;transport=tcp', '+861', { uri: 'sip:+861@sbc:5070;transport=tcp' }],
    [
      'x.example',
      'sip:sbc:5070;transport=tcp',
      '+861',
      { uri: 'sip:+861@x.example', proxy: 'sip:sbc:5070;transport=tcp;lr' },
    ],
    ['x.example', 'sips:[2001:db8::1]', null, { uri: 'sips:x.example', proxy: 'sips:[2001:db8::1];lr' }],
  ])('in %s: %s', (domain, uri, user, wanted) => {
    expect(wayTo({ domain, profile: null }, uri, user)).toEqual(wanted);
  });
});

describe('our answer to a challenge', () => {
  // RFC 7616 section 3.9.1.
  const realm =
    'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const request = {
    method: 'GET',
    uri: '/dir/index.html',
    user: 'Mufasa',
    password: 'Circle of Life',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    count: 1,
  };
  it('takes the strongest algorithm of several, in one line or in two', () => {
    const two = [`Digest ${realm}, algorithm=MD5`, `Digest ${realm}, algorithm=SHA-256`];
    for (const lines of [two, [two.join(', ')]])
      expect(answerTo(parseChallenges(lines), request)).toContain(
        'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
      );
    expect(answerTo(parseChallenges(two.slice(0, 1)), request)).toContain(
      'response="8ca523f5e9506fed4657c9700eebdbec"',
    );
  });
  it('is none where no challenge can be answered', () => {
    expect(
      answerTo(parseChallenges(['Digest realm="x", nonce="n", algorithm=AKAv2-SHA-256']), request),
    ).toBeUndefined();
    expect(answerTo(parseChallenges(['Digest realm="x", nonce="n", qop="auth-int"']), request)).toBeUndefined();
    expect(answerTo(parseChallenges(['Basic realm="x"']), request)).toBeUndefined();
  });
});

describe('an offer as one carrier gets it', () => {
  const offer = (types: string, ...more: readonly string[]): string =>
    [
      ...[
        'v=0',
        `m=audio 4000 RTP/AVP ${types}`,
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:9 G722/8000',
      ],
      ...['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 useinbandfec=1', 'a=rtpmap:101 telephone-event/8000'],
      ...['a=fmtp:101 0-15', 'a=rtpmap:102 telephone-event/48000', 'a=ptime:20', ...more, ''],
    ].join('\r\n');
  const listed = (sdp: string | undefined): string => /^m=audio 4000 (.+?)\r$/m.exec(sdp ?? '')?.[1] ?? 'none';
  const keys = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x';

  it('stays as it is where nothing is said', () => {
    expect(shaped(offer('0 8 9 111 101 102'), {})).toBe(offer('0 8 9 111 101 102'));
    expect(shaped(offer('0 8 9 111 101 102'), { codecs: [] })).toBe(offer('0 8 9 111 101 102'));
  });

  it.each([
    ['the carrier’s own law first', '0 8 9 111 101 102', ['PCMA', 'PCMU'], 'RTP/AVP 8 0 101'],
    ['nothing the carrier does not list', '0 8 9 111 101 102', ['PCMA'], 'RTP/AVP 8 101'],
    ['what the call already speaks first', '111 0 8 9 101 102', ['PCMA', 'opus'], 'RTP/AVP 111 8 101 102'],
    ['G.711 of the call before the carrier’s wish', '0 8 9 111 101 102', ['G722', 'PCMA'], 'RTP/AVP 8 9 101'],
    [
      'the carrier’s order where it has not what the call speaks',
      '111 0 8 9 101 102',
      ['G722', 'PCMA'],
      'RTP/AVP 9 8 101',
    ],
    ['all, if there is none of the carrier’s', '0 8 101', ['G722'], 'RTP/AVP 0 8 101'],
  ] as const)('names %s', (_what, types, codecs, wanted) => {
    const made = shaped(offer(types), { codecs: [...codecs] });
    expect(listed(made)).toBe(wanted);
    const left = wanted.split(' ').slice(1);
    for (const [, type] of (made ?? '').matchAll(/^a=(?:rtpmap|fmtp):(\d+) /gm))
      expect(wanted.startsWith('RTP/AVP 0 8 101') || left.includes(type ?? '')).toBe(true);
  });

  it.each(['tone', 'info'] as const)('has no events for a carrier whose keys are %s', (dtmf) => {
    const made = shaped(offer('0 8 101 102'), { dtmf });
    expect(listed(made)).toBe('RTP/AVP 0 8');
    expect(made).not.toContain('telephone-event');
  });

  it.each([
    ['off', 'RTP/AVP', false],
    [undefined, 'RTP/AVP', false],
    ['optional', 'RTP/AVP', true],
    ['required', 'RTP/SAVP', true],
  ] as const)('has keys by policy: %s', (srtp, profile, hasKeys) => {
    const made = shaped(offer('0 101', keys), srtp === undefined ? {} : { srtp });
    expect(listed(made)).toBe(`${profile} 0 101`);
    expect(made?.includes(keys)).toBe(hasKeys);
  });

  it.each([
    ['off', false],
    [undefined, false],
    ['taken', false],
    ['offered', true],
  ] as const)('has ICE by policy: %s', (ice, has) => {
    const lines = ['a=ice-ufrag:ours', 'a=ice-pwd:x', 'a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host'];
    const made = shaped(offer('0 101', lines.join('\r\n')), ice === undefined ? {} : { ice });
    expect(lines.map((line) => made?.includes(line))).toEqual([has, has, has]);
  });

  it('is none where keys are wanted and there are none', () => {
    expect(shaped(offer('0 101'), { srtp: 'required' })).toBeUndefined();
  });
});
