/** What a stranger gets for its bytes over UDP: whoever forges an address must not make a weapon of our answers. */
import { describe, expect, it } from 'vitest';
import { random, type RawPeer, testSdp, udpPeer } from '../support/sip/raw-peer.ts';
import { startSide, testAccount } from '../support/sip/registering.ts';
import { embedded, useBench } from '../support/sip/target.ts';

interface Probe {
  readonly name: string;
  /** The request as it goes out. */
  readonly text: (peer: RawPeer) => string;
  /** Statuses that come back, in order; none: not a byte. */
  readonly answers: readonly number[];
}

/** As terse as a request of a scanner is. */
function request(method: string, peer: RawPeer, more: readonly string[] = [], body = ''): string {
  const { host, port } = peer.wire;
  return [
    `${method} sip:100@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP ${host}:${String(port)};branch=z9hG4bK${random()};rport`,
    `From: "100" <sip:100@127.0.0.1>;tag=${random()}`,
    'To: "100" <sip:100@127.0.0.1>',
    `Call-ID: ${random()}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:100@${host}:${String(port)}>`,
    'Accept: application/sdp',
    'User-Agent: a nice phone',
    'Max-Forwards: 70',
    ...more,
    `Content-Length: ${String(body.length)}`,
    '',
    body,
  ].join('\r\n');
}

const sdp = ['Content-Type: application/sdp'];
const probes: readonly Probe[] = [
  { name: 'OPTIONS', text: (peer) => request('OPTIONS', peer), answers: [200] },
  { name: 'REGISTER', text: (peer) => request('REGISTER', peer), answers: [401] },
  { name: 'INVITE', text: (peer) => request('INVITE', peer, sdp, testSdp), answers: [100, 407] },
  { name: 'an unknown method', text: (peer) => request('PERHAPS', peer), answers: [501] },
  { name: 'BYE of no call', text: (peer) => request('BYE', peer), answers: [481] },
  { name: 'ACK of no call', text: (peer) => request('ACK', peer), answers: [] },
  { name: 'CANCEL of nothing', text: (peer) => request('CANCEL', peer), answers: [481] },
  { name: 'no From', text: (peer) => request('OPTIONS', peer).replace(/From:.*\r\n/, ''), answers: [400] },
  { name: 'version 7', text: (peer) => request('OPTIONS', peer).replace('SIP/2.0\r', 'SIP/7.0\r'), answers: [505] },
  { name: 'garbage', text: () => 'x'.repeat(400), answers: [] },
  {
    name: 'an answer nobody asked for',
    text: (peer) => request('OPTIONS', peer).replace(/^[^\r]*/, 'SIP/2.0 200 OK'),
    answers: [],
  },
];

/** What a challenge has to bring beside what it repeats (RFC 3261 section 22): the more algorithms, the more. Bytes. */
function challengeBytes(peer: RawPeer): number {
  return peer.seen.flatMap(({ text }) => text.match(/(?:WWW|Proxy)-Authenticate:.*\r\n/g) ?? []).join('').length;
}

/** How much larger an answer may be: a status line, `received`, `rport`, a tag, and what 200 to OPTIONS tells. Bytes. */
const ownShare = 80;

describe.runIf(embedded)('a forged address', () => {
  const bench = useBench();

  it('is sent hardly more than was sent in its name, and once, whatever was asked', async () => {
    const side = await startSide(bench.engine, bench.target.secret, [testAccount('100', 'alice')]);
    bench.later(() => side.sip.close());
    const asked = await Promise.all(
      probes.map(async (probe, at) => {
        const victim = await udpPeer(`127.0.11.${String(at + 1)}`);
        bench.later(() => victim.close());
        const sent = probe.text(victim);
        victim.raw(sent, bench.target.udp);
        for (const status of probe.answers) await victim.response(status);
        return { ...probe, victim, sent: sent.length };
      }),
    );
    // All answers are out, and their repetitions too, when no transaction is left.
    await expect.poll(() => bench.engine.counts().serverTransactions, { timeout: 20_000 }).toBe(0);
    for (const { name, answers, victim, sent } of asked) {
      expect([name, ...victim.seen.map(({ status }) => status)]).toEqual([name, ...answers]);
      const got = victim.seen.reduce((sum, each) => sum + each.text.length, 0);
      const hundred = victim.seen.find(({ status }) => status === 100)?.text.length ?? 0;
      const more = got - challengeBytes(victim) - hundred - sent;
      expect(more, `${name}: ${String(sent)} bytes in, ${String(got)} out`).toBeLessThanOrEqual(ownShare);
      expect(got / sent, name).toBeLessThan(2);
    }
  });
});
