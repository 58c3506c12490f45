import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../server/sip-engine/index.ts';
import { readRoute } from '../../server/sip-engine/route/route-option.ts';
import { callerRoutes, establish } from '../support/sip/proxying.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { random, testSdp, udpPeer } from '../support/sip/raw-peer.ts';
import { connectApp, newSrf } from '../support/sip/srf.ts';
import type { Srf } from '../support/sip/srf.ts';
import { embedded, portOf, startTestEngine } from '../support/sip/target.ts';
import { makeTestCertificates } from '../support/sip/tls-peer.ts';

const secret = 'contract-secret';
const closers: (() => unknown)[] = [];
const later = (close: () => unknown): void => void closers.push(close);

function portOfServer(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** An engine with these routes, and a peer. */
async function engineWith(
  routes: readonly string[],
  options: Partial<EngineOptions> = {},
): Promise<{ udp: number; admin: number; peer: RawPeer; counts: () => { undecided: number; dialogs: number } }> {
  const read = routes.map((text) => {
    const route = readRoute(text);
    if (route === undefined) throw new Error(text);
    return route;
  });
  const engine = await startTestEngine({
    routes: read,
    timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 },
    ...options,
  });
  const peer = await udpPeer();
  later(() => engine.close());
  later(() => peer.close());
  return { udp: portOf(engine, 'udp'), admin: engine.ports.admin, peer, counts: () => engine.counts() };
}

/** An unmodified srf that waits for the engine. */
async function listening(
  prepare: (srf: Srf) => void,
  word = secret,
): Promise<{ srf: Srf; port: number; sockets: Socket[] }> {
  const srf = newSrf();
  srf.on('error', () => {});
  prepare(srf);
  const server = createServer();
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  srf.listen({ server, secret: word });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => server.close());
  later(() => sockets.forEach((socket) => socket.destroy()));
  return { srf, port: portOfServer(server), sockets };
}

/** A web server that says what to do; `asked` has what it was asked. */
async function answering(
  answer: unknown,
): Promise<{ url: string; asked: { url: URL; method: string; body: string }[] }> {
  const asked: { url: URL; method: string; body: string }[] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      asked.push({ url: new URL(request.url ?? '', 'http://x'), method: request.method ?? '', body });
      if (answer === undefined) return;
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${portOfServer(server)}/ask?site=1`, asked };
}

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A stock drachtio-server does the same with `<request-handlers>` in its configuration, which a test cannot change. */
describe.runIf(embedded)('apps the engine connects to (srf.listen)', () => {
  const call = (srf: Srf): void =>
    srf.invite((request, response) => {
      void srf.createUAS(request, response, { localSdp: testSdp }).then((dialog) => {
        dialog.on('destroy', () => srf.endSession(request));
      });
    });

  it('get a whole call over a connection of its own, which endSession closes', async () => {
    const { port, sockets } = await listening(call);
    const { udp, peer, counts } = await engineWith([`INVITE=tcp://127.0.0.1:${port}`]);
    for (let calls = 1; calls <= 2; calls++) {
      const invite = peer.send('INVITE', udp, { body: testSdp });
      const ok = await peer.response(200, 'INVITE');
      peer.inDialog('ACK', udp, invite, ok);
      expect(sockets).toHaveLength(calls);
      const [socket] = sockets.slice(-1);
      const closed = socket && once(socket, 'close');
      peer.inDialog('BYE', udp, invite, ok);
      await peer.response(200, 'BYE');
      await closed;
      expect(counts().dialogs).toBe(0);
    }
  });

  it('may be behind TLS, whatever their certificate says', async () => {
    const certificates = await makeTestCertificates();
    later(() => certificates.remove());
    const files = certificates.write('app', await certificates.issue(['somebody-else.example']));
    const srf = newSrf();
    srf.on('error', () => {});
    srf.message((_request, response) => response.send(200));
    const tls = { cert: readFileSync(files.certificate), key: readFileSync(files.key) };
    const server = srf.listen({ tls, port: 0, host: '127.0.0.1', secret });
    await once(server, 'listening');
    later(() => server.close());
    const { udp, peer } = await engineWith([`*=tls://127.0.0.1:${portOfServer(server)}`]);
    peer.send('MESSAGE', udp, { contact: null });
    await peer.response(200, 'MESSAGE');
  });

  it('answer for the methods named, others go to the apps that routed them', async () => {
    const { port } = await listening((srf) => srf.message((_request, response) => response.send(202)));
    const { udp, admin, peer } = await engineWith([`MESSAGE=tcp://127.0.0.1:${port}`]);
    const app = await connectApp(
      { host: '127.0.0.1', port: admin, secret },
      {
        prepare: (srf) => {
          srf.message((_request, response) => response.send(200));
          srf.options((_request, response) => response.send(200));
        },
      },
    );
    later(() => app.disconnect());
    peer.send('MESSAGE', udp, { contact: null });
    await peer.response(202, 'MESSAGE');
    peer.send('OPTIONS', udp);
    await peer.response(200, 'OPTIONS');
  });

  it('are 480 when they cannot be connected to, give a wrong secret, or never speak', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const refused = portOfServer(closed);
    closed.close();
    await once(closed, 'close');
    const wrong = await listening(call, 'wrong');
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    later(() => mute.close());
    for (const port of [refused, wrong.port, portOfServer(mute)]) {
      const { udp, peer, counts } = await engineWith([`INVITE=tcp://127.0.0.1:${port}`], {
        patience: { connect: 200 },
      });
      peer.send('INVITE', udp, { body: testSdp });
      await peer.response(480);
      expect(counts().undecided).toBe(0);
    }
  });

  it('are told nothing of a call that was cancelled before they were there', async () => {
    let authenticate: () => void = () => {};
    const server = createServer((socket) => {
      socket.on('error', () => {});
      const frame = `a|authenticate|${secret}|`;
      authenticate = () => void socket.write(`${frame.length}#${frame}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    later(() => server.close());
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const { udp, peer } = await engineWith([`INVITE=tcp://127.0.0.1:${portOfServer(server)}`]);
    const branch = `z9hG4bK${random()}`;
    const invite = peer.send('INVITE', udp, { branch, body: testSdp });
    const [socket] = await connected;
    const { callId, from } = { callId: invite.header('Call-ID'), from: invite.header('From') };
    peer.send('CANCEL', udp, { branch, callId, from, contact: null });
    await peer.response(487);
    let heard = '';
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    const gone = once(socket, 'close');
    authenticate();
    await gone;
    expect(heard).toContain('|OK|');
    expect(heard).not.toContain('INVITE');
  });

  it('end their calls when they die: nobody comes back to such a connection', async () => {
    const { port, sockets } = await listening(call);
    const { udp, peer } = await engineWith([`INVITE=tcp://127.0.0.1:${port}`]);
    const invite = peer.send('INVITE', udp, { body: testSdp });
    const ok = await peer.response(200, 'INVITE');
    peer.inDialog('ACK', udp, invite, ok);
    peer.inDialog('OPTIONS', udp, invite, ok);
    await peer.next((message) => message.status >= 200 && message.header('CSeq').endsWith('OPTIONS'));
    sockets.forEach((socket) => socket.destroy());
    expect((await peer.request('BYE')).header('Reason')).toContain('Session owner lost');
  });
});

describe.runIf(embedded)('methods somebody is asked about by HTTP', () => {
  it('are asked with what is known of the request', async () => {
    const { url, asked } = await answering({ action: 'reject', data: { status: 486, reason: 'Not now' } });
    const { udp, peer, counts } = await engineWith([`INVITE=${url}`]);
    const uri = `sip:bob@127.0.0.1:${udp};color=blue`;
    peer.send('INVITE', udp, { uri, body: testSdp });
    const answer = await peer.response(486);
    expect(answer.start).toBe('SIP/2.0 486 Not now');
    expect(answer.tag('To')).not.toBe('');
    const [question] = asked;
    expect(question?.method).toBe('GET');
    expect(Object.fromEntries(question?.url.searchParams ?? [])).toEqual({
      site: '1',
      method: 'INVITE',
      domain: '127.0.0.1',
      protocol: 'udp',
      source_address: '127.0.0.1',
      fromUser: 'alice',
      toUser: 'bob',
      uriUser: 'bob',
      contentType: 'application/sdp',
      uri,
      color: 'blue',
    });
    expect(counts().undecided).toBe(0);
  });

  it('are asked with POST and the whole request', async () => {
    const { url, asked } = await answering({ action: 'reject', data: { status: 403 } });
    const { udp, peer } = await engineWith([`MESSAGE=POST ${url}`]);
    peer.send('MESSAGE', udp, { contact: null, body: 'hello 你好', type: 'text/plain' });
    await peer.response(403);
    expect(asked[0]?.method).toBe('POST');
    expect(asked[0]?.body).toMatch(/^MESSAGE sip:bob[^]*\r\n\r\nhello 你好$/);
  });

  it('are redirected', async () => {
    const { url } = await answering({ action: 'redirect', data: { contact: ['sip:a@127.0.0.9', 'sip:b@127.0.0.9'] } });
    const { udp, peer } = await engineWith([`INVITE=${url}`]);
    peer.send('INVITE', udp, { body: testSdp });
    expect((await peer.response(302)).headers('Contact')).toEqual(['<sip:a@127.0.0.9>', '<sip:b@127.0.0.9>']);
  });

  it('are proxied', async () => {
    const callee = await udpPeer();
    later(() => callee.close());
    const { url } = await answering({ action: 'proxy', data: { destination: callee.contact, recordRoute: true } });
    const { udp, peer } = await engineWith([`INVITE=${url}`]);
    peer.send('INVITE', udp, { body: testSdp });
    const got = await callee.request('INVITE');
    expect(got.header('Record-Route')).toContain(';lr');
    callee.answer(got, '200 OK', { tag: 'w', body: testSdp });
    expect((await peer.response(200, 'INVITE')).tag('To')).toBe('w');
  });

  it('are sent on where the configuration says, without any app, and stay in the path until BYE', async () => {
    const callee = await udpPeer();
    later(() => callee.close());
    const { udp, peer, counts } = await engineWith([`INVITE=${callee.contact}`]);
    const { invite, ok } = await establish(peer, callee, udp);
    peer.inDialog('BYE', udp, invite, ok, { cseq: 2, headers: callerRoutes(ok) });
    callee.answer(await callee.request('BYE'), '200 OK');
    await peer.response(200, 'BYE');
    expect(counts()).toMatchObject({ undecided: 0, dialogs: 0 });
  });

  it('are given to the app named, by its address or by its tag', async () => {
    const { port } = await listening((srf) => srf.message((_request, response) => response.send(202)));
    const { url } = await answering({ action: 'route', data: { uri: `127.0.0.1:${port}` } });
    const byAddress = await engineWith([`MESSAGE=${url}`]);
    byAddress.peer.send('MESSAGE', byAddress.udp, { contact: null });
    await byAddress.peer.response(202);

    const { url: tagged } = await answering({ action: 'route', data: { tag: 'blue' } });
    const byTag = await engineWith([`MESSAGE=${tagged}`]);
    const app = (tags: string[], status: number): Promise<{ disconnect(): Promise<void> }> =>
      connectApp(
        { host: '127.0.0.1', port: byTag.admin, secret },
        { tags, prepare: (srf) => srf.message((_request, response) => response.send(status)) },
      );
    const red = await app(['red'], 488);
    const blue = await app(['green', 'blue'], 200);
    for (let count = 0; count < 2; count++) {
      byTag.peer.send('MESSAGE', byTag.udp, { contact: null });
      await byTag.peer.response(200, 'MESSAGE');
    }
    await blue.disconnect();
    byTag.peer.send('MESSAGE', byTag.udp, { contact: null });
    await byTag.peer.response(480);
    await red.disconnect();
  });

  it.each<[string, unknown]>([
    ['no JSON', 'hello'],
    ['an action nobody knows', { action: 'dance', data: {} }],
    ['an answer too long to be one', `"${'x'.repeat(100_000)}"`],
    ['no answer in time', undefined],
  ])('are 500 on %s', async (_name, answer) => {
    const { url } = await answering(answer);
    const { udp, peer } = await engineWith([`INVITE=${url}`], { patience: { question: 300 } });
    peer.send('INVITE', udp, { body: testSdp });
    await peer.response(500);
  });

  it('can be cancelled while the answer is awaited', async () => {
    const { url, asked } = await answering(undefined);
    const { udp, peer } = await engineWith([`INVITE=${url}`], { patience: { question: 30_000 } });
    const branch = `z9hG4bK${random()}`;
    const invite = peer.send('INVITE', udp, { branch, body: testSdp });
    await expect.poll(() => asked.length).toBe(1);
    const { callId, from } = { callId: invite.header('Call-ID'), from: invite.header('From') };
    peer.send('CANCEL', udp, { branch, callId, from, contact: null });
    await peer.response(200, 'CANCEL');
    await peer.response(487);
  });
});
