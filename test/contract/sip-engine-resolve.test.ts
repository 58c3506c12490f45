import type { Answer } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { Engine, EngineOptions } from '../../server/sip-engine/index.ts';
import { records, startNameServer } from '../support/sip/name-server.ts';
import type { NameServer } from '../support/sip/name-server.ts';
import { connectApp } from '../support/sip/srf.ts';
import type { App } from '../support/sip/srf.ts';
import { random, tcpServerPeer, testSdp, udpPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, fastTimers, portOf, startTestEngine, useBench } from '../support/sip/target.ts';
import { makeTestCertificates, tlsServerPeer } from '../support/sip/tls-peer.ts';

const { a, aaaa, naptr, srv } = records;
const answerSdp = testSdp.replace('40000', '40002');
const domain = 'example.test';

describe.runIf(embedded)('finding SIP servers (RFC 3263)', () => {
  const bench = useBench();

  const kept = <T extends { close(): Promise<void> }>(thing: T): T => {
    bench.later(() => thing.close());
    return thing;
  };

  const setting = async (
    zone: readonly Answer[],
    options: Partial<EngineOptions> = {},
  ): Promise<{ app: App; engine: Engine; names: NameServer }> => {
    const names = kept(await startNameServer(zone));
    const engine = kept(await startTestEngine({ dns: names.place, ...options }));
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret };
    const app = await connectApp(target);
    bench.later(() => app.disconnect());
    return { app, engine, names };
  };

  const options = async (app: App, uri: string, peer: RawPeer): Promise<void> => {
    const asked = app.srf.request(uri, { method: 'OPTIONS' });
    peer.answer(await peer.request('OPTIONS'), '200 OK', { tag: random() });
    await asked;
  };

  it('asks for NAPTR, SRV and addresses, and remembers them', async () => {
    const peer = kept(await tcpServerPeer());
    const { app, names } = await setting([
      naptr(domain, 10, 'SIP+D2T', `_sip._tcp.${domain}`),
      naptr(domain, 20, 'SIP+D2U', `_sip._udp.${domain}`),
      srv(`_sip._tcp.${domain}`, `one.${domain}`, peer.wire.port),
      a(`one.${domain}`, '127.0.0.1'),
    ]);
    await options(app, `sip:bob@${domain}`, peer);
    const questions = [...names.asked];
    expect(questions[0]).toBe(`NAPTR ${domain}`);
    expect(questions).toContain(`SRV _sip._tcp.${domain}`);
    expect(questions).toContain(`A one.${domain}`);
    await options(app, `sip:carol@${domain}`, peer);
    expect(names.asked).toEqual(questions);
  });

  it('takes the transport the URI names, and addresses only where a port is named', async () => {
    const peer = kept(await udpPeer());
    const { app, names } = await setting([
      srv(`_sip._udp.${domain}`, `one.${domain}`, peer.wire.port),
      a(`one.${domain}`, '127.0.0.1'),
      a(domain, '127.0.0.1'),
    ]);
    await options(app, `sip:bob@${domain};transport=udp`, peer);
    expect(names.asked.some((question) => question.startsWith('NAPTR'))).toBe(false);
    names.asked.length = 0;
    await options(app, `sip:bob@${domain}:${peer.wire.port}`, peer);
    expect(names.asked).toEqual([`A ${domain}`]);
  });

  it('checks a TLS server against the domain that was asked for, not the host SRV named', async () => {
    const certificates = await makeTestCertificates();
    bench.later(() => certificates.remove());
    const right = kept(await tlsServerPeer(await certificates.issue([domain])));
    const wrong = kept(await tlsServerPeer(await certificates.issue([`one.${domain}`])));
    const { app } = await setting(
      [
        srv(`_sips._tcp.${domain}`, `one.${domain}`, wrong.wire.port, 1),
        srv(`_sips._tcp.${domain}`, `one.${domain}`, right.wire.port, 2),
        a(`one.${domain}`, '127.0.0.1'),
      ],
      {
        listen: [{ protocol: 'tls', host: '127.0.0.1', port: 0 }],
        certificate: certificates.write('own', await certificates.issue(['localhost'])),
        tls: { ca: certificates.ca },
      },
    );
    await options(app, `sips:bob@${domain}`, right);
    expect(wrong.seen).toEqual([]);
  });

  it('sends by IPv6 where that is all there is', async () => {
    const peer = kept(await udpPeer('::1'));
    const listen = (['127.0.0.1', '::1'] as const).map((host) => ({ protocol: 'udp' as const, host, port: 0 }));
    const { app } = await setting([aaaa(domain, '::1')], { listen });
    await options(app, `sip:bob@${domain}:${peer.wire.port}`, peer);
  });

  it('answers 503 for a name nobody knows', async () => {
    const { app, names } = await setting([]);
    const made = app.srf.createUAC('sip:bob@nowhere.test', { localSdp: testSdp });
    await expect(made).rejects.toMatchObject({ status: 503 });
    expect(names.asked).toContain('A nowhere.test');
  });

  describe('goes on to the next server', () => {
    /** Three servers of the domain in this order: the test says what the first ones are. */
    const three = (ports: readonly number[]): Answer[] => [
      ...ports.map((port, at) => srv(`_sip._udp.${domain}`, `one.${domain}`, port, at)),
      a(`one.${domain}`, '127.0.0.1'),
    ];

    it('on silence and on 503, with one echo, one answer and a branch for each', async () => {
      const silent = kept(await udpPeer());
      const busy = kept(await udpPeer());
      const good = kept(await udpPeer());
      const { app, engine } = await setting(three([silent, busy, good].map(({ wire }) => wire.port)), {
        patience: { nextTarget: 150 },
      });
      const statuses: number[] = [];
      const made = app.srf.createUAC(
        `sip:bob@${domain};transport=udp`,
        { localSdp: testSdp },
        { cbProvisional: (response: { status: number }) => statuses.push(response.status) },
      );
      busy.answer(await busy.request('INVITE'), '503 Service Unavailable', { tag: 'x', lines: ['Retry-After: 5'] });
      const invite = await good.request('INVITE');
      await busy.request('ACK');
      good.answer(invite, '180 Ringing', { tag: 'y' });
      good.answer(invite, '200 OK', { tag: 'y', body: answerSdp });
      await good.request('ACK');
      const dialog = await made;
      expect(statuses).toEqual([180]);
      const seen = [silent, busy, good].map((peer) => peer.seen.find(({ method }) => method === 'INVITE'));
      expect(new Set(seen.map((message) => message?.header('Call-ID'))).size).toBe(1);
      expect(new Set(seen.map((message) => message?.header('Via'))).size).toBe(3);
      // What was given up for its silence takes the call after all: it is told at once that nobody is there.
      silent.answer(await silent.request('INVITE'), '200 OK', { tag: 'late', body: answerSdp });
      expect((await silent.request('ACK')).tag('To')).toBe('late');
      silent.answer(await silent.request('BYE'), '200 OK');
      const ended = dialog.destroy();
      good.answer(await good.request('BYE'), '200 OK');
      await ended;
      // The next call begins with the one that works.
      silent.seen.length = 0;
      await options(app, `sip:bob@${domain};transport=udp`, good);
      expect(silent.seen).toEqual([]);
      expect(engine.counts().dialogs).toBe(0);
    });

    it('on a connection that is refused', async () => {
      const gone = await tcpServerPeer();
      await gone.close();
      const good = kept(await tcpServerPeer());
      const { app } = await setting([
        srv(`_sip._tcp.${domain}`, `one.${domain}`, gone.wire.port, 1),
        srv(`_sip._tcp.${domain}`, `one.${domain}`, good.wire.port, 2),
        a(`one.${domain}`, '127.0.0.1'),
      ]);
      await options(app, `sip:bob@${domain};transport=tcp`, good);
    });

    it('but not on 486, nor when the app has cancelled', async () => {
      const first = kept(await udpPeer());
      const second = kept(await udpPeer());
      const { app } = await setting(three([first.wire.port, second.wire.port]), { patience: { nextTarget: 5000 } });
      const busy = app.srf.createUAC(`sip:bob@${domain};transport=udp`, { localSdp: testSdp });
      first.answer(await first.request('INVITE'), '486 Busy Here', { tag: 'x' });
      await expect(busy).rejects.toMatchObject({ status: 486 });
      const cancelled = app.srf.createUAC(
        `sip:bob@${domain};transport=udp`,
        { localSdp: testSdp },
        { cbRequest: (_error: unknown, request: { cancel(): void }) => request.cancel() },
      );
      const invite = await first.request('INVITE');
      first.answer(invite, '100 Trying', { contact: false });
      first.answer(await first.request('CANCEL'), '200 OK', { tag: 'z' });
      first.answer(invite, '503 Service Unavailable', { tag: 'z' });
      await expect(cancelled).rejects.toMatchObject({ status: 503 });
      expect(second.seen).toEqual([]);
    });

    it('of a proxied request too: the caller hears of the one that answered', async () => {
      const silent = kept(await udpPeer());
      const busy = kept(await udpPeer());
      const good = kept(await udpPeer());
      const { app, engine } = await setting(three([silent, busy, good].map(({ wire }) => wire.port)), {
        patience: { nextTarget: 150 },
      });
      app.srf.invite((request) => void app.srf.proxyRequest(request, `sip:bob@${domain};transport=udp`));
      const caller = kept(await udpPeer());
      const udp = portOf(engine, 'udp');
      const invite = caller.send('INVITE', udp, { body: testSdp });
      busy.answer(await busy.request('INVITE'), '503 Service Unavailable', { tag: 'x' });
      const got = await good.request('INVITE');
      good.answer(got, '200 OK', { tag: 'y', body: answerSdp, port: udp });
      const answer = await caller.response(200, 'INVITE');
      caller.inDialog('ACK', good.wire.port, invite, answer);
      await good.request('ACK');
      expect(caller.count(({ status }) => status >= 300)).toBe(0);
      expect(got.headers('Via')).toHaveLength(2);
    });

    it('and tells of the last failure when all have failed', async () => {
      const peers = [kept(await udpPeer()), kept(await udpPeer())];
      const { app } = await setting(three(peers.map(({ wire }) => wire.port)));
      const made = app.srf.createUAC(`sip:bob@${domain};transport=udp`, { localSdp: testSdp });
      for (const peer of peers) {
        peer.answer(await peer.request('INVITE'), '503 Service Unavailable', { tag: 'x' });
      }
      await expect(made).rejects.toMatchObject({ status: 503 });
    });
  });
});

describe.runIf(embedded)('requests too large for a datagram (RFC 3261 section 18.1.1)', () => {
  const bench = useBench({ timers: fastTimers });
  const large = testSdp + 'a=x-padding:' + 'x'.repeat(1200) + '\r\n';

  it('go by TCP where UDP was meant, and stay there for the dialog', async () => {
    const app = await bench.app();
    const datagrams = await bench.udp();
    const peer = await tcpServerPeer('127.0.0.1', datagrams.wire.port);
    bench.later(() => peer.close());
    const made = app.srf.createUAC(datagrams.contact, { localSdp: large });
    const invite = await peer.request('INVITE');
    expect(invite.header('Via')).toMatch(/^SIP\/2\.0\/TCP /);
    peer.answer(invite, '200 OK', { tag: 'x', body: answerSdp });
    await peer.request('ACK');
    const ended = (await made).destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await ended;
    expect(datagrams.seen).toEqual([]);
    const small = app.srf.request(datagrams.contact, { method: 'OPTIONS' });
    datagrams.answer(await datagrams.request('OPTIONS'), '200 OK', { tag: 'x' });
    await small;
  });

  it('go by UDP all the same to a peer that refuses TCP, which is asked once', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    for (let call = 0; call < 2; call++) {
      const made = app.srf.createUAC(peer.contact, { localSdp: large });
      const invite = await peer.request('INVITE');
      expect(invite.header('Via')).toMatch(/^SIP\/2\.0\/UDP /);
      expect(invite.body).toBe(large);
      peer.answer(invite, '486 Busy Here', { tag: 'x' });
      await expect(made).rejects.toMatchObject({ status: 486 });
    }
  });
});
