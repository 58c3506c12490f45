import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNameAddr, withTag, writeNameAddr } from './name-addr.ts';
import { headerOf, headersOf, parseCseq, tagOf } from './message.ts';
import { limits, parseDatagram } from './parse.ts';
import { StreamReader } from './stream.ts';
import { contactKey, parseSipUri } from './uri.ts';
import { firstVia, noteSource, parseVia, writeVia } from './via.ts';
import { writeMessage } from './write.ts';

const lines = [
  'INVITE sip:bob@example.com SIP/2.0',
  'v: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKa;rport',
  'f: "A. \\"Q\\" Lice" <sip:alice@example.com>;tag=1',
  't: <sip:bob@example.com>',
  'i: abc@10.0.0.1',
  'cseq: 7 INVITE',
  'm: <sip:alice@10.0.0.1>',
  'Subject: folded',
  '  over two lines',
  'X-Own: kept As Is',
  'l: 5',
];
const text = `${lines.join('\r\n')}\r\n\r\nhello`;

function parse(input: string) {
  const read = parseDatagram(Buffer.from(input));
  if (!read.ok) throw new Error(read.error.detail);
  return read.value;
}

describe('parseDatagram', () => {
  it('reads compact names, folded values and essentials', () => {
    const read = parse(text);
    expect(read).toMatchObject({
      callId: 'abc@10.0.0.1',
      fromTag: '1',
      toTag: undefined,
      cseq: 7,
      cseqMethod: 'INVITE',
    });
    expect(headerOf(read.message, 'Contact')).toBe('<sip:alice@10.0.0.1>');
    expect(headerOf(read.message, 'Subject')).toBe('folded over two lines');
    expect(headerOf(read.message, 'X-Own')).toBe('kept As Is');
    expect(read.message.body.toString()).toBe('hello');
  });

  it('writes what it reads: a second reading gives the same', () => {
    const first = parse(text);
    const second = parse(writeMessage(first.message).toString());
    expect(second.message.headers.filter(({ name }) => name !== 'Content-Length')).toEqual(
      first.message.headers.filter(({ name }) => name !== 'Content-Length'),
    );
    expect(second.message.body).toEqual(first.message.body);
  });

  it.each([
    ['no-head-end', 'OPTIONS sip:a SIP/2.0\r\n'],
    ['version', text.replace('SIP/2.0\r\n', 'SIP/9.0\r\n')],
    ['start-line', 'OPTIONS\r\n\r\n'],
    ['missing-header', text.replace('i: abc@10.0.0.1\r\n', '')],
    ['method-mismatch', text.replace('cseq: 7 INVITE', 'CSeq: 7 BYE')],
    ['bad-header', text.replace('cseq: 7 INVITE', 'CSeq: x INVITE')],
    ['scheme', text.replace('sip:bob@example.com SIP', 'isbn:1234 SIP')],
    ['content-length', text.replace('l: 5', 'l: 6')],
    ['content-length', text.replace('l: 5', 'l: 5\r\nContent-Length: 4')],
    ['request-uri', text.replace('sip:bob@example.com SIP', 'sip:bob@:0 SIP')],
    ['header-line', text.replace('X-Own:', 'X Own:')],
    ['too-many-headers', text.replace('l: 5', `${'A: b\r\n'.repeat(limits.headers)}l: 5`)],
    ['too-long', `${text}${'x'.repeat(limits.datagram)}`],
  ])('says %s', (code, input) => {
    expect(parseDatagram(Buffer.from(input))).toMatchObject({ ok: false, error: { code } });
  });

  it('never throws, whatever arrives', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parseDatagram(Buffer.from(bytes))));
    const cut = fc.tuple(fc.nat(text.length), fc.nat(12), fc.string({ maxLength: 12 }));
    fc.assert(
      fc.property(cut, ([at, length, put]) => {
        parseDatagram(Buffer.from(text.slice(0, at) + put + text.slice(at + length)));
      }),
    );
  });
});

describe('StreamReader', () => {
  const wire = Buffer.from(`\r\n${text}\r\n\r\n\r\n\r\n${text}${text}`);

  it('finds the same messages and pings however the stream is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: wire.length - 1 }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (places) => {
        const reader = new StreamReader();
        const edges = [0, ...[...places].sort((a, b) => a - b), wire.length];
        const events = edges.flatMap((end, index) => reader.push(wire.subarray(edges[index - 1] ?? 0, end)));
        expect(events.map(({ type }) => type)).toEqual(['message', 'ping', 'ping', 'message', 'message']);
      }),
    );
  });

  it('breaks without a Content-Length and says nothing more', () => {
    const reader = new StreamReader();
    expect(reader.push(Buffer.from(text.replace('l: 5\r\n', '')))).toMatchObject([{ type: 'broken' }]);
    expect(reader.push(wire)).toEqual([]);
  });

  it('reports a malformed message and goes on with the next', () => {
    const reader = new StreamReader();
    const events = reader.push(Buffer.from(text.replace('X-Own:', 'X Own:') + text));
    expect(events.map(({ type }) => type)).toEqual(['malformed', 'message']);
  });
});

describe('uris', () => {
  it.each([
    ['sip:alice@Example.COM:5070;transport=TCP', { user: 'alice', host: 'example.com', port: 5070 }],
    ['sip:[2001:db8::1]:5061', { user: undefined, host: '2001:db8::1', port: 5061 }],
    ['sips:a;b=c@h;lr?x=y', { scheme: 'sips', user: 'a;b=c', host: 'h', port: undefined }],
  ])('reads %s', (uri, parts) => expect(parseSipUri(uri)).toMatchObject(parts));

  it.each(['sip:', 'tel:+1', 'sip:@h', 'sip:a@', 'sip:a@h:0', 'sip:a@h:70000', 'sip:a@h:x', 'sip:[::1', 'sip:a b@h'])(
    'refuses %s',
    (uri) => expect(parseSipUri(uri)).toBeUndefined(),
  );

  it('gives one key to the same contact', () => {
    expect(contactKey('sip:u@X.invalid;transport=ws')).toBe(contactKey('sip:u@x.INVALID'));
    expect(contactKey('sip:u@x:5060')).not.toBe(contactKey('sip:u@x:5061'));
  });
});

describe('header values', () => {
  it('reads display names with brackets and escapes in quotes', () => {
    const parsed = parseNameAddr('"a <b> \\" ;tag=no" <sip:x@y;p=1>;tag=yes');
    expect(parsed).toMatchObject({ uri: 'sip:x@y;p=1' });
    expect(parsed?.parameters.get('tag')).toBe('yes');
  });

  it('gives parameters of a bare address to the header', () => {
    expect(tagOf('sip:x@y;tag=t')).toBe('t');
    expect(parseNameAddr('sip:x@y;tag=t')?.uri).toBe('sip:x@y');
  });

  it('writes what it reads, and sets a tag once', () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    fc.assert(
      fc.property(word, word, word, (user, host, tag) => {
        const value = `"${user}" <sip:${user}@${host}>;tag=${tag}`;
        const parsed = parseNameAddr(value);
        expect(parsed === undefined ? '' : writeNameAddr(parsed)).toBe(value);
        expect(withTag(withTag(value, 'a'), 'b')).toBe(`"${user}" <sip:${user}@${host}>;tag=b`);
      }),
    );
  });

  it('notes the source in the topmost Via only when it must', () => {
    const via = parseVia('SIP/2.0/UDP 10.0.0.1:5070;branch=z9;rport');
    expect(parseVia('SIP / 2.0  /UDP x : 99')).toEqual({ ...via, host: 'x', port: 99, parameters: new Map() });
    expect(parseVia('SIP/2.0/UDP x;;branch=a')).toBeUndefined();
    expect(parseVia('SIP/7.0/UDP x;;branch=a', 'answerable')?.parameters.get('branch')).toBe('a');
    if (via === undefined) throw new Error('no Via');
    expect(writeVia(noteSource(via, '1.2.3.4', 99))).toBe(
      'SIP/2.0/UDP 10.0.0.1:5070;branch=z9;rport=99;received=1.2.3.4',
    );
    const direct = parseVia('SIP/2.0/TCP 1.2.3.4;branch=z9');
    if (direct === undefined) throw new Error('no Via');
    expect(writeVia(noteSource(direct, '1.2.3.4', 99))).toBe('SIP/2.0/TCP 1.2.3.4;branch=z9');
    expect(firstVia('SIP/2.0/UDP a, SIP/2.0/UDP b')).toEqual({ first: 'SIP/2.0/UDP a', rest: 'SIP/2.0/UDP b' });
  });

  it('reads CSeq strictly', () => {
    expect(parseCseq('1  ACK')).toEqual({ number: 1, method: 'ACK' });
    for (const bad of ['', '1', 'x ACK', '-1 ACK', '2147483648 ACK', '1 ACK more'])
      expect(parseCseq(bad)).toBeUndefined();
  });

  it('keeps several lines of one header in order', () => {
    const read = parse(text.replace('l: 5', 'Record-Route: <sip:1>\r\nRecord-Route: <sip:2>\r\nl: 5'));
    expect(headersOf(read.message, 'Record-Route')).toEqual(['<sip:1>', '<sip:2>']);
  });
});
