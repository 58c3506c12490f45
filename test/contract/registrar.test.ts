/** The registrar of the server on the embedded engine, met by peers that share no code with it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Binding, DeviceSettings, Remembered } from '../../server/sip/index.ts';
import { type RawPeer, udpPeer } from '../support/sip/raw-peer.ts';
import {
  authorization,
  realm,
  registerPeer,
  startSide,
  testAccount,
  type TestSide,
} from '../support/sip/registering.ts';
import { useBench } from '../support/sip/target.ts';

const bench = useBench();
const accounts = [
  testAccount('alice-desk', 'alice'),
  testAccount('alice-home', 'alice', 'home'),
  testAccount('bob', 'bob'),
];
const sides: TestSide[] = [];

afterEach(() => {
  for (const { sip } of sides.splice(0)) sip.close();
});

async function peerAt(host: string): Promise<RawPeer> {
  const peer = await udpPeer(host);
  bench.later(() => peer.close());
  return peer;
}

async function side(settings: Partial<DeviceSettings> = {}, remembered?: Remembered): Promise<TestSide> {
  const made = await startSide(bench.engine, bench.target.secret, accounts, settings, remembered);
  sides.push(made);
  return made;
}

describe('REGISTER with digest', () => {
  it.each(['SHA-256', 'MD5'] as const)(
    'by %s, each challenge on a line of its own, the stronger first',
    async (algorithm) => {
      const { registered } = await side();
      const peer = await bench.udp();
      const { answer, challenges } = await registerPeer(peer, bench.engine, { username: 'alice-desk', algorithm });
      expect(challenges.map((each) => /algorithm=([^,]+)/.exec(each)?.[1])).toEqual(['SHA-256', 'MD5']);
      expect(answer.status).toBe(200);
      expect(answer.header('Contact')).toBe(`<${peer.contact}>;expires=300`);
      expect(registered.get('alice')).toMatchObject([
        { device: 'desk', kind: 'sip', transport: 'udp', reachable: true },
      ]);
    },
  );

  it('over TCP and WebSocket too; a browser is asked for MD5 last, where SIP.js looks', async () => {
    const { sip, registered } = await side({ digest: ['sha-512-256', 'sha-256'] });
    const desk = await bench.tcp();
    const by = await registerPeer(desk, bench.engine, { username: 'alice-desk', algorithm: 'SHA-512-256' });
    expect([by.answer.status, by.challenges.length]).toEqual([200, 2]);
    const page = await bench.ws();
    const { username, password } = sip.mint('alice', Date.now() + 60_000);
    const minted = { username, password, record: 'alice', algorithm: 'MD5', expires: 600 } as const;
    const { answer, challenges } = await registerPeer(page, bench.engine, minted);
    expect(challenges.at(-1)).toContain('algorithm=MD5');
    expect(answer.header('Expires')).toBe('120');
    expect(registered.get('alice')?.map(({ kind, device, transport }) => [kind, device, transport])).toEqual([
      ['sip', 'desk', 'tcp'],
      ['webrtc', null, 'ws'],
    ]);
  });

  it('refuses a wrong password, an unknown user in the same words, and somebody else’s address of record', async () => {
    const { registered } = await side();
    const peer = await bench.udp();
    const wrong = await registerPeer(peer, bench.engine, { username: 'bob', password: 'x' });
    const unknown = await registerPeer(peer, bench.engine, { username: 'eve', password: 'x' });
    const varying = /nonce="[^"]+"|branch=\S+|rport=\d+|tag=\w+|(Call-ID|To|From|Date): .*/g;
    expect(unknown.answer.text.replaceAll(varying, '')).toBe(wrong.answer.text.replaceAll(varying, ''));
    expect(wrong.answer.status).toBe(401);
    const other = await registerPeer(peer, bench.engine, { username: 'bob', record: 'alice' });
    expect(other.answer.status).toBe(403);
    expect(registered.size).toBe(0);
  });

  it('shuts the door to a guesser after ten tries, to nobody else, and never to who is registered from there', async () => {
    await side();
    const [agent, guesser] = [await bench.udp(), await bench.udp()];
    expect((await registerPeer(agent, bench.engine, { username: 'bob' })).answer.status).toBe(200);
    const statuses = [];
    for (let tries = 0; tries < 11; tries++)
      statuses.push(
        (await registerPeer(guesser, bench.engine, { username: 'bob', password: String(tries) })).answer.status,
      );
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 403]);
    expect((await registerPeer(guesser, bench.engine, { username: 'bob' })).answer.status).toBe(403);
    expect((await registerPeer(guesser, bench.engine, { username: 'alice-desk' })).answer.status).toBe(200);
    expect((await registerPeer(agent, bench.engine, { username: 'bob' })).answer.status).toBe(200);
  });
});

describe('whoever only claims an address', () => {
  it('shuts nobody out there, however often: a nonce is good where it was sent', async () => {
    await side();
    const [attacker, forger, agent] = [await peerAt('127.0.6.1'), await peerAt('127.0.6.2'), await peerAt('127.0.6.2')];
    const { challenges } = await registerPeer(attacker, bench.engine, { username: 'bob', password: 'x' });
    const guess = authorization(challenges[0] ?? '', 'bob', 'guess', 'SHA-256');
    const to = `<sip:bob@${realm}>`;
    for (let tries = 0; tries < 20; tries++) {
      const facts = { uri: `sip:${realm}`, to, from: `${to};tag=${String(tries)}`, callId: `forged-${String(tries)}` };
      forger.send('REGISTER', bench.target.udp, { ...facts, headers: [guess] });
      expect((await forger.response(401)).header('WWW-Authenticate')).toContain('stale=true');
    }
    expect((await registerPeer(agent, bench.engine, { username: 'bob' })).answer.status).toBe(200);
  });

  it('cannot keep a registered phone from coming back over another port, which is known by its Call-ID', async () => {
    await side();
    const [before, after, guesser] = [await peerAt('127.0.6.3'), await peerAt('127.0.6.3'), await peerAt('127.0.6.3')];
    await registerPeer(before, bench.engine, { username: 'bob', callId: 'known-to-the-phone-alone', cseq: 1 });
    for (let tries = 0; tries < 11; tries++)
      await registerPeer(guesser, bench.engine, { username: 'bob', password: String(tries) });
    const shut = await registerPeer(guesser, bench.engine, { username: 'bob' });
    expect(shut.answer.status).toBe(403);
    const again = { username: 'bob', callId: 'known-to-the-phone-alone', cseq: 9 };
    expect((await registerPeer(after, bench.engine, again)).answer.status).toBe(200);
  });
});

describe('bindings', () => {
  it('of several devices stand side by side; each account unbinds its own with *', async () => {
    const { registered } = await side();
    const [desk, home] = [await bench.udp(), await bench.udp()];
    await registerPeer(desk, bench.engine, { username: 'alice-desk' });
    await registerPeer(home, bench.engine, { username: 'alice-home' });
    expect(registered.get('alice')?.map(({ device }) => device)).toEqual(['desk', 'home']);
    const { answer } = await registerPeer(home, bench.engine, { username: 'alice-home', contact: '*', expires: 0 });
    expect(answer.status).toBe(200);
    expect(registered.get('alice')?.map(({ device }) => device)).toEqual(['desk']);
  });

  it('asked for too briefly get 423 with Min-Expires; an old CSeq changes nothing', async () => {
    const { registered } = await side();
    const peer = await bench.udp();
    const brief = (await registerPeer(peer, bench.engine, { username: 'bob', expires: 5 })).answer;
    expect([brief.status, brief.header('Min-Expires')]).toEqual([423, '10']);
    await registerPeer(peer, bench.engine, { username: 'bob', callId: 'same', cseq: 10 });
    const old = await registerPeer(peer, bench.engine, { username: 'bob', callId: 'same', cseq: 4, expires: 0 });
    expect(old.answer.status).toBe(500);
    expect(registered.get('bob')).toHaveLength(1);
  });

  it('with instance and reg-id are one device in every place it registers from (RFC 5626)', async () => {
    const { registered } = await side();
    const named = (peer: RawPeer) => ({
      username: 'bob',
      contact: `${peer.contact}>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>";reg-id=1;x="`,
      headers: ['Supported: path, outbound'],
    });
    const [before, after] = [await bench.udp(), await bench.udp()];
    await registerPeer(before, bench.engine, named(before));
    const { answer } = await registerPeer(after, bench.engine, named(after));
    expect(answer.header('Require')).toBe('outbound');
    expect(answer.header('Contact')).toContain(
      '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>";reg-id=1',
    );
    expect(registered.get('bob')).toMatchObject([{ contact: after.contact, regId: 1 }]);
  });

  it('outlive a restart of the server: the device is called as before', async () => {
    const first = await side();
    const peer = await bench.udp();
    await registerPeer(peer, bench.engine, { username: 'bob' });
    const kept = first.registered.get('bob') ?? [];
    sides.splice(0);
    first.sip.close();
    const second = await side({}, { dialogs: [], bindings: kept });
    expect(second.sip.devicesOf('bob')).toEqual(kept);
    invite(second, kept[0]);
    expect((await peer.request('INVITE')).start).toBe(`INVITE ${peer.contact} SIP/2.0`);
  });
});

function invite({ sip }: TestSide, binding: Binding | undefined): void {
  const { agentId = '', id: deviceId = '' } = binding ?? {};
  const destination = { type: 'agent', agentId, deviceId, offerId: 'o1' } as const;
  sip.invite({ legId: 'c1.a1', callId: 'c1', destination, sdp: 'v=0\r\n', from: '+8613800000000' });
}

describe('a device whose call another one took', () => {
  it('is told so with the CANCEL (RFC 3326), and nothing when the call just ended', async () => {
    const made = await side();
    const peer = await bench.udp();
    await registerPeer(peer, bench.engine, { username: 'bob' });
    const rung = new Set<string>();
    for (const [elsewhere, reason] of [
      [true, 'SIP;cause=200;text="Call completed elsewhere"'],
      [false, ''],
    ] as const) {
      invite(made, made.registered.get('bob')?.[0]);
      const ring = await peer.next((each) => each.method === 'INVITE' && !rung.has(each.header('Call-ID')));
      const call = ring.header('Call-ID');
      rung.add(call);
      peer.answer(ring, '180 Ringing', { tag: 't' });
      await made.event('leg-ringing');
      made.sip.cancel('c1.a1', elsewhere);
      // Both may come again: what is looked at has to be of this call.
      const cancel = await peer.next((each) => each.method === 'CANCEL' && each.header('Call-ID') === call);
      expect(cancel.header('Reason')).toBe(reason);
    }
  });
});

describe('a device behind a proxy', () => {
  it('is reached by its Path, which the answer repeats (RFC 3327)', async () => {
    const { registered, ...rest } = await side();
    const [proxy, peer] = [await bench.udp(), await bench.udp()];
    const path = `<sip:127.0.0.1:${String(proxy.wire.port)};lr>, <sip:edge.example;lr;ob>`;
    const headers = [`Path: ${path}`, 'Supported: path'];
    const { answer } = await registerPeer(peer, bench.engine, { username: 'bob', headers });
    expect(answer.header('Path')).toBe(path);
    invite({ registered, ...rest }, registered.get('bob')?.[0]);
    const request = await proxy.request('INVITE');
    expect(request.start).toBe(`INVITE ${peer.contact} SIP/2.0`);
    expect(request.headers('Route').join(', ')).toBe(path);
  });
});

/** Answers every OPTIONS there was and will be. */
async function answerAll(peer: RawPeer): Promise<never> {
  for (;;) peer.answer(await peer.request('OPTIONS'), '200 OK');
}

describe('registered but dead', () => {
  it('is found by OPTIONS, and is alive when it answers again', async () => {
    const { until } = await side({ pingEveryInSeconds: 1, pingFailures: 1 });
    const peer = await bench.udp();
    await registerPeer(peer, bench.engine, { username: 'bob' });
    await until('bob', ([binding]) => binding?.reachable === false);
    void answerAll(peer);
    await until('bob', ([binding]) => binding?.reachable === true);
  });

  it('is found by its lost connection; a browser goes at once', async () => {
    const { sip, until } = await side();
    const desk = await bench.tcp();
    const page = await bench.ws();
    await registerPeer(desk, bench.engine, { username: 'alice-desk' });
    const { username, password } = sip.mint('alice', Date.now() + 60_000);
    await registerPeer(page, bench.engine, { username, password, record: 'alice', algorithm: 'MD5' });
    await until('alice', (bindings) => bindings.length === 2);
    await page.close();
    await until('alice', (bindings) => bindings.length === 1);
    await desk.close();
    const [left] = await until('alice', ([binding]) => binding?.reachable === false);
    expect(left).toMatchObject({ device: 'desk', kind: 'sip' });
  });
});
