import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNameAddr, writeNameAddr } from './name-addr.ts';
import { parseDatagram } from './parse.ts';
import type { SipMessage } from './message.ts';
import { StreamReader } from './stream.ts';
import type { StreamEvent } from './stream.ts';
import { parseSipUri } from './uri.ts';
import { parseVia, writeVia } from './via.ts';
import { writeMessage } from './write.ts';

const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,12}$/);
const host = fc.oneof(
  fc.stringMatching(/^[a-z0-9]{1,8}(\.[a-z0-9]{1,5}){0,2}$/),
  fc.constantFrom('192.0.2.1', '[2001:db8::1]', '[::ffff:192.0.2.1]'),
);
const port = fc.option(fc.integer({ min: 1, max: 65_535 }));
const place = fc.tuple(host, port).map(([name, number]) => (number === null ? name : `${name}:${number}`));
const blanks = fc.constantFrom('', ' ', '  ', '\t', '\r\n ', ' \r\n\t');
/** What may stand in quotes, escapes and UTF-8 included. */
const quoted = fc
  .array(fc.oneof(fc.constantFrom('\\"', '\\\\', '<', ';', ',', '>', ' '), fc.stringMatching(/^[a-zé中 ]{1,6}$/)), {
    maxLength: 6,
  })
  .map((parts) => `"${parts.join('')}"`);
const parameters = fc
  .array(fc.tuple(token, fc.option(fc.oneof(token, quoted))), { maxLength: 4 })
  .map((all) => all.map(([name, value]) => (value === null ? `;${name}` : `;${name}=${value}`)).join(''));
const uri = fc.tuple(token, place).map(([user, where]) => `sip:${user}@${where}`);
const party = fc
  .tuple(fc.oneof(quoted, fc.constant('')), uri, parameters)
  .map(([display, inside, rest]) => `${display} <${inside}>${rest}`.trimStart());
const text = fc.stringMatching(/^[ -~é中]{0,40}$/);
const extra = fc.tuple(fc.stringMatching(/^X-[A-Za-z]{1,8}$/), text).map(([name, value]) => `${name}: ${value}`);
const body = fc.uint8Array({ maxLength: 60 });

/** A well-formed request as a peer might write it: any order, compact names, folds and blanks. */
const request = fc
  .record({
    method: fc.constantFrom('INVITE', 'OPTIONS', 'BYE', 'X-NEW'),
    uri,
    via: fc.tuple(place, parameters),
    from: party,
    to: party,
    callId: token,
    cseq: fc.nat(2 ** 31 - 1),
    contacts: fc.array(party, { minLength: 1, maxLength: 3 }),
    extras: fc.array(extra, { maxLength: 5 }),
    names: fc.constantFrom(
      ['v', 'f', 't', 'i', 'm', 'l'],
      ['VIA', 'from', 'To', 'call-id', 'Contact', 'Content-Length'],
    ),
    blank: blanks,
    body,
  })
  .map((made) => {
    const [via, from, to, callId, contact, length] = made.names;
    const { blank } = made;
    const lines = [
      `${via}:${blank} SIP/2.0/UDP ${made.via[0]}${made.via[1]}`,
      `${from} :${blank}${made.from}`,
      `${to}: ${made.to}${blank}`,
      `${callId}: ${made.callId}`,
      `CSeq: ${made.cseq}${blank} ${made.method}`,
      `${contact}: ${made.contacts.join(`,${blank}`)}`,
      ...made.extras,
      `${length}: ${made.body.length}`,
    ];
    const head = [`${made.method} ${made.uri} SIP/2.0`, ...lines, '', ''].join('\r\n');
    return Buffer.concat([Buffer.from(head), made.body]);
  });

function read(bytes: Buffer): SipMessage {
  const result = parseDatagram(bytes);
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.detail}\n${bytes.toString()}`);
  return result.value.message;
}

/** What a message says, where Content-Length stands left out: writing puts it last. */
function said(message: SipMessage): unknown {
  return { ...message, headers: message.headers.filter(({ name }) => name !== 'Content-Length') };
}

describe('messages', () => {
  it('are the same after writing and reading; the written form is the one and only', () => {
    fc.assert(
      fc.property(request, (bytes) => {
        const first = read(bytes);
        const written = writeMessage(first);
        const second = read(written);
        expect(said(second)).toEqual(said(first));
        expect(writeMessage(second)).toEqual(written);
      }),
    );
  });

  it('have tags and CSeq where the values say so', () => {
    fc.assert(
      fc.property(request, (bytes) => {
        const result = parseDatagram(bytes);
        if (!result.ok) throw new Error(result.error.detail);
        const { message, fromTag, toTag, cseq, cseqMethod } = result.value;
        const value = (name: string): string => message.headers.find((header) => header.name === name)?.value ?? '';
        expect(fromTag).toBe(parseNameAddr(value('From'))?.parameters.get('tag') ?? '');
        expect(toTag ?? '').toBe(parseNameAddr(value('To'))?.parameters.get('tag') ?? '');
        expect(value('CSeq').split(/[ \t]+/)).toEqual([expect.any(String), cseqMethod]);
        expect(Number.parseInt(value('CSeq'), 10)).toBe(cseq);
      }),
    );
  });

  it('never make the parser throw, whatever the bytes', () => {
    const damaged = fc
      .tuple(request, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), fc.nat())
      .map(([bytes, changes, end]) => {
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes.subarray(0, end % 3 === 0 ? end % bytes.length : bytes.length);
      });
    const anything = fc.oneof(damaged, fc.uint8Array({ maxLength: 200 }).map(Buffer.from));
    fc.assert(
      fc.property(anything, (bytes) => {
        const result = parseDatagram(bytes);
        // What is taken can be written and is taken again.
        if (result.ok) expect(parseDatagram(writeMessage(result.value.message)).ok).toBe(true);
        new StreamReader().push(bytes);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a stream', () => {
  const summary = (event: StreamEvent): unknown =>
    event.type === 'message' ? writeMessage(event.read.message).toString('latin1') : event.type;

  it('gives the same messages wherever it is cut', () => {
    const piece = fc.oneof(
      request,
      fc.constantFrom('\r\n\r\n', '\r\n').map((end) => Buffer.from(end)),
    );
    const wire = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => Buffer.concat(pieces));
    fc.assert(
      fc.property(wire, fc.array(fc.nat(), { maxLength: 12 }), fc.boolean(), (bytes, places, everywhere) => {
        const whole = new StreamReader().push(Buffer.from(bytes)).map(summary);
        const cuts = everywhere
          ? Array.from(bytes.keys())
          : places.map((at) => at % bytes.length).sort((a, b) => a - b);
        const reader = new StreamReader();
        const edges = [0, ...cuts, bytes.length];
        const parts = edges.slice(1).flatMap((end, at) => reader.push(bytes.subarray(edges[at], end)));
        expect(parts.map(summary)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });
});

describe('values', () => {
  it('of Via are the same after writing and reading', () => {
    fc.assert(
      fc.property(place, parameters, (where, rest) => {
        const via = parseVia(`SIP/2.0/UDP ${where}${rest}`);
        if (via === undefined) throw new Error('unreadable');
        expect(parseVia(writeVia(via))).toEqual(via);
      }),
    );
  });

  it('of From and the like are the same after writing and reading', () => {
    fc.assert(
      fc.property(party, (value) => {
        const parsed = parseNameAddr(value);
        if (parsed === undefined) throw new Error(`unreadable: ${value}`);
        const again = writeNameAddr(parsed);
        expect(parseNameAddr(again)).toEqual(parsed);
        expect(parseSipUri(parsed.uri)).toBeDefined();
      }),
    );
  });
});
