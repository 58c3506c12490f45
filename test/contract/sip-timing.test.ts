/** Neither the words nor the time of an answer tell whether an extension exists. */
import { describe, expect, it } from 'vitest';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { random, testSdp, udpPeer } from '../support/sip/raw-peer.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { authorization, realm, startSide, testAccount } from '../support/sip/registering.ts';
import { embedded, type Bench, useBench } from '../support/sip/target.ts';

const each = 1000;
const accounts = Array.from({ length: each }, (_, at) =>
  testAccount(`2${String(at).padStart(4, '0')}`, `a${String(at)}`),
);
const existing = accounts.map(({ username }) => username);
const unknown = existing.map((name) => `3${name.slice(1)}`);

interface Probe {
  readonly user: string;
  readonly exists: boolean;
}

/** Both kinds in random order, so that whatever else the machine does hits both alike. */
function probes(): Probe[] {
  const all = [
    ...existing.map((user) => ({ user, exists: true, at: Math.random() })),
    ...unknown.map((user) => ({ user, exists: false, at: Math.random() })),
  ];
  return all.sort((one, other) => one.at - other.at);
}

/** How likely one of the first takes longer than one of the second: 0.5 when nothing can be told (Mann-Whitney). */
function areaUnderCurve(first: readonly number[], second: readonly number[]): number {
  const all = [...first.map((time) => ({ time, first: true })), ...second.map((time) => ({ time, first: false }))];
  all.sort((one, other) => one.time - other.time);
  const ranks = all.reduce((sum, entry, index) => (entry.first ? sum + index + 1 : sum), 0);
  return (ranks - (first.length * (first.length + 1)) / 2) / (first.length * second.length);
}

/** Which of both ways it can be told. */
const telling = (area: number): number => Math.max(area, 1 - area);

/** Everything in an answer but what has to differ from any other answer. */
function wordsOf({ text }: RawMessage): string {
  return text.replaceAll(
    /127\.[\d.]+(:\d+)?|nonce="[^"]+"|branch=\S+|rport=\d+|received=\S+|tag=\w+|\b[23]\d{4}\b|(Call-ID|Date): .*/g,
    '',
  );
}

async function asked(peer: RawPeer, port: number, method: string, user: string, headers: readonly string[]) {
  const to = `<sip:${user}@${realm}>`;
  const started = process.hrtime.bigint();
  const { header } = peer.send(method, port, {
    ...{
      uri: method === 'REGISTER' ? `sip:${realm}` : `sip:${user}@${realm}`,
      to,
      from: `${to};tag=${random()}`,
      headers,
    },
    ...(method === 'INVITE' ? { body: testSdp } : {}),
  });
  const callId = header('Call-ID');
  const answer = await peer.next((message) => message.status >= 200 && message.header('Call-ID') === callId);
  const took = Number(process.hrtime.bigint() - started);
  // What was seen is not looked through again: the peer must not get slower from probe to probe.
  peer.seen.length = 0;
  return { answer, took };
}

interface Told {
  readonly area: number;
  readonly words: ReadonlySet<string>;
}

async function told(
  ask: (probe: Probe, index: number) => Promise<{ readonly answer: RawMessage; readonly took: number }>,
): Promise<Told> {
  const times = { existing: [] as number[], unknown: [] as number[] };
  const words = new Set<string>();
  for (const [index, probe] of probes().entries()) {
    const { answer, took } = await ask(probe, index);
    times[probe.exists ? 'existing' : 'unknown'].push(took);
    words.add(wordsOf(answer));
  }
  return { area: areaUnderCurve(times.existing, times.unknown), words };
}

async function sited(bench: Bench): Promise<void> {
  const { sip } = await startSide(bench.engine, bench.target.secret, accounts, { digest: ['md5'] });
  bench.later(() => sip.close());
}

describe.runIf(embedded)(`${String(2 * each)} probes, half of them at extensions there are`, () => {
  const bench = useBench();

  it.each(['REGISTER', 'INVITE', 'OPTIONS'])(
    '%s without a password tells nothing',
    { timeout: 120_000 },
    async (method) => {
      await sited(bench);
      const peer = await bench.udp();
      const { area, words } = await told(({ user }) => asked(peer, bench.target.udp, method, user, []));
      console.log(`${method} without a password: area under the curve ${area.toFixed(3)}`);
      expect(words.size).toBe(1);
      expect(telling(area)).toBeLessThanOrEqual(0.55);
    },
  );

  it('REGISTER with a wrong password tells nothing', { timeout: 120_000 }, async () => {
    await sited(bench);
    const port = bench.target.udp;
    const first = await bench.udp();
    const challenge = (await asked(first, port, 'REGISTER', 'nobody', [])).answer.header('WWW-Authenticate');
    // Ten guesses from each place: what a guesser waits for more is not what is measured.
    const peers = await Promise.all(
      Array.from({ length: (2 * each) / 10 }, (_, at) => udpPeer(`127.7.${String(at >> 7)}.${String((at & 127) + 1)}`)),
    );
    for (const peer of peers) bench.later(() => peer.close());
    const { area, words } = await told(({ user }, index) => {
      const peer = peers[index % peers.length] ?? first;
      return asked(peer, port, 'REGISTER', user, [authorization(challenge, user, 'wrong', 'MD5')]);
    });
    console.log(`REGISTER with a wrong password: area under the curve ${area.toFixed(3)}`);
    expect(words.size).toBe(1);
    expect(telling(area)).toBeLessThanOrEqual(0.55);
  });
});
