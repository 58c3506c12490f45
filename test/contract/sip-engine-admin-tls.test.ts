/** The admin port over TLS, as an app on another machine uses it: drachtio-srf as it is, with its `tls` option. */
import { once } from 'node:events';
import { connect as connectPlainly } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, EngineOptions } from '../../server/sip-engine/index.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import { type App, connectApp, firstRequest, newSrf } from '../support/sip/srf.ts';
import { embedded, portOf, startTestEngine, useBench } from '../support/sip/target.ts';
import { makeTestCertificates, type TestCertificates } from '../support/sip/tls-peer.ts';

const answerSdp = testSdp.replace('40000', '40002');

describe.runIf(embedded)('the admin port over TLS', () => {
  const bench = useBench();
  let certificates: TestCertificates;
  let engine: Engine;
  const own = async (name: string): Promise<NonNullable<EngineOptions['certificate']>> =>
    certificates.write(name, await certificates.issue(['localhost', '127.0.0.1']));

  beforeAll(async () => {
    certificates = await makeTestCertificates();
    const adminTls = { host: '127.0.0.1', port: 0 };
    engine = await startTestEngine({ adminTls, certificate: await own('engine') });
  });
  afterAll(async () => {
    await engine.close();
    certificates.remove();
  });

  const port = (): number => engine.ports.adminTls ?? 0;
  const secureApp = async (options: Parameters<typeof connectApp>[1] = {}): Promise<App> => {
    const target = { host: '127.0.0.1', port: port(), secret: bench.target.secret };
    const tls = { ca: certificates.authority.certificate };
    const app = await connectApp(target, { ...options, connect: { tls } });
    bench.later(() => app.disconnect());
    return app;
  };
  const serialNow = async (): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port: port(), ca: certificates.authority.certificate });
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };

  it('carries a call, beside the plain port', async () => {
    const app = await secureApp();
    expect(app.hostports).toContain(`udp/127.0.0.1:${String(portOf(engine, 'udp'))}`);
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.udp();
    const invite = peer.send('INVITE', portOf(engine, 'udp'), { body: testSdp });
    const { request, response } = await incoming;
    const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    const acknowledged = once(dialog, 'ack');
    peer.inDialog('ACK', portOf(engine, 'udp'), invite, answer);
    await acknowledged;
    const bye = dialog.destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await bye;
    const plain = { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret };
    const other = await connectApp(plain);
    bench.later(() => other.disconnect());
    expect(other.hostports).toBe(app.hostports);
  });

  it('shows a new certificate to those who come, and keeps those who are there', async () => {
    const app = await secureApp({ prepare: (srf) => srf.options((_request, response) => response.send(200)) });
    const before = await serialNow();
    await own('engine');
    expect(engine.reload()).toBe(true);
    expect(await serialNow()).not.toBe(before);
    const peer = await bench.udp();
    peer.send('OPTIONS', portOf(engine, 'udp'));
    await peer.response(200, 'OPTIONS');
    expect(app.socket.destroyed).toBe(false);
  });

  it('refuses a wrong secret, and is refused where its certificate is not trusted', async () => {
    const wrong = connectApp(
      { host: '127.0.0.1', port: port(), secret: 'guessed' },
      { connect: { tls: { ca: certificates.authority.certificate } } },
    );
    await expect(wrong).rejects.toThrow();
    const srf = newSrf();
    const failed = once(srf, 'error');
    srf.connect({ host: '127.0.0.1', port: port(), secret: bench.target.secret, tls: {} });
    const [error] = (await failed) as [NodeJS.ErrnoException];
    srf.disconnect();
    expect(error.code).toMatch(/CERT|SIGNATURE|SELF_SIGNED/);
  });

  it('drops who does not speak TLS, and lives on', async () => {
    const socket = connectPlainly({ host: '127.0.0.1', port: port() });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.write('42#id|authenticate|secret|tag');
    socket.resume();
    await closed;
    await secureApp();
  });

  it('makes room by dropping the one whose handshake lasts longest', async () => {
    const idle = Array.from({ length: 65 }, () => connectPlainly({ host: '127.0.0.1', port: port() }));
    bench.later(() => idle.forEach((socket) => socket.destroy()));
    for (const socket of idle) socket.on('error', () => undefined);
    await Promise.race(idle.map((socket) => once(socket, 'close')));
    await secureApp();
  });

  it('is not opened without a certificate', async () => {
    const adminTls = { host: '127.0.0.1', port: 0 };
    await expect(startTestEngine({ adminTls })).rejects.toThrow(/--cert FILE and --key FILE/);
  });
});
