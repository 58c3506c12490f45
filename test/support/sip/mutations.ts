/**
 * INVITEs that are wrong in one place, in the manner of PROTOS c07-sip: every field of a usual INVITE with every kind of
 * nonsense in it, and the message as a whole cut, shuffled and damaged. The same seed gives the same bytes.
 */

/** One damaged INVITE with what was done to it. */
export interface Mutation {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Numbers from 0 up to and without 1, the same each time. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The parts of the INVITE that are replaced one by one; `#` is the number of the case. */
const parts: Readonly<Record<string, string>> = {
  method: 'INVITE',
  scheme: 'sip',
  'uri-user': 'bob',
  'uri-host': '127.0.0.1',
  'uri-port': '5060',
  'uri-parameters': 'user=phone',
  version: 'SIP/2.0',
  'via-protocol': 'SIP/2.0/UDP',
  'via-host': '127.0.0.1',
  'via-port': '5060',
  branch: 'z9hG4bKm#',
  'via-parameters': 'rport',
  'max-forwards': '70',
  'from-display': '"Alice"',
  'from-uri': 'sip:alice@example.com',
  'from-tag': 'f#',
  'to-display': 'Bob',
  'to-uri': 'sip:bob@example.com',
  'to-parameters': 'x=y',
  'call-id': 'm#@mutated',
  'cseq-number': '1',
  'cseq-method': 'INVITE',
  contact: '<sip:alice@127.0.0.1:5060>',
  'contact-parameters': 'expires=60',
  expires: '120',
  allow: 'INVITE, ACK, BYE',
  supported: 'timer, 100rel',
  require: 'timer',
  'record-route': '<sip:127.0.0.2;lr>',
  'session-expires': '1800;refresher=uac',
  'min-se': '90',
  identity: '<sip:+8613800138000@example.com>',
  diversion: '<sip:1@example.com>;reason=unconditional',
  date: 'Sat, 15 Oct 2005 04:44:56 GMT',
  authorization: 'Digest username="a", realm="r", nonce="n", uri="sip:a", response="00"',
  subject: 'a subject',
  'user-agent': 'mutant/1',
  'content-type': 'application/sdp',
  'content-length': '@',
  'sdp-v': '0',
  'sdp-o': '- 1 1 IN IP4 127.0.0.1',
  'sdp-c': 'IN IP4 127.0.0.1',
  'sdp-m': 'audio 40000 RTP/AVP 0 101',
  'sdp-a': 'rtpmap:101 telephone-event/8000',
};

const long = [16, 64, 127, 128, 129, 255, 256, 257, 511, 512, 1023, 1024, 1025, 2047, 4096, 8192, 16_384, 32_768];
const raw = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');

/** What is put in place of a part. Characters above 127 are bytes. */
const nonsense: Readonly<Record<string, string>> = {
  nothing: '',
  blank: ' ',
  tab: '\t',
  ...Object.fromEntries(long.map((count) => [`${count} letters`, 'a'.repeat(count)])),
  '%s': '%s'.repeat(20),
  '%n': '%n%n%n%n',
  '%d': '%.4096d%d%d',
  '%x': '%x'.repeat(200),
  'bad percent': '%',
  'half percent': '%4',
  'no hex': '%zz%',
  'escaped null': '%00',
  'many escapes': '%41'.repeat(1000),
  null: '\0',
  'null inside': 'a\0b',
  controls: raw('0102030405060708'),
  delete: '\x7f',
  'overlong slash': raw('c0af'),
  'overlong null': raw('c080'),
  surrogate: raw('eda080'),
  'beyond unicode': raw('f4908080'),
  'no utf-8': raw('fffefd'),
  'cut utf-8': raw('e282'),
  emoji: raw('f09f9889'),
  mark: raw('efbbbf'),
  'many bytes': raw('ff').repeat(2000),
  '-1': '-1',
  '0': '0',
  '00': '0000000000',
  '+1': '+1',
  '2^31': '2147483648',
  '2^32-1': '4294967295',
  '2^32': '4294967296',
  '2^64': '18446744073709551616',
  '-2^31': '-2147483649',
  'many digits': '9'.repeat(500),
  hexadecimal: '0x41',
  exponent: '1e309',
  fraction: '1.5',
  'not a number': 'NaN',
  'no such v4': '999.999.999.999',
  'v4 of five': '1.2.3.4.5',
  broadcast: '255.255.255.255',
  'open v6': '[::1',
  'closed v6': '::1]',
  'empty v6': '[]',
  'many colons': '['.concat(':'.repeat(200), ']'),
  'v6 zone': '[fe80::1%25eth0]',
  'v6 of words': '[not::an::address]',
  quote: '"',
  quotes: '"'.repeat(1001),
  'open quote': '"abc',
  'escaped end': '"abc\\',
  backslashes: '\\'.repeat(1001),
  semicolons: ';'.repeat(300),
  commas: ','.repeat(300),
  'equals signs': ';='.repeat(300),
  ats: '@'.repeat(300),
  colons: ':'.repeat(300),
  slashes: '/'.repeat(300),
  opened: '<'.repeat(300),
  closed: '>'.repeat(300),
  nested: '<'.repeat(100).concat('sip:a', '>'.repeat(100)),
  comments: '('.repeat(300),
  'many parameters': ';a=b'.repeat(1000),
  'many values': 'a,'.repeat(1000),
  'many addresses': '<sip:a@b>,'.repeat(500),
  bar: 'a|b|c',
  return: 'a\rb',
  newline: 'a\nb',
  fold: '\r\n a',
  folds: '\r\n '.repeat(200),
  'another header': 'a\r\nX-Put: b',
  'an end': 'a\r\n\r\nb',
  'a message': 'a\r\n\r\nOPTIONS sip:a SIP/2.0\r\n\r\n',
};

type Values = Readonly<Record<string, string>>;

/** The lines of the INVITE made of these parts, start line first, body apart. */
function compose(values: Values): { readonly lines: string[]; readonly body: string } {
  const at = (name: string): string => values[name] ?? '';
  const sdp = [
    `v=${at('sdp-v')}`,
    `o=${at('sdp-o')}`,
    's=-',
    `c=${at('sdp-c')}`,
    't=0 0',
    `m=${at('sdp-m')}`,
    `a=${at('sdp-a')}`,
    '',
  ].join('\r\n');
  const uri = `${at('scheme')}:${at('uri-user')}@${at('uri-host')}:${at('uri-port')};${at('uri-parameters')}`;
  const via = `${at('via-protocol')} ${at('via-host')}:${at('via-port')}`;
  const lines = [
    `${at('method')} ${uri} ${at('version')}`,
    `Via: ${via};branch=${at('branch')};${at('via-parameters')}`,
    `Max-Forwards: ${at('max-forwards')}`,
    `From: ${at('from-display')} <${at('from-uri')}>;tag=${at('from-tag')}`,
    `To: ${at('to-display')} <${at('to-uri')}>;${at('to-parameters')}`,
    `Call-ID: ${at('call-id')}`,
    `CSeq: ${at('cseq-number')} ${at('cseq-method')}`,
    `Contact: ${at('contact')};${at('contact-parameters')}`,
    `Expires: ${at('expires')}`,
    `Allow: ${at('allow')}`,
    `Supported: ${at('supported')}`,
    `Require: ${at('require')}`,
    `Record-Route: ${at('record-route')}`,
    `Session-Expires: ${at('session-expires')}`,
    `Min-SE: ${at('min-se')}`,
    `P-Asserted-Identity: ${at('identity')}`,
    `Diversion: ${at('diversion')}`,
    `Date: ${at('date')}`,
    `Authorization: ${at('authorization')}`,
    `Subject: ${at('subject')}`,
    `User-Agent: ${at('user-agent')}`,
    `Content-Type: ${at('content-type')}`,
    `Content-Length: ${at('content-length').replace('@', String(sdp.length))}`,
  ];
  return { lines, body: sdp };
}

function join(lines: readonly string[], body: string, end = '\r\n'): string {
  return `${lines.join(end)}${end}${end}${body}`;
}

/** The usual parts for the case `number`. */
function usual(number: number): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, value.replace('#', String(number))]));
}

/** Every part with every nonsense. */
function* damagedParts(): Generator<readonly [string, (values: Record<string, string>) => string]> {
  for (const part of Object.keys(parts)) {
    for (const [what, value] of Object.entries(nonsense)) {
      yield [
        `${part}: ${what}`,
        (values) => {
          const { lines, body } = compose({ ...values, [part]: value });
          return join(lines, body);
        },
      ];
    }
  }
}

type Damage = (lines: string[], body: string, random: () => number) => string;

/** The message as a whole, wrong in other ways. */
function* damagedWholes(): Generator<readonly [string, Damage]> {
  const count = compose(parts).lines.length;
  for (let at = 0; at < count; at++) {
    yield [`line ${at} missing`, (lines, body) => join(lines.toSpliced(at, 1), body)];
    yield [`line ${at} twice`, (lines, body) => join(lines.toSpliced(at, 0, lines[at] ?? ''), body)];
    yield [
      `line ${at} 400 times`,
      (lines, body) => join(lines.toSpliced(at, 0, ...Array<string>(400).fill(lines[at] ?? '')), body),
    ];
    yield [
      `line ${at} without colon`,
      (lines, body) => join(lines.with(at, (lines[at] ?? '').replaceAll(':', '')), body),
    ];
    yield [`line ${at} first`, (lines, body) => join([lines[at] ?? '', ...lines.toSpliced(at, 1)], body)];
    yield [`line ${at} indented`, (lines, body) => join(lines.with(at, ` ${lines[at] ?? ''}`), body)];
  }
  for (let at = 0; at < 120; at++) yield [`cut at ${at}/120`, (lines, body) => cut(join(lines, body), at / 120)];
  for (let at = 0; at < 40; at++)
    yield [`shuffled ${at}`, (lines, body, random) => join(shuffled(lines, random), body)];
  for (let at = 0; at < 400; at++)
    yield [`bytes turned ${at}`, (lines, body, random) => turned(join(lines, body), random)];
  for (let at = 0; at < 60; at++) yield [`noise ${at}`, (_lines, _body, random) => noise(random, 1 + at * 40)];
  for (const end of ['\n', '\r', '\n\r', '\0', '\r\r\n', '\u0085']) {
    yield [`lines end with ${JSON.stringify(end)}`, (lines, body) => join(lines, body, end)];
  }
  for (const length of [-1, 0, 1, 4, 1000, 65_535, 10_000_000]) {
    const told = (lines: string[]): string[] => lines.with(-1, `Content-Length: ${length}`);
    yield [`length ${length}`, (lines, body) => join(told(lines), body)];
    yield [`two lengths, ${length}`, (lines, body) => join([...lines, `l: ${length}`], body)];
  }
  for (const many of [100, 255, 256, 257, 2000]) {
    yield [`${many} headers`, (lines, body) => join([...lines, ...Array<string>(many).fill('X-More: a')], body)];
    yield [`${many} Vias`, (lines, body) => join([...lines, ...Array<string>(many).fill('v: SIP/2.0/UDP a')], body)];
  }
  for (const type of [
    'multipart/mixed',
    'multipart/mixed;boundary=',
    'multipart/mixed;boundary="x',
    'multipart/mixed;boundary=x',
  ]) {
    yield [`body of ${type}`, (lines, body) => join(lines.with(-2, `Content-Type: ${type}`), `--x\r\n\r\n${body}--x`)];
  }
}

function cut(text: string, share: number): string {
  return text.slice(0, Math.floor(text.length * share));
}

function shuffled(lines: readonly string[], random: () => number): string[] {
  const [start = '', ...rest] = lines;
  return [
    start,
    ...rest
      .map((line) => [random(), line] as const)
      .sort(([a], [b]) => a - b)
      .map(([, line]) => line),
  ];
}

function turned(text: string, random: () => number): string {
  const bytes = Buffer.from(text, 'latin1');
  const times = 1 + Math.floor(random() * 12);
  for (let count = 0; count < times; count++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes.toString('latin1');
}

function noise(random: () => number, length: number): string {
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256))).toString('latin1');
}

/** All of them, in one order for one seed. */
export function* mutations(seed: number): Generator<Mutation> {
  const random = seeded(seed);
  let number = 0;
  for (const [name, damage] of damagedParts()) {
    yield { name, bytes: Buffer.from(damage(usual(number++)), 'latin1') };
  }
  for (const [name, damage] of damagedWholes()) {
    const { lines, body } = compose(usual(number++));
    yield { name, bytes: Buffer.from(damage(lines, body, random), 'latin1') };
  }
}

/** A well-formed ACK or CANCEL of the case `number`, to clean up after it. */
export function cleanUp(method: 'ACK' | 'CANCEL', number: number): Buffer {
  const values = usual(number);
  const { lines } = compose({ ...values, method, 'cseq-method': method, require: '' });
  const kept = lines.filter((line) => !/^(Require|Content-|Contact|Session-|Min-SE)/.test(line));
  return Buffer.from(join([...kept, 'Content-Length: 0'], ''), 'latin1');
}
