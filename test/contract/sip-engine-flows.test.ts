import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LinkClient } from '../support/sip/link.ts';
import { firstRequest } from '../support/sip/srf.ts';
import type { App, SrfDialog } from '../support/sip/srf.ts';
import { random, testSdp, webSocketPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, portOf, startTestEngine, useBench } from '../support/sip/target.ts';
import { connectApp } from '../support/sip/srf.ts';

const answerSdp = testSdp.replace('40000', '40002');

describe.runIf(embedded)('flows of registered contacts', () => {
  const bench = useBench();
  const port = (): number => bench.target.udp;

  /** An app that accepts every REGISTER with the expiry asked for. */
  const registrar = (): Promise<App> =>
    bench.app({
      prepare: (srf) =>
        srf.register((request, response) => {
          const expires = request.has('Expires') ? request.get('Expires') : '60';
          response.send(200, { headers: { Contact: request.get('Contact'), Expires: expires } });
        }),
    });

  const register = async (peer: RawPeer, expires = 60): Promise<void> => {
    peer.send('REGISTER', port(), { headers: [`Expires: ${expires}`], to: '<sip:agent@127.0.0.1>' });
    await peer.response(200, 'REGISTER');
  };

  const answered = async (app: App, peer: RawPeer): Promise<SrfDialog> => {
    const made = app.srf.createUAC(peer.contact, { localSdp: testSdp });
    peer.answer(await peer.request('INVITE'), '200 OK', { tag: random(), body: answerSdp });
    await peer.request('ACK');
    return made;
  };

  it.each(['ws', 'tcp'] as const)('reach a contact over the %s connection it registered by', async (kind) => {
    const app = await registrar();
    const peer = await bench[kind]();
    await register(peer);
    const dialog = await answered(app, peer);
    const ended = dialog.destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await ended;
  });

  it('reach it by its newest connection, inside a dialog too, and outlive the close of the old one', async () => {
    const app = await registrar();
    const first = await bench.ws('same-user');
    await register(first);
    const dialog = await answered(app, first);
    const url = `ws://127.0.0.1:${portOf(bench.engine, 'ws')}`;
    const second = await webSocketPeer(url, 'same-user', first.wire.host);
    bench.later(() => second.close());
    expect(second.contact).toBe(first.contact);
    await register(second);
    await first.close();
    const asked = dialog.request({ method: 'INFO' });
    second.answer(await second.request('INFO'), '200 OK');
    expect((await asked).status).toBe(200);
  });

  it('forget the bindings of a closed connection at once, and tell the link', async () => {
    const app = await registrar();
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    bench.later(() => link.close());
    const peer = await bench.ws();
    await register(peer);
    expect(await link.flows()).toEqual([expect.objectContaining({ contact: peer.contact, transport: 'ws' })]);
    const [flow] = await link.flows();
    await peer.close();
    expect(await link.frame('flow-lost')).toMatchObject({ contacts: [peer.contact], remote: flow?.remote });
    expect(await link.flows()).toEqual([]);
    await expect(app.srf.createUAC(peer.contact, { localSdp: testSdp })).rejects.toMatchObject({ status: 503 });
  });

  it('forget a contact that is de-registered, with Expires 0 or with a star', async () => {
    await registrar();
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    bench.later(() => link.close());
    const peer = await bench.ws();
    await register(peer);
    await register(peer, 0);
    expect(await link.flows()).toEqual([]);
    await register(peer);
    expect(await link.flows()).toHaveLength(1);
    peer.send('REGISTER', port(), {
      contact: null,
      headers: ['Contact: *', 'Expires: 0'],
      to: '<sip:agent@127.0.0.1>',
    });
    await peer.response(200, 'REGISTER');
    expect(await link.flows()).toEqual([]);
  });

  it('grant nothing to a REGISTER the app refused', async () => {
    await bench.app({ prepare: (srf) => srf.register((_request, response) => response.send(403)) });
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    bench.later(() => link.close());
    const peer = await bench.ws();
    peer.send('REGISTER', port(), { headers: ['Expires: 60'] });
    await peer.response(403);
    expect(await link.flows()).toEqual([]);
  });

  it('carry a call from a browser that never registered', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.ws();
    const invite = peer.send('INVITE', port(), { body: testSdp });
    const { request, response } = await incoming;
    const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    expect(answer.header('Contact')).toContain(';transport=ws');
    peer.inDialog('ACK', port(), invite, answer);
    const ended = dialog.destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await ended;
  });
});

describe.runIf(embedded)('transports', () => {
  const bench = useBench();

  it('answers CRLF CRLF with CRLF over TCP and WebSocket', async () => {
    const tcp = await bench.tcp();
    tcp.raw('\r\n\r\n');
    expect(await tcp.otherBytes()).toBe('\r\n');
    const ws = await bench.ws();
    ws.raw('\r\n\r\n');
    expect(await ws.otherBytes()).toBe('\r\n');
  });

  it('takes a WebSocket only with the sub-protocol sip', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${portOf(bench.engine, 'ws')}`, 'chat');
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toMatch(/401|400/);
  });

  it('cuts a TCP stream right: two requests in one write, one request in many', async () => {
    await bench.app({ prepare: (srf) => srf.message((_request, response) => response.send(200)) });
    const peer = await bench.tcp();
    const write = peer.wire.write.bind(peer.wire);
    const texts: string[] = [];
    peer.wire.write = (text) => texts.push(String(text));
    for (let count = 0; count < 3; count++) {
      peer.send('MESSAGE', bench.target.tcp, { body: `número ${count}`, type: 'text/plain' });
    }
    write(`${texts[0] ?? ''}${texts[1] ?? ''}`);
    await peer.response(200);
    await peer.response(200);
    for (const byte of Buffer.from(texts[2] ?? '')) peer.socket.write(Buffer.from([byte]));
    await peer.response(200);
  });

  it('answers to the source port with rport, to the port of the Via without', async () => {
    await bench.app({ prepare: (srf) => srf.options((_request, response) => response.send(200)) });
    const [peer, other] = [await bench.udp(), await bench.udp()];
    peer.via = () => `Via: SIP/2.0/UDP 10.9.9.9:4999;branch=z9hG4bK${random()};rport`;
    peer.send('OPTIONS', bench.target.udp);
    const answer = await peer.response(200);
    expect(answer.header('Via')).toContain(`rport=${peer.wire.port}`);
    expect(answer.header('Via')).toContain('received=127.0.0.1');
    peer.via = () => `Via: SIP/2.0/UDP 127.0.0.1:${other.wire.port};branch=z9hG4bK${random()}`;
    peer.send('OPTIONS', bench.target.udp);
    await other.response(200);
  });

  it('sends in-dialog requests to where a peer behind a NAT sends from', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.udp();
    const invite = peer.send('INVITE', bench.target.udp, { body: testSdp, contact: 'sip:alice@192.0.2.7:5060' });
    const { request, response } = await incoming;
    const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    peer.inDialog('ACK', bench.target.udp, invite, answer);
    const ended = dialog.destroy();
    const bye = await peer.request('BYE');
    expect(bye.start).toBe('BYE sip:alice@192.0.2.7:5060 SIP/2.0');
    peer.answer(bye, '200 OK');
    await ended;
  });

  it('calls out over TCP, and uses the connection again', async () => {
    const app = await bench.app();
    const peer = await bench.tcpServer();
    const made = app.srf.createUAC(peer.contact, { localSdp: testSdp });
    peer.answer(await peer.request('INVITE'), '200 OK', { tag: 't', body: answerSdp });
    const ack = await peer.request('ACK');
    expect(ack.header('Via')).toContain('SIP/2.0/TCP');
    const dialog = await made;
    const ended = dialog.destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await ended;
  });

  it('speaks WSS with the certificate it is given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-wss-'));
    bench.later(() => rmSync(folder, { recursive: true }));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-days', '1', '-nodes', '-newkey', 'ec', '-pkeyopt'];
    execFileSync(
      'openssl',
      ['req', '-x509', ...subject, 'ec_paramgen_curve:P-256', '-keyout', key, '-out', certificate],
      {
        stdio: 'ignore',
      },
    );
    const listen = [{ protocol: 'wss', host: '127.0.0.1', port: 0 }] as const;
    const engine = await startTestEngine({ listen, certificate: { certificate, key } });
    bench.later(() => engine.close());
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret };
    const app = await connectApp(target, { prepare: (srf) => srf.options((_request, response) => response.send(200)) });
    bench.later(() => app.disconnect());
    const peer = await webSocketPeer(`wss://127.0.0.1:${portOf(engine, 'wss')}`);
    bench.later(() => peer.close());
    peer.send('OPTIONS', 5060);
    await peer.response(200);
  });

  it('says in one line what is wrong with a port or a certificate', async () => {
    const taken = bench.target.tcp;
    const place = (protocol: 'udp' | 'tcp' | 'wss', port: number) => ({ protocol, host: '127.0.0.1', port });
    const error = async (options: Parameters<typeof startTestEngine>[0]): Promise<unknown> =>
      startTestEngine(options).then(
        (engine) => engine.close(),
        (problem: unknown) => problem,
      );
    const listen = [place('udp', 0), place('tcp', taken)];
    expect(await error({ listen })).toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(String(taken)),
    });
    const link = { host: '127.0.0.1', port: taken };
    expect(await error({ link })).toMatchObject({ code: 'port-in-use', message: expect.stringContaining('--link') });
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-wss-'));
    bench.later(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'bad.pem');
    writeFileSync(file, 'not a certificate');
    expect(await error({ listen: [place('wss', 0)], certificate: { certificate: file, key: file } })).toMatchObject({
      code: 'certificate',
    });
    expect(await error({ listen: [place('wss', 0)] })).toMatchObject({ code: 'certificate' });
  });
});
