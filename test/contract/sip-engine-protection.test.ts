import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { random, testSdp, udpPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, portOf, useBench } from '../support/sip/target.ts';
import { LinkClient } from '../support/sip/link.ts';
import { callIn } from '../support/sip/calls.ts';

const limits = {
  messages: 20,
  transactions: 10,
  strangerMessages: 200,
  strangerTransactions: 100,
  sourceOpen: 30,
  strangersOpen: 150,
  trustedMessages: 500,
};

describe.runIf(embedded)('under attack', () => {
  const bench = useBench({ protection: { ...limits, trusted: ['127.0.9.0/24'] } });
  const port = (): number => bench.target.udp;
  const options = (): Promise<unknown> =>
    bench.app({ prepare: (srf) => srf.options((_request, response) => response.send(200)) });
  const peerAt = async (host: string): Promise<RawPeer> => {
    const peer = await udpPeer(host);
    bench.later(() => peer.close());
    return peer;
  };
  const answers = (peer: RawPeer): number => peer.count(({ method }) => method === undefined);
  /** Resolves when the engine has read whatever came before. */
  const caughtUp = async (): Promise<void> => {
    const friend = await peerAt('127.0.9.1');
    friend.send('OPTIONS', port());
    await friend.response(200, 'OPTIONS');
  };

  it('a loud source is cut down to its measure, and a quiet one never notices', async () => {
    await options();
    const [loud, quiet] = [await peerAt('127.0.1.1'), await peerAt('127.0.1.2')];
    const before = bench.engine.counts();
    for (let at = 0; at < 300; at++) loud.send('OPTIONS', port());
    quiet.send('OPTIONS', port());
    await quiet.response(200, 'OPTIONS');
    await caughtUp();
    // Four seconds' worth of new transactions, and what came back while they were sent.
    expect(answers(loud)).toBeLessThan(60);
    expect(bench.engine.counts().dropped - before.dropped).toBeGreaterThan(200);
  });

  it('a scanner gets not a single byte, over UDP, TCP and WebSocket', async () => {
    await options();
    const peers = [await peerAt('127.0.2.1'), await bench.tcp(), await bench.ws()];
    for (const peer of peers) peer.send('OPTIONS', port(), { headers: ['User-Agent: friendly-scanner'] });
    for (const peer of peers) peer.send('OPTIONS', port(), { headers: ['User-Agent: a phone'], callId: 'good' });
    for (const peer of peers) expect((await peer.response(200)).header('Call-ID')).toBe('good');
    expect(peers.map(answers)).toEqual([1, 1, 1]);
  });

  it('a challenge to an INVITE goes out once, however long nobody acknowledges it (RFC 3261 section 26.3.2.4)', async () => {
    await bench.app({ prepare: (srf) => srf.invite((_request, response) => response.send(407)) });
    const victim = await peerAt('127.0.5.1');
    victim.send('INVITE', port(), { body: testSdp });
    await victim.response(407);
    // Timer G would have sent it again many times by now: timer H ends the transaction after 64 * T1.
    await expect.poll(() => bench.engine.counts().serverTransactions, { timeout: 20_000 }).toBe(0);
    expect(victim.count(({ status }) => status === 407)).toBe(1);
  });

  it('what cannot be read is answered by hardly more than was sent, and not at all when it is tiny', async () => {
    await options();
    const peer = await peerAt('127.0.6.1');
    const short = 'OPTIONS sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK1\r\n\r\n';
    const long = `OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a:${String(peer.wire.port)};branch=z9hG4bK2\r\nX: ${'x'.repeat(300)}\r\n\r\n`;
    peer.raw(short, port());
    peer.raw(long, port());
    const { text } = await peer.response(400);
    expect(text.length).toBeLessThanOrEqual(long.length + 80);
    await caughtUp();
    expect(answers(peer)).toBe(1);
  });

  it('more connections’ worth of requests than may be held are told so, and what was held is given back', async () => {
    await bench.app({ prepare: (srf) => srf.options(() => undefined) });
    const peer = await bench.tcp();
    const sent = 40;
    for (let at = 0; at < sent; at++) peer.send('OPTIONS', portOf(bench.engine, 'tcp'));
    const refused = await peer.response(503);
    expect(refused.header('Retry-After')).toMatch(/^[3-8]$/);
  });

  // The last one: it uses up what all strangers may ask for.
  it('a registered phone calls on through a flood from a hundred sources', async () => {
    const registrar = await bench.app({
      prepare: (srf) => srf.register((_request, response) => response.send(200, { headers: { Expires: '300' } })),
    });
    const phone = await peerAt('127.0.3.1');
    phone.send('REGISTER', port(), { headers: ['Expires: 300'] });
    await phone.response(200, 'REGISTER');
    await registrar.disconnect();
    const sockets = await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        const one = createSocket('udp4');
        one.bind(0, `127.0.4.${String(at + 1)}`);
        await once(one, 'listening');
        bench.later(() => void one.close());
        return one;
      }),
    );
    const sent = sockets.flatMap((one) =>
      Array.from({ length: 20 }, () => {
        const text = `REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK${random()};rport\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:a@x>\r\nCall-ID: ${random()}\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n`;
        return new Promise<void>((done) => one.send(text, port(), '127.0.0.1', () => done()));
      }),
    );
    const before = bench.engine.counts();
    await Promise.all(sent);
    const { dialog, invite, answer } = await callIn(bench, phone);
    expect(bench.engine.counts().dropped - before.dropped).toBeGreaterThan(1000);
    expect(bench.engine.counts().serverTransactions).toBeLessThan(400);
    const ended = once(dialog, 'destroy');
    phone.inDialog('BYE', port(), invite, answer);
    await ended;
  });
});

describe.runIf(embedded)('an INVITE of nobody we know', () => {
  const bench = useBench({ protection: { invites: 2 } });

  it('beyond its measure never reaches the app; the link tells who is held back, and lets go', async () => {
    let asked = 0;
    await bench.app({
      prepare: (srf) => {
        srf.invite((_request, response) => {
          asked++;
          response.send(403);
        });
        srf.options((_request, response) => response.send(200));
      },
    });
    const peer = await udpPeer('127.0.7.1');
    bench.later(() => peer.close());
    const caughtUp = async (): Promise<void> => {
      peer.send('OPTIONS', bench.target.udp);
      await peer.response(200, 'OPTIONS');
    };
    for (let at = 0; at < 50; at++) peer.send('INVITE', bench.target.udp, { body: testSdp });
    await caughtUp();
    expect(asked).toBeLessThan(20);
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    bench.later(() => link.close());
    link.send({ type: 'protection', id: 1 });
    const { dropped, sources } = await link.frame('protection');
    expect(dropped['source-invites']).toBeGreaterThan(30);
    expect(sources).toMatchObject([{ source: '127.0.7.1', reason: 'source-invites' }]);
    const before = asked;
    link.send({ type: 'release', id: 2, source: '127.0.7.1' });
    expect(await link.frame('release')).toMatchObject({ released: true });
    for (let at = 0; at < 8; at++) peer.send('INVITE', bench.target.udp, { body: testSdp });
    await caughtUp();
    expect(asked - before).toBe(8);
  });
});

describe.runIf(embedded)('whom the server vouches for', () => {
  const bench = useBench({ protection: { messages: 1 } });

  it('is told over the engine link: hosts, networks and registered phones; what is misspelt is named', async () => {
    await bench.app({ prepare: (srf) => srf.options((_request, response) => response.send(200)) });
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    bench.later(() => link.close());
    const [trunk, phone] = [await udpPeer('127.0.8.1'), await udpPeer('127.0.9.1')];
    for (const peer of [trunk, phone]) bench.later(() => peer.close());
    const peers = [{ host: '127.0.9.1', port: phone.wire.port }];
    link.send({ type: 'trust', id: 7, networks: ['127.0.8.0/24', 'a carrier'], peers });
    expect(await link.frame('trust')).toEqual({ type: 'trust', id: 7, wrong: ['a carrier'] });
    for (const peer of [trunk, phone]) {
      const asked = Array.from({ length: 30 }, () => peer.send('OPTIONS', bench.target.udp));
      for (const _each of asked) await peer.response(200);
    }
    expect(bench.engine.counts().dropped).toBe(0);
  });
});
