import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, EngineOptions } from '../../server/sip-engine/index.ts';
import { startProgram } from '../support/programs.ts';
import { connectApp } from '../support/sip/srf.ts';
import type { App, Srf } from '../support/sip/srf.ts';
import { random, tcpPeer, tcpServerPeer, testSdp, udpPeer, webSocketPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, portOf, startTestEngine, useBench } from '../support/sip/target.ts';
import { makeTestCertificates, tlsPeer, tlsServerPeer } from '../support/sip/tls-peer.ts';
import type { TestCertificates } from '../support/sip/tls-peer.ts';

const answerSdp = testSdp.replace('40000', '40002');
const serves = (srf: Srf): void => srf.options((_request, response) => response.send(200));

/** The serial number of the certificate a port shows now. */
async function serialAt(port: number, ca: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, ca });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe.runIf(embedded)('SIP over TLS', () => {
  const bench = useBench();
  let certificates: TestCertificates;
  beforeAll(async () => {
    certificates = await makeTestCertificates();
  });
  afterAll(() => certificates.remove());

  const tlsEngine = async (options: Partial<EngineOptions> = {}, name = random()): Promise<Engine> => {
    const certificate = certificates.write(name, await certificates.issue(['localhost', '127.0.0.1', '::1']));
    const engine = await startTestEngine({
      listen: [
        { protocol: 'tls', host: '127.0.0.1', port: 0 },
        { protocol: 'wss', host: '127.0.0.1', port: 0 },
        { protocol: 'udp', host: '127.0.0.1', port: 0 },
        { protocol: 'tcp', host: '127.0.0.1', port: 0 },
      ],
      certificate,
      tls: { ca: certificates.ca },
      ...options,
    });
    bench.later(() => engine.close());
    return engine;
  };

  const appOf = async (engine: Engine, prepare: (srf: Srf) => void = serves): Promise<App> => {
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret };
    const app = await connectApp(target, { prepare });
    bench.later(() => app.disconnect());
    return app;
  };

  const over = async (engine: Engine): Promise<Awaited<ReturnType<typeof tlsPeer>>> => {
    const peer = await tlsPeer(portOf(engine, 'tls'), { ca: certificates.authority.certificate });
    bench.later(() => peer.close());
    return peer;
  };

  const answering = async (hosts: readonly string[]): Promise<Awaited<ReturnType<typeof tlsServerPeer>>> => {
    const peer = await tlsServerPeer(await certificates.issue(hosts));
    bench.later(() => peer.close());
    return peer;
  };

  it('takes a call, with the TLS port in our Contact, and ends it over the same connection', async () => {
    const engine = await tlsEngine();
    const app = await appOf(engine, (srf) =>
      srf.invite((request, response) => {
        void srf.createUAS(request, response, { localSdp: answerSdp }).then((dialog) => dialog.destroy());
      }),
    );
    expect(app.hostports).toContain(`tls/127.0.0.1:${portOf(engine, 'tls')}`);
    const peer = await over(engine);
    const invite = peer.send('INVITE', portOf(engine, 'tls'), { body: testSdp });
    const answer = await peer.response(200, 'INVITE');
    expect(answer.header('Contact')).toContain(`127.0.0.1:${portOf(engine, 'tls')};transport=tls`);
    peer.inDialog('ACK', portOf(engine, 'tls'), invite, answer);
    const bye = await peer.request('BYE');
    expect(bye.header('Via')).toMatch(/^SIP\/2\.0\/TLS /);
    peer.answer(bye, '200 OK');
  });

  it('answers a sips: request with a sips: Contact', async () => {
    const engine = await tlsEngine();
    await appOf(engine, (srf) =>
      srf.invite((request, response) => void srf.createUAS(request, response, { localSdp: answerSdp })),
    );
    const peer = await over(engine);
    const port = portOf(engine, 'tls');
    const invite = peer.send('INVITE', port, { uri: `sips:bob@127.0.0.1:${port}`, body: testSdp });
    const answer = await peer.response(200);
    expect(answer.header('Contact')).toContain(`<sips:127.0.0.1:${port}`);
    peer.inDialog('ACK', port, invite, answer);
  });

  it('calls out to a certificate of an authority it knows, and again over the same connection', async () => {
    const engine = await tlsEngine();
    const app = await appOf(engine);
    const peer = await answering(['127.0.0.1']);
    for (let call = 0; call < 2; call++) {
      const made = app.srf.createUAC(`sips:bob@127.0.0.1:${peer.wire.port}`, { localSdp: testSdp });
      const invite = await peer.request('INVITE');
      expect(invite.header('Contact')).toContain('<sips:');
      peer.answer(invite, '200 OK', { tag: random(), body: answerSdp });
      await peer.request('ACK');
      const ended = (await made).destroy();
      peer.answer(await peer.request('BYE'), '200 OK');
      await ended;
    }
    expect(peer.connections()).toBe(1);
  });

  it.each([
    ['is for another domain', ['other.example'], {}],
    ['is of an authority nobody trusts', ['127.0.0.1'], { ca: undefined }],
  ])('says nothing to a server whose certificate %s: 503', async (_name, hosts, tls) => {
    const engine = await tlsEngine({ tls: { ca: certificates.ca, ...tls } });
    const app = await appOf(engine);
    const peer = await answering(hosts);
    const made = app.srf.createUAC(`sip:bob@127.0.0.1:${peer.wire.port};transport=tls`, { localSdp: testSdp });
    await expect(made).rejects.toMatchObject({ status: 503 });
    expect(peer.seen).toEqual([]);
  });

  it('asks everybody all the same when told not to verify', async () => {
    const engine = await tlsEngine({ tls: { verify: false } });
    const app = await appOf(engine);
    const peer = await answering(['other.example']);
    const asked = app.srf.request(`sip:bob@127.0.0.1:${peer.wire.port};transport=tls`, { method: 'OPTIONS' });
    peer.answer(await peer.request('OPTIONS'), '200 OK', { tag: random() });
    await asked;
  });

  it('wants a certificate of its clients when mutual TLS is on', async () => {
    const engine = await tlsEngine({ tls: { ca: certificates.ca, mutual: true } });
    await appOf(engine);
    const ca = certificates.authority.certificate;
    const stranger = await tlsPeer(portOf(engine, 'tls'), { ca });
    // TLS 1.3: the client learns of the refusal only after its own handshake.
    await new Promise((closed) => stranger.socket.once('close', closed));
    const identity = await certificates.issue(['client.example']);
    const peer = await tlsPeer(portOf(engine, 'tls'), { ca, identity });
    bench.later(() => peer.close());
    peer.send('OPTIONS', portOf(engine, 'tls'));
    await peer.response(200, 'OPTIONS');
  });

  it('asks mutual TLS only of authorities it was given: well-known ones would let in everybody', async () => {
    await expect(tlsEngine({ tls: { mutual: true } })).rejects.toThrow('--tls-ca');
  });

  it('takes a new certificate while connections stand: tls and wss', async () => {
    const engine = await tlsEngine({}, 'swapped');
    await appOf(engine);
    const ca = certificates.authority.certificate;
    const ports = [portOf(engine, 'tls'), portOf(engine, 'wss')];
    const old = await Promise.all(ports.map((port) => serialAt(port, ca)));
    expect(old[0]).toBe(old[1]);
    const peer = await over(engine);
    const web = await webSocketPeer(`wss://127.0.0.1:${portOf(engine, 'wss')}`);
    bench.later(() => web.close());
    certificates.write('swapped', await certificates.issue(['localhost', '127.0.0.1']));
    expect(engine.reload()).toBe(true);
    const fresh = await Promise.all(ports.map((port) => serialAt(port, ca)));
    expect(fresh[0]).toBe(fresh[1]);
    expect(fresh[0]).not.toBe(old[0]);
    for (const each of [peer, web]) {
      each.send('OPTIONS', portOf(engine, 'tls'));
      await each.response(200, 'OPTIONS');
    }
  });

  it('keeps the old certificate when the new files are no pair, and sees by itself when they are', async () => {
    const engine = await tlsEngine({}, 'watched');
    const ca = certificates.authority.certificate;
    const port = portOf(engine, 'tls');
    const old = await serialAt(port, ca);
    const [one, other] = await Promise.all([certificates.issue(['127.0.0.1']), certificates.issue(['127.0.0.1'])]);
    certificates.write('watched', { certificate: one.certificate, key: other.key });
    expect(engine.reload()).toBe(false);
    expect(await serialAt(port, ca)).toBe(old);
    certificates.write('watched', one);
    while ((await serialAt(port, ca)) === old);
  });

  it('is TLS 1.2 or newer to openssl', async () => {
    const engine = await tlsEngine();
    await appOf(engine);
    const port = portOf(engine, 'tls');
    const asked = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', certificates.ca];
    const old = startProgram('openssl', [...asked, '-tls1_1']);
    expect(await old.exited).not.toBe(0);
    const program = startProgram('openssl', asked);
    await program.exited;
    const text = program.output();
    expect(text).toContain('Verify return code: 0 (ok)');
    expect(text).toMatch(/TLSv1\.3/);
  });
});

describe.runIf(embedded)('SIP over IPv6', () => {
  const bench = useBench();
  let certificates: TestCertificates;
  let engine: Engine;
  let app: App;
  beforeAll(async () => {
    certificates = await makeTestCertificates();
    const place = (protocol: 'udp' | 'tcp' | 'tls' | 'ws', host: string) => ({ protocol, host, port: 0 });
    engine = await startTestEngine({
      listen: (['udp', 'tcp', 'tls', 'ws'] as const).flatMap((kind) => [place(kind, '127.0.0.1'), place(kind, '::1')]),
      certificate: certificates.write('six', await certificates.issue(['::1', '127.0.0.1'])),
      tls: { ca: certificates.ca },
    });
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret };
    app = await connectApp(target, {
      prepare: (srf) =>
        srf.invite((request, response) => {
          void srf.createUAS(request, response, { localSdp: answerSdp }).then((dialog) => dialog.destroy());
        }),
    });
  });
  afterAll(async () => {
    await app.disconnect();
    await engine.close();
    certificates.remove();
  });

  const six = (protocol: string): number =>
    engine.ports.listen.find((place) => place.protocol === protocol && isIPv6(place.host))?.port ?? 0;

  const peers: Record<string, () => Promise<RawPeer>> = {
    udp: () => udpPeer('::1'),
    tcp: () => tcpPeer(six('tcp'), '::1'),
    tls: () => tlsPeer(six('tls'), { ca: certificates.authority.certificate, host: '::1' }),
    ws: () => webSocketPeer(`ws://[::1]:${six('ws')}`),
  };

  it.each(['udp', 'tcp', 'tls', 'ws'])('takes a call over %s and ends it', async (kind) => {
    const peer = await (peers[kind] ?? udpPeer)();
    bench.later(() => peer.close());
    const invite = peer.send('INVITE', six(kind), { uri: `sip:bob@[::1]:${six(kind)}`, body: testSdp });
    const answer = await peer.response(200, 'INVITE');
    expect(answer.header('Contact')).toContain(`@[::1]:${six(kind)}`.slice(1));
    peer.inDialog('ACK', six(kind), invite, answer);
    const bye = await peer.request('BYE');
    expect(bye.header('Via')).toContain(` [::1]:${six(kind)};`);
    peer.answer(bye, '200 OK', { port: six(kind) });
  });

  it.each(['udp', 'tcp'])('calls out over %s from the listener of that family', async (kind) => {
    for (const host of ['::1', '127.0.0.1']) {
      const peer = kind === 'udp' ? await udpPeer(host) : await tcpServerPeer(host);
      bench.later(() => peer.close());
      const asked = app.srf.request(peer.contact, { method: 'OPTIONS' });
      const options = await peer.request('OPTIONS');
      const own = engine.ports.listen.find((place) => place.protocol === kind && place.host === host);
      expect(options.header('Via')).toContain(`${host === '::1' ? '[::1]' : host}:${own?.port ?? 0};`);
      peer.answer(options, '200 OK', { tag: random() });
      await asked;
    }
  });
});

describe.runIf(embedded)('an advertised address', () => {
  const bench = useBench();

  it('is told for each listener, but not to the networks beside it', async () => {
    const engine = await startTestEngine({
      listen: [
        { protocol: 'udp', host: '127.0.0.1', port: 0, advertise: { host: '192.0.2.1', port: 5080 } },
        { protocol: 'tcp', host: '127.0.0.1', port: 0 },
        { protocol: 'udp', host: '127.0.0.2', port: 0, advertise: { host: '192.0.2.2' } },
      ],
      advertise: 'sip.example.com',
      localNetworks: ['127.0.9.0/24'],
    });
    bench.later(() => engine.close());
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret };
    const app = await connectApp(target, { prepare: serves });
    bench.later(() => app.disconnect());
    const [udp, tcp, second] = engine.ports.listen.map(({ port }) => port);
    expect(app.hostports).toBe(`udp/192.0.2.1:5080,tcp/sip.example.com:${tcp},udp/192.0.2.2:${second}`);
    const far = await udpPeer();
    const near = await udpPeer('127.0.9.1');
    for (const peer of [far, near]) bench.later(() => peer.close());
    for (const [peer, host] of [
      [far, '192.0.2.1:5080'],
      [near, `127.0.0.1:${udp}`],
    ] as const) {
      const asked = app.srf.request(peer.contact, { method: 'OPTIONS' });
      const options = await peer.request('OPTIONS');
      expect(options.header('Via')).toContain(` ${host};`);
      peer.answer(options, '200 OK', { tag: random(), port: udp ?? 0 });
      await asked;
    }
  });
});
