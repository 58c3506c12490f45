import { describe, expect, it } from 'vitest';
import { replaceLocalhost, tidyParty } from '../agent/app-headers.ts';
import { readCommand } from '../control/command.ts';
import { FrameReader } from '../control/frame.ts';
import { parseNameAddr, parseNameAddrs, withTag } from './name-addr.ts';
import { parseDatagram, parseHead } from './parse.ts';
import type { ParseLimits } from './parse.ts';
import { StreamReader } from './stream.ts';
import { contactKey, judgeRequestUri, parseSipUri, readHostPort } from './uri.ts';
import { firstVia, parseVia } from './via.ts';
import { writeMessage } from './write.ts';

/** Larger than those of the engine, so that the size of the input is not what saves it. */
const wide: ParseLimits = { datagram: 1e7, stream: 1e7, head: 1e7, headers: 1e6 };
const local = { host: '127.0.0.1', port: 5060 };

/** A message that is good but for `value`, which stands where `at` says. */
function message(value: string, at = 'Subject: @'): Buffer {
  const lines = [
    at.startsWith('INVITE') ? at : 'INVITE sip:b@example.com SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa',
    'From: <sip:a@example.com>;tag=1',
    'To: <sip:b@example.com>',
    'Call-ID: a',
    'CSeq: 1 INVITE',
    at.startsWith('INVITE') ? 'Subject: a' : at,
    'Content-Length: 0',
  ];
  const name = /^[A-Za-z-]+/.exec(at)?.[0] ?? '';
  const kept = lines.filter((line, index) => index === 0 || line === at || !line.startsWith(`${name}:`));
  return Buffer.from(
    [...kept, '', '']
      .join('\r\n')
      .replace('@@', () => value)
      .replace(/@(?=\r\n)/, () => value),
  );
}

const datagram = (bytes: Buffer): void => {
  const read = parseDatagram(bytes, wide.datagram, wide);
  if (read.ok) writeMessage(read.value.message);
};
const head = (text: string): void => void parseHead(text, { named: (name) => name, headers: wide.headers });

/** Pushed in pieces of one byte. */
function dribble(reader: { push(chunk: Buffer): unknown }, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at++) reader.push(bytes.subarray(at, at + 1));
}

/** What a text of `size` is made of `unit` for. */
const of = (unit: string, size: number): string => unit.repeat(Math.ceil(size / unit.length));

/** Units of nonsense, each repeated to the full size in every place below. */
const units = [
  ...[
    'a',
    ' ',
    '\t',
    '"',
    '\\',
    '"\\',
    '\\"',
    '<',
    '>',
    '<>',
    ',',
    ';',
    ';=',
    '=',
    ':',
    '@',
    '%',
    '%41',
    '/',
    '[',
    ']',
  ],
  ...['"a",', '<a>,', ';a=b', ';a="b"', 'a,', 'sip:', '?a=b&', 'SIP/', '\0', '\\\0', '1', '-', '.', '\r\n ', 'é', '('],
];

const places: Readonly<Record<string, (text: string) => void>> = {
  'a value': (text) => datagram(message(text)),
  'a start line': (text) => datagram(message(text, 'INVITE @@ SIP/2.0')),
  'a URI': (text) => datagram(message(text, 'INVITE sip:@@ SIP/2.0')),
  Via: (text) => datagram(message(text, 'Via: SIP/2.0/UDP 192.0.2.1;@')),
  'more of Via': (text) => datagram(message(text, 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa, @')),
  'the protocol of Via': (text) => datagram(message(text, 'Via: @')),
  From: (text) => datagram(message(text, 'From: @')),
  'a tag': (text) => datagram(message(text, 'From: <sip:a@b>;tag=@')),
  'a quoted name': (text) => datagram(message(text, 'From: "@@" <sip:a@b>;tag=1')),
  Contact: (text) => datagram(message(text, 'Contact: @')),
  'Call-ID': (text) => datagram(message(text, 'Call-ID: @')),
  CSeq: (text) => datagram(message(text, 'CSeq: @')),
  'Content-Length': (text) => datagram(message(text, 'Content-Length: @')),
  'a header name': (text) => head(`OPTIONS sip:a SIP/2.0\r\n${text}: b`),
  'many headers': (text) =>
    head(`OPTIONS sip:a SIP/2.0\r\n${of(`${text.slice(0, 8).replaceAll('\r\n', '')}: b\r\n`, text.length)}`),
  'a name-addr': (text) => void [parseNameAddr(text), parseNameAddrs([text]), withTag(text, 'a')],
  'URI readers': (text) =>
    void [parseSipUri(`sip:${text}`), judgeRequestUri(text), readHostPort(text), contactKey(`sip:a@${text}`)],
  'Via readers': (text) => void [parseVia(text), parseVia(`SIP/2.0/UDP ${text}`), firstVia(text)],
  'a party of an app': (text) => void [tidyParty(text, local), replaceLocalhost(text, local)],
  'a frame of an app': (text) =>
    void readCommand(Buffer.from(`id|sip|${text}|b\r\nINVITE sip:a SIP/2.0\r\nX: ${text}\r\n\r\n`)),
};

/**
 * The least processor time of many tries, in milliseconds and of this thread alone: others use the machine as well, and caches
 * that are emptied by them cost time too.
 */
function cost(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 12 && best > 5; tries++) {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

const size = 100_000;
/** What the engine promises for 100 kB of anything. */
const most = 50;
/** Four times the size costs about four times; squared it would be sixteen. Below this cost it is mostly overhead. */
const telling = 4;

function tooSlow(place: (text: string) => void, unit: string): boolean {
  const once = cost(() => place(of(unit, size)));
  if (once < telling) return false;
  return once >= most || cost(() => place(of(unit, 4 * size))) > 12 * once;
}

describe('100 kB of anything cost less than 50 ms, and more of it no more a byte', () => {
  it.each(Object.entries(places))('in %s', (_name, place) => {
    expect(units.filter((unit) => tooSlow(place, unit))).toEqual([]);
  });

  it('in a stream byte by byte, head and body', () => {
    const bytes = Buffer.from(message('a').toString().replace('Length: 0', `Length: ${size}`));
    expect(cost(() => dribble(new StreamReader(wide), message(of('a', size))))).toBeLessThan(most);
    expect(cost(() => dribble(new StreamReader(wide), Buffer.concat([bytes, Buffer.alloc(size)])))).toBeLessThan(most);
    expect(cost(() => dribble(new FrameReader(), Buffer.from(`${size}#${of('a', size)}`)))).toBeLessThan(most);
  });

  it('in a stream of keep-alives or of small messages', () => {
    const small = Buffer.from('OPTIONS sip:a SIP/2.0\r\nl: 0\r\n\r\n');
    const many = Buffer.concat(Array<Buffer>(Math.ceil(size / small.length)).fill(small));
    expect(cost(() => new StreamReader().push(Buffer.from(of('\r\n', size))))).toBeLessThan(most);
    expect(cost(() => new StreamReader().push(many))).toBeLessThan(most);
  });
});
