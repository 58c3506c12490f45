import { describe, expect, it } from 'vitest';
import { begin } from './interpreter.ts';
import { compileFiles, linesOf, planOf } from './site.test-support.ts';

const route = (id: string, more: string, number = '1000'): string =>
  `  ${id}: { numbers: ['${number}'], ${more} start: end, steps: { end: { hangup: busy } } }\n`;
const routes = `routes:\n${route('main', '')}`;
const carrier = `trunks:\n  carrier:\n    addresses: [192.0.2.0/24]\n    targets: ['sip:192.0.2.1']\n`;
const lines = (trunks: string, more = routes): readonly string[] =>
  linesOf(compileFiles({ 'routes.yaml': more, 'trunks.yaml': trunks }));
const trunk = (text: string): string => `trunks:\n  carrier:\n    targets: ['sip:192.0.2.1']\n${text}`;

describe('a mistake in trunks.yaml is told with its place', () => {
  it.each([
    ['an address', trunk(`    addresses: [192.0.2.0/33]\n`), 'trunks.yaml:4:17: error bad-address: "192.0.2.0/33"'],
    [
      'a password in clear',
      trunk(`    addresses: [loopback]\n    account: { user: a, password: hunter2 }\n`),
      'trunks.yaml:5:35: error wrong-value: expected no password in clear',
    ],
    [
      'a target with a user',
      `trunks: { a: { addresses: [loopback], targets: ['sip:x@y'] } }\n`,
      'trunks.yaml:1:49: error wrong-value: expected a SIP address without a user',
    ],
    [
      'no way in',
      trunk(`    calls: in\n`),
      'trunks.yaml:2:3: error trunk-incomplete: the trunk "carrier" has no `addresses:`',
    ],
    [
      'no way out',
      `trunks: { a: { addresses: [loopback] } }\n`,
      'trunks.yaml:1:11: error trunk-incomplete: the trunk "a" has no `targets:`',
    ],
    [
      'a registration as nobody',
      trunk(`    registration: {}\n`),
      'trunks.yaml:2:3: error trunk-incomplete: the trunk "carrier" has no `account:`',
    ],
    [
      'a country',
      trunk(`    addresses: [loopback]\n    destinations: { allow: [CN, QZ] }\n`),
      'trunks.yaml:5:33: error unknown-country: there is no country "QZ"',
    ],
    [
      'a caller number',
      trunk(`    addresses: [loopback]\n    caller-id: { allowed: ['+86 x'] }\n`),
      'trunks.yaml:5:28: error bad-number',
    ],
    [
      'a default that is not allowed',
      trunk(`    addresses: [loopback]\n    caller-id: { allowed: ['+8610-19'], default: '+8620' }\n`),
      'trunks.yaml:5:50: error default-not-allowed',
    ],
    [
      'one address twice',
      `${carrier}  other: { calls: in, addresses: [192.0.2.0/24] }\n`,
      'trunks.yaml:5:35: error same-address: "192.0.2.0/24" is the trunk "carrier" already',
    ],
    [
      'an unknown trunk',
      `${carrier}outbound:\n  all: { prefixes: ['+'], trunks: [carier] }\n`,
      'trunks.yaml:6:36: error unknown-trunk: there is no trunk "carier" - did you mean "carrier"?',
    ],
    [
      'a trunk that is not for calling',
      `${carrier}    calls: in\noutbound:\n  all: { prefixes: ['+'], trunks: [carrier] }\n`,
      'trunks.yaml:7:36: error trunk-in-only',
    ],
  ])('%s', (_what, text, begins) => {
    expect(lines(text)[0]?.slice(0, begins.length)).toBe(begins);
  });

  it('never repeats a password', () => {
    expect(
      lines(trunk(`    addresses: [loopback]\n    account: { user: a, password: hunter2 }\n`)).join('\n'),
    ).not.toContain('hunter2');
  });

  it('in a route that names a trunk', () => {
    const text = `routes:\n${route('main', 'trunk: [carier],')}`;
    expect(lines(carrier, text)).toEqual([
      'routes.yaml:2:38: error unknown-trunk: there is no trunk "carier" - did you mean "carrier"?',
    ]);
  });
});

describe('a trunk', () => {
  it('takes what it does not say from its profile', () => {
    const { trunks } = planOf({
      'routes.yaml': routes,
      'trunks.yaml': `trunks:\n  ims:\n    profile: ims-cn\n    account: { user: u, password: '\${env:IMS}' }\n    registration: {}\n    targets: ['sip:a', { uri: 'sip:b', priority: 2 }]\n    caller-id: { identity: asserted }\n`,
    });
    expect(trunks.get('ims')).toMatchObject({
      account: { user: 'u', password: { type: 'env', name: 'IMS' } },
      registration: { as: 'u', expiresMs: 3_600_000 },
      targets: [
        { uri: 'sip:a', priority: 0, weight: 1 },
        { uri: 'sip:b', priority: 2, weight: 1 },
      ],
      health: { everyMs: 0 },
      codecs: ['PCMA', 'PCMU'],
      reliable: true,
      numbers: { country: null, format: 'e164' },
      callerId: { identity: 'asserted', trust: true },
      destinations: { allow: null, deny: ['premium'] },
    });
  });

  it('is found by the longest prefix of the called number', () => {
    const { outbound } = planOf({
      'routes.yaml': routes,
      'trunks.yaml': `${carrier}outbound:\n  rest: { prefixes: ['+'], trunks: [carrier] }\n  home: { prefixes: ['+8653', '0'], trunks: [carrier], priority: 1 }\n  near: { prefixes: ['+8653'], trunks: [carrier] }\n`,
    });
    expect(outbound.map(({ id, prefix }) => `${id} ${prefix}`)).toEqual([
      'near +8653',
      'home +8653',
      'rest +',
      'home 0',
    ]);
  });
});

describe('a route for some calls only', () => {
  const yaml = `routes:\n${route('any', '')}${route('byTrunk', 'trunk: carrier,')}${route('forged', 'trunk: carrier, attestation: [forged, expired],')}${route('range', '', '1000-1999')}`;
  const plan = planOf({ 'routes.yaml': yaml, 'trunks.yaml': carrier });
  const routeOf = (call: { trunk?: string; attestation?: string }): string | undefined => {
    const move = begin(plan, { called: '1000', caller: '1', now: 0, ...call });
    return move.type === 'move' ? move.position.route : undefined;
  };
  it.each([
    [{}, 'any'],
    [{ trunk: 'other' }, 'any'],
    [{ trunk: 'carrier' }, 'byTrunk'],
    [{ trunk: 'carrier', attestation: 'A' }, 'byTrunk'],
    [{ trunk: 'carrier', attestation: 'forged' }, 'forged'],
    [{ attestation: 'forged' }, 'any'],
  ])('%j takes %s', (call, wanted) => {
    expect(routeOf(call)).toBe(wanted);
  });
  it('clashes with another for the same calls', () => {
    const text = `routes:\n${route('a', 'trunk: carrier,')}${route('b', 'attestation: A,')}`;
    expect(lines(carrier, text)[0]).toMatch(/error overlapping-numbers/);
    expect(lines(carrier, `routes:\n${route('a', 'attestation: A,')}${route('b', 'attestation: [B, C],')}`)).toEqual(
      [],
    );
  });
});

describe('the audio of a trunk', () => {
  const text = (audio: string): string => `trunks: { a: { calls: in, addresses: [loopback], ${audio} } }\n`;
  const trunkWith = (audio: string) => planOf({ 'routes.yaml': routes, 'trunks.yaml': text(audio) }).trunks.get('a');

  it('is what the file says', () => {
    expect(
      trunkWith(
        'codecs: [G722, PCMA], dtmf: in-band, srtp: required, ice: offered, media-timeout: { after: 12s, then: flag }',
      ),
    ).toMatchObject({
      codecs: ['G722', 'PCMA'],
      dtmf: 'tone',
      srtp: 'required',
      ice: 'offered',
      silence: { afterMs: 12_000, then: 'flag' },
    });
    expect(trunkWith('')).toMatchObject({ codecs: [], dtmf: 'auto', srtp: null, ice: 'taken', silence: null });
    expect(trunkWith('media-timeout: {}')).toMatchObject({ silence: { afterMs: 30_000, then: 'end' } });
  });

  it.each([
    ['codecs: [PCMU, PCMU]', 'expected each codec once, found ["PCMU","PCMU"]'],
    ['codecs: [G729]', 'expected "PCMU", "PCMA", "G722", "opus", found "G729"'],
    ['codecs: []', 'found []'],
    ['dtmf: inband', 'expected "auto", "rfc4733", "in-band", "info", found "inband"'],
    ['srtp: yes', 'expected "off", "optional", "required"'],
    ['media-timeout: { after: 30x }', 'expected a time with its unit'],
    ['media-timeout: { then: stop }', 'expected "end", "flag", found "stop"'],
  ])('%s', (audio, wanted) => {
    expect(lines(text(audio))[0]).toContain(wanted);
  });
});
