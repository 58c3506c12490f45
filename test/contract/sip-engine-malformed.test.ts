import { describe, expect, it } from 'vitest';
import { random } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, useBench } from '../support/sip/target.ts';

const good = (start: string, ...lines: string[]): string => {
  const cseq = start.split(' ')[0] ?? '';
  const usual = [
    `Via: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bK${random()};rport`,
    `From: <sip:a@127.0.0.1>;tag=${random()}`,
    'To: <sip:b@127.0.0.1>',
    `Call-ID: ${random()}`,
    `CSeq: 1 ${cseq}`,
  ];
  const given = new Set(lines.map((line) => line.split(':')[0]));
  const kept = usual.filter((line) => !given.has(line.split(':')[0]));
  return [start, ...kept, ...lines.filter((line) => !line.endsWith(':-')), 'Content-Length: 0', '', ''].join('\r\n');
};

/** What arrives, and the status it is answered with. Lines that end in `:-` leave that header out. */
const table: readonly [string, string, number | 'dropped'][] = [
  ['garbage', '\u0000\u0001\u0002garbage\r\n\r\n', 'dropped'],
  ['half a start line', 'OPTIONS\r\n\r\n', 'dropped'],
  ['no SIP version', 'OPTIONS sip:a@b\r\n\r\n', 'dropped'],
  ['another version', good('OPTIONS sip:a@b SIP/3.0'), 505],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'dropped'],
  ['no Via', good('OPTIONS sip:a@b SIP/2.0', 'Via:-'), 'dropped'],
  ['an unreadable Via', good('OPTIONS sip:a@b SIP/2.0', 'Via: what'), 'dropped'],
  ['no CSeq', good('OPTIONS sip:a@b SIP/2.0', 'CSeq:-'), 400],
  ['no Call-ID', good('OPTIONS sip:a@b SIP/2.0', 'Call-ID:-'), 400],
  ['a CSeq of another method', good('OPTIONS sip:a@b SIP/2.0', 'CSeq: 1 INFO'), 400],
  ['a CSeq too large', good('OPTIONS sip:a@b SIP/2.0', 'CSeq: 4294967296 OPTIONS'), 400],
  ['a CSeq that is words', good('OPTIONS sip:a@b SIP/2.0', 'CSeq: one OPTIONS'), 400],
  ['a bar in the Call-ID', good('OPTIONS sip:a@b SIP/2.0', 'Call-ID: a|b'), 400],
  ['a bad From', good('OPTIONS sip:a@b SIP/2.0', 'From: "Al <sip:a@b'), 400],
  ['a bad Request-URI', good('OPTIONS sip:a@:99999 SIP/2.0'), 400],
  ['an unknown scheme', good('OPTIONS isbn:1234 SIP/2.0'), 416],
  ['an unknown method with another in CSeq', good('NEW sip:a@b SIP/2.0', 'CSeq: 1 INVITE'), 501],
  ['two From', good('OPTIONS sip:a@b SIP/2.0', 'From: <sip:a@b>;tag=1', 'From: <sip:a@b>;tag=2'), 400],
  ['a Contact without its brackets', good('OPTIONS sip:a@b SIP/2.0', 'Contact: sip:a@b?x=y'), 400],
  ['a Require nobody knows', good('OPTIONS sip:a@b SIP/2.0', 'Require: timer, x-unheard-of'), 420],
  ['a Request-URI in brackets', good('OPTIONS <sip:a@b> SIP/2.0'), 400],
  ['a header without a colon', good('OPTIONS sip:a@b SIP/2.0', 'nonsense'), 400],
  ['a NUL in a header', good('OPTIONS sip:a@b SIP/2.0', 'Subject: a\u0000b'), 400],
  ['a body shorter than promised', good('OPTIONS sip:a@b SIP/2.0').replace('Length: 0', 'Length: 9'), 400],
  ['a negative length', good('OPTIONS sip:a@b SIP/2.0').replace('Length: 0', 'Length: -1'), 400],
  ['300 headers', good('OPTIONS sip:a@b SIP/2.0', ...Array.from({ length: 300 }, (_, at) => `X-${at}: 1`)), 400],
  ['an INVITE without Contact', good('INVITE sip:a@b SIP/2.0'), 400],
  ['a malformed ACK', good('ACK sip:a@b SIP/2.0', 'CSeq: 1 INFO'), 'dropped'],
  [
    'a response to nothing',
    'SIP/2.0 200 OK\r\n' + good('x', 'CSeq: 1 OPTIONS').split('\r\n').slice(1).join('\r\n'),
    'dropped',
  ],
];

/** The same text as a transaction of its own. */
function fresh(text: string): string {
  return text.replace(/branch=z9hG4bK\w+/, `branch=z9hG4bK${random()}`);
}

describe.runIf(embedded)('malformed input', () => {
  const bench = useBench();

  const options = (): Promise<unknown> =>
    bench.app({ prepare: (srf) => srf.options((_request, response) => response.send(200)) });

  const stillGood = async (peer: RawPeer, port: number): Promise<void> => {
    peer.send('OPTIONS', port);
    await peer.response(200, 'OPTIONS');
  };

  it.each(table)('over UDP: %s', async (_name, text, outcome) => {
    await options();
    const peer = await bench.udp();
    peer.raw(fresh(text), bench.target.udp);
    if (outcome !== 'dropped') await peer.response(outcome);
    await stillGood(peer, bench.target.udp);
    expect(peer.count((message) => message.status > 200)).toBe(outcome === 'dropped' ? 0 : 1);
  });

  it.each(table)('over WebSocket: %s', async (_name, text, outcome) => {
    await options();
    const peer = await bench.ws();
    peer.raw(fresh(text));
    if (outcome !== 'dropped') await peer.response(outcome);
    await stillGood(peer, bench.target.udp);
    expect(peer.count((message) => message.status > 200)).toBe(outcome === 'dropped' ? 0 : 1);
  });

  it.each(table)('over TCP: %s', async (_name, text, outcome) => {
    await options();
    const peer = await bench.tcp();
    peer.socket.write(fresh(text));
    if (outcome !== 'dropped' && !text.includes('Length: 9')) await peer.response(outcome);
    // A stream that lost its framing is closed; the engine itself goes on for everybody else.
    await stillGood(await bench.tcp(), bench.target.tcp);
  });

  it('counts what it could not read', async () => {
    await options();
    const before = bench.engine.counts();
    const peer = await bench.udp();
    peer.raw('garbage\r\n\r\n', bench.target.udp);
    await stillGood(peer, bench.target.udp);
    expect(bench.engine.counts().malformed).toBe(before.malformed + 1);
  });

  it('takes a stream of one header without end as long as it must, then closes', async () => {
    const peer = await bench.tcp();
    const closed = new Promise<void>((resolve) => peer.socket.once('close', () => resolve()));
    peer.socket.write(`OPTIONS sip:a@b SIP/2.0\r\nX: ${'x'.repeat(200_000)}`);
    await closed;
  });

  it('leaves no transaction or dialog behind when timers are over', async () => {
    await options();
    const peer = await bench.udp();
    await stillGood(peer, bench.target.udp);
    expect(bench.engine.counts().undecided).toBe(0);
    expect(bench.engine.counts().dialogs).toBe(0);
  });
});
