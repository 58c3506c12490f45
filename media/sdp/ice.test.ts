import { describe, expect, test } from 'vitest';
import { chooseCodec, readDescription } from './description.ts';
import { sipAnswer, sipOffer } from './sip.ts';

const credentials = ['a=ice-ufrag:peer', 'a=ice-pwd:peers/password/is/of/22+'];
const origin = { sessionId: '1', version: 2, address: '192.0.2.1' };
const own = { usernameFragment: 'ours', password: 'our+password+is+long/enough' };

interface Said {
  readonly c?: string;
  readonly port?: number;
  readonly lines?: readonly string[];
  readonly session?: readonly string[];
}

function offer({ c = 'IN IP4 10.0.0.5', port = 4000, lines = [], session = [] }: Said): string {
  const head = ['v=0', 'o=- 1 1 IN IP4 10.0.0.5', 's=-', `c=${c}`, 't=0 0', ...session];
  return [...head, `m=audio ${port} RTP/AVP 0`, ...lines, ''].join('\r\n');
}

function audioOf(said: Said) {
  const read = readDescription(offer(said), 'rtp');
  if (!read.ok) throw new Error(read.error.message);
  return read.value.audio;
}

const candidate = (component: number, address: string, port: number, type = 'host'): string =>
  `a=candidate:1 ${component} UDP 2130706431 ${address} ${port} typ ${type}`;
const host = [candidate(1, '10.0.0.5', 4000), candidate(2, '10.0.0.5', 4001)];

describe('what a SIP peer says of ICE', () => {
  test('is read with its addresses', () => {
    const lines = [...credentials, ...host, candidate(1, '2001:db8::5', 4000), candidate(1, 'abc.local', 4000)];
    expect(audioOf({ lines }).ice).toEqual({
      usernameFragment: 'peer',
      password: 'peers/password/is/of/22+',
      lite: false,
      addresses: ['10.0.0.5', '2001:db8::5'],
    });
  });

  test('may stand in the session, and say that it is lite', () => {
    const ice = audioOf({ session: [...credentials, 'a=ice-lite'], lines: host }).ice;
    expect(ice).toMatchObject({ usernameFragment: 'peer', lite: true });
  });

  test.each<[string, readonly string[]]>([
    ['no password', ['a=ice-ufrag:peer', ...host]],
    ['a fragment of three', ['a=ice-ufrag:pee', 'a=ice-pwd:0123456789012345678901', ...host]],
    ['a password of 21', ['a=ice-ufrag:peer', 'a=ice-pwd:012345678901234567890', ...host]],
    ['a letter that is none of ICE', ['a=ice-ufrag:pe:r', 'a=ice-pwd:0123456789012345678901', ...host]],
  ])('%s: nothing', (_, lines) => {
    expect(audioOf({ lines }).ice).toBeUndefined();
  });

  test.each<[string, Said]>([
    ['an address that is no candidate', { c: 'IN IP4 203.0.113.1', lines: [...credentials, ...host] }],
    ['a port that is none', { port: 4400, lines: [...credentials, ...host] }],
    ['RTCP that is none', { lines: [...credentials, ...host, 'a=rtcp:5555'] }],
    ['candidates for RTCP only', { lines: [...credentials, candidate(2, '10.0.0.5', 4001)] }],
  ])('%s: a mismatch (RFC 8839 section 5.6)', (_, said) => {
    expect(audioOf(said).ice).toBe('mismatch');
  });

  test.each<[string, Said]>([
    [
      'one spelling of an address or another',
      { c: 'IN IP6 2001:DB8:0::5', lines: [candidate(1, '2001:db8::5', 4000)] },
    ],
    [
      'a default that is reflexive',
      { c: 'IN IP4 203.0.113.1', lines: [...host, candidate(1, '203.0.113.1', 4000, 'srflx'), 'a=rtcp-mux'] },
    ],
    ['RTCP on the same port', { lines: [candidate(1, '10.0.0.5', 4000), 'a=rtcp-mux'] }],
    ['a name', { c: 'IN IP4 phone.example', lines: host }],
    ['none gathered yet', { c: 'IN IP4 0.0.0.0', port: 9 }],
  ])('%s: none', (_, { lines = [], ...said }) => {
    expect(audioOf({ ...said, lines: [...credentials, ...lines] }).ice).toMatchObject({ usernameFragment: 'peer' });
  });

  test('an address of zeros is no hold where candidates are still to come', () => {
    const zeros = { c: 'IN IP4 0.0.0.0', port: 9 };
    expect(audioOf({ ...zeros, lines: credentials }).direction).toBe('sendrecv');
    expect(audioOf(zeros).direction).toBe('sendonly');
  });
});

describe('what we say of it', () => {
  test('an offer names both components', () => {
    const lines = sipOffer({ origin, port: 4100, ice: own }).split('\r\n');
    expect(lines.slice(4, 7)).toEqual(['t=0 0', 'a=ice-lite', 'a=ice-options:ice2']);
    expect(lines.filter((line) => /^a=(ice-ufrag|ice-pwd|candidate)/.test(line))).toEqual([
      'a=ice-ufrag:ours',
      'a=ice-pwd:our+password+is+long/enough',
      'a=candidate:1 1 UDP 2130706431 192.0.2.1 4100 typ host',
      'a=candidate:1 2 UDP 2130706430 192.0.2.1 4101 typ host',
    ]);
  });

  test.each([
    [['a=rtcp-mux'], 1],
    [[], 2],
  ])('an answer to %j has %i components, and is read by a peer without a mismatch', (more, components) => {
    const read = readDescription(offer({ lines: [...credentials, ...host, ...more] }), 'rtp');
    if (!read.ok) throw new Error(read.error.message);
    const chosen = chooseCodec(read.value.audio);
    if (chosen === undefined) throw new Error('no codec');
    const text = sipAnswer(read.value, chosen, { origin, port: 4100, ice: own });
    expect(text.match(/^a=candidate:/gm)).toHaveLength(components);
    const back = readDescription(text, 'rtp');
    expect(back.ok && back.value.audio.ice).toMatchObject({ usernameFragment: 'ours', lite: true });
    expect(sipAnswer(read.value, chosen, { origin, port: 4100, ice: 'mismatch' })).toMatch(/^a=ice-mismatch\r$/m);
    expect(sipAnswer(read.value, chosen, { origin, port: 4100 })).not.toContain('ice');
  });
});
