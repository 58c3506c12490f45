/** The engine dies in mid-call, by SIGKILL: confirmed dialogs are there again, and both sides go on in them. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineProgram } from '../support/sip/engine-program.ts';
import { LinkClient } from '../support/sip/link.ts';
import { random, tcpServerPeer, testSdp, udpPeer, webSocketPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { connectApp, firstRequest } from '../support/sip/srf.ts';
import type { App, Srf, SrfDialog, SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { embedded } from '../support/sip/target.ts';
import { until } from '../support/until.ts';

const secret = 'journal-secret';

const answerSdp = testSdp.replace('40000', '40002');

interface SrfInside {
  readonly _app: { readonly client: { readonly mapServer: ReadonlyMap<Socket, unknown> } };
}

/** The dialog on the connection there is now, as the server has its dialogs. */
function live({ srf }: App, dialog: SrfDialog): SrfDialog {
  const get = (): unknown => [...(srf as unknown as SrfInside)._app.client.mapServer.keys()][0];
  return Object.defineProperty(dialog, 'socket', { configurable: true, get });
}

/** Closes the connection srf has now, if it has one. */
function leave({ srf }: App): void {
  const [socket] = (srf as unknown as SrfInside)._app.client.mapServer.keys();
  if (socket !== undefined) srf.disconnect(socket);
}

/** srf is connected (again). Its errors on the way, of connections refused, do not count. */
function connected({ srf }: App): Promise<void> {
  return new Promise((resolve) => srf.once('connect', () => resolve()));
}

describe.runIf(embedded)('kill -9 of the engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-journal-'));
  const journal = join(folder, 'engine.journal');
  const engine = new EngineProgram({ journal, secret });
  const closers: (() => unknown)[] = [];

  beforeAll(() => engine.start());
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await engine.stop();
    rmSync(folder, { recursive: true });
  });

  const keep = <T extends { close(): unknown }>(thing: T): T => {
    closers.push(() => thing.close());
    return thing;
  };
  const app = async (tag = random(), prepare: (srf: Srf) => void = () => {}): Promise<App> => {
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret };
    const made = await connectApp(target, { tags: [tag], prepare });
    closers.push(() => leave(made));
    return made;
  };
  const link = async (): Promise<LinkClient> => keep(await LinkClient.greet(engine.ports.link ?? 0, secret));
  /** Every dialog there is was written down: what the link lists is in the file. */
  const written = async (...ids: readonly string[]): Promise<void> =>
    until(() => ids.every((id) => readFileSync(journal, 'utf8').includes(`"put","dialog":{"id":"${id}"`)));

  interface Call {
    readonly peer: RawPeer;
    readonly dialog: SrfDialog;
    readonly invite: RawMessage;
    readonly answer: RawMessage;
  }

  /** The peer calls the app. */
  async function incoming(one: App, peer: RawPeer, port: number, headers: readonly string[] = []): Promise<Call> {
    const made = Promise.withResolvers<SrfDialog>();
    const callId = `${random()}@raw`;
    one.srf.invite((request, response, next) => {
      if (request.get('Call-ID') !== callId) return next();
      one.srf.createUAS(request, response, { localSdp: answerSdp }).then(made.resolve, made.reject);
    });
    const decided = (): Promise<RawMessage> =>
      peer.next(({ method, status, header }) => method === undefined && status >= 200 && header('Call-ID') === callId);
    let invite = peer.send('INVITE', port, { body: testSdp, headers, callId });
    let answer = await decided();
    // The app is connected, but may not have asked for INVITE yet.
    while (answer.status === 503) {
      invite = peer.send('INVITE', port, { body: testSdp, headers, callId });
      answer = await decided();
    }
    const dialog = await made.promise;
    const acked = once(dialog, 'ack');
    peer.inDialog('ACK', port, invite, answer);
    await acked;
    await written(dialog.id);
    return { peer, dialog, invite, answer };
  }

  /** The app calls the peer. */
  async function outgoing(one: App, peer: RawPeer, options: Parameters<RawPeer['answer']>[2] = {}): Promise<Call> {
    const made = one.srf.createUAC(peer.contact, { localSdp: testSdp });
    const invite = await peer.request('INVITE');
    const answer = peer.answer(invite, '200 OK', { tag: random(), body: answerSdp, ...options });
    const dialog = await made;
    await peer.request('ACK');
    await written(dialog.id);
    return { peer, dialog, invite, answer };
  }

  /** Kills and starts the engine; the app's srf connects again by itself. */
  async function die(one: App): Promise<void> {
    const back = connected(one);
    await engine.kill();
    await engine.start();
    await back;
  }

  const cseq = (message: RawMessage): number => Number.parseInt(message.header('CSeq'), 10);

  /** A request of the peer inside an incoming call, with a CSeq of its own. */
  const ask = (call: Call, method: string, number: number, body?: string): RawMessage =>
    call.peer.inDialog(method, engine.port('udp'), call.invite, call.answer, {
      cseq: number,
      ...(body === undefined ? {} : { body }),
    });

  it('keeps incoming and outgoing calls: re-INVITE and BYE work from both sides, with numbers never used before', async () => {
    const one = await app();
    const [caller, callee, other] = [keep(await udpPeer()), keep(await udpPeer()), keep(await udpPeer())];
    const came = await incoming(one, caller, engine.port('udp'));
    const went = await outgoing(one, callee);
    const ended = await outgoing(one, other);
    const modified = came.dialog.modify(answerSdp);
    const before = await caller.request('INVITE');
    caller.answer(before, '200 OK', { body: testSdp });
    await modified;
    await caller.request('ACK');
    const over = ended.dialog.destroy();
    other.answer(await other.request('BYE'), '200 OK');
    await over;
    await until(() => readFileSync(journal, 'utf8').includes(`"end","id":"${ended.dialog.id}"`));

    await die(one);
    const asked = await link();
    const mine = (await asked.dialogs()).filter(({ id }) => [came, went, ended].some(({ dialog }) => dialog.id === id));
    expect(mine).toHaveLength(2);
    for (const held of mine) expect(held).toMatchObject({ state: 'confirmed', recovered: true, reachable: true });

    // The caller holds and resumes.
    came.dialog.on('modify', (request: SrfRequest, response: SrfResponse) => {
      response.send(200, { body: request.body.includes('sendonly') ? 'v=0\r\na=recvonly\r\n' : answerSdp });
    });
    for (const [number, sdp] of [testSdp.replace('sendrecv', 'sendonly'), testSdp].entries()) {
      ask(came, 'INVITE', 2 + number, sdp);
      const held = await caller.response(200, 'INVITE');
      expect(held.body.includes('recvonly')).toBe(number === 0);
      ask(came, 'ACK', 2 + number);
    }
    // So does the app, in the call it made and in the one it got.
    for (const { dialog, peer, answer, invite } of [came, went]) {
      const again = live(one, dialog).modify(testSdp);
      const reinvite = await peer.request('INVITE');
      const [from, to] =
        dialog.type === 'uas' ? [answer.tag('To'), invite.tag('From')] : [invite.tag('From'), answer.tag('To')];
      expect([reinvite.tag('From'), reinvite.tag('To')]).toEqual([from, to]);
      expect(cseq(reinvite)).toBeGreaterThan(dialog.type === 'uas' ? cseq(before) : cseq(invite));
      peer.answer(reinvite, '200 OK', { body: answerSdp });
      expect(await again).toBe(answerSdp);
      await peer.request('ACK');
    }
    const gone = once(came.dialog, 'destroy');
    ask(came, 'BYE', 9);
    await caller.response(200, 'BYE');
    await gone;
    const bye = went.dialog.destroy();
    callee.answer(await callee.request('BYE'), '200 OK');
    await bye;
    await until(async () => (await asked.dialogs()).length === 0);
  });

  it('says hello as another boot, with the number of calls it took up', async () => {
    const one = await app();
    const hello = async () => {
      const client = keep(await LinkClient.connect(engine.ports.link ?? 0));
      client.send({ type: 'hello', id: 1, secret });
      return client.frame('hello');
    };
    const first = await hello();
    const { dialog, peer } = await incoming(one, keep(await udpPeer()), engine.port('udp'));
    await die(one);
    const second = await hello();
    expect(second.bootId).not.toBe(first.bootId);
    expect(second).toMatchObject({ recovered: 1 });
    expect(second.capabilities).toContain('journal');
    const bye = live(one, dialog).destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await bye;
  });

  it('keeps what a phone asks until the app is back; in calls nobody knows it asks it to come again', async () => {
    const tag = random();
    const one = await app(tag);
    const peer = keep(await udpPeer());
    const call = await incoming(one, peer, engine.port('udp'));
    const heard = once(call.dialog, 'info');
    one.die();
    await engine.kill();
    await engine.start();
    ask(call, 'INFO', 2);
    peer.send('INFO', engine.port('udp'), { to: '<sip:bob@127.0.0.1>;tag=nobody' });
    const refused = await peer.response(503, 'INFO');
    expect(refused.header('Retry-After')).toBe('1');
    await app(tag, (srf) => srf.addDialog(call.dialog));
    const [, response] = (await heard) as [SrfRequest, SrfResponse];
    response.send(200);
    await peer.response(200, 'INFO');
    peer.send('INFO', engine.port('udp'), { to: '<sip:bob@127.0.0.1>;tag=nobody' });
    await peer.response(481, 'INFO');
    ask(call, 'BYE', 3);
    await peer.response(200, 'BYE');
  });

  it('goes the way of the Record-Route', async () => {
    const one = await app();
    const [proxy, caller] = [keep(await udpPeer()), keep(await udpPeer())];
    const route = `<sip:${proxy.wire.host}:${proxy.wire.port};lr>`;
    const { dialog } = await incoming(one, caller, engine.port('udp'), [`Record-Route: ${route}`]);
    await die(one);
    const over = live(one, dialog).destroy();
    const bye = await proxy.request('BYE');
    expect(bye.header('Route')).toBe(route);
    expect(bye.text.startsWith(`BYE ${caller.contact} SIP/2.0`)).toBe(true);
    proxy.answer(bye, '200 OK');
    await over;
  });

  it('opens a new connection to a TCP peer', async () => {
    const one = await app();
    const peer = keep(await tcpServerPeer());
    const { dialog } = await outgoing(one, peer);
    await die(one);
    expect((await (await link()).dialogs()).map(({ reachable }) => reachable)).toEqual([true]);
    const over = live(one, dialog).destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await over;
  });

  it('reaches a browser again once it has registered the same contact', async () => {
    const one = await app();
    one.srf.register((_request, response) => response.send(200, { headers: { Expires: '60' } }));
    const port = engine.port('ws');
    const url = `ws://127.0.0.1:${port}`;
    const [user, host] = [random(), `${random()}.invalid`];
    const first = keep(await webSocketPeer(url, user, host));
    const { dialog, invite, answer } = await incoming(one, first, port);
    await die(one);
    const asked = await link();
    const reachable = async (): Promise<unknown> => (await asked.dialogs())[0]?.reachable;
    expect(await reachable()).toBe(false);
    await expect(live(one, dialog).request({ method: 'INFO' })).resolves.toMatchObject({ status: 503 });

    const again = keep(await webSocketPeer(url, user, host));
    // The app is connected, but may not have asked for REGISTER yet.
    await until(async () => {
      const asked = again.send('REGISTER', port, { headers: ['Expires: 60'] });
      const { status } = await again.next(
        ({ method, header }) => method === undefined && header('Call-ID') === asked.header('Call-ID'),
      );
      return status === 200;
    });
    expect(await reachable()).toBe(true);
    const info = dialog.request({ method: 'INFO' });
    again.answer(await again.request('INFO'), '200 OK');
    expect((await info).status).toBe(200);
    const gone = once(dialog, 'destroy');
    again.inDialog('BYE', port, invite, answer, { cseq: 9 });
    await again.response(200, 'BYE');
    await gone;
  });

  it('acknowledges a 200 whose ACK died with the engine', async () => {
    const one = await app();
    const peer = keep(await udpPeer());
    const { dialog, invite, answer } = await outgoing(one, peer);
    await die(one);
    peer.raw(answer.text, engine.port('udp'));
    const ack = await peer.request('ACK');
    expect(ack.header('CSeq')).toBe(invite.header('CSeq').replace('INVITE', 'ACK'));
    const over = live(one, dialog).destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await over;
  });

  it('loses only the call whose line was torn', async () => {
    const one = await app();
    const [first, second] = [keep(await udpPeer()), keep(await udpPeer())];
    const whole = await incoming(one, first, engine.port('udp'));
    const torn = await incoming(one, second, engine.port('udp'));
    const back = connected(one);
    await engine.kill();
    expect(readFileSync(journal, 'utf8').trimEnd().split('\n').at(-1)).toContain(torn.dialog.id);
    truncateSync(journal, statSync(journal).size - 10);
    await engine.start();
    await back;
    const asked = await link();
    await until(async () => (await asked.dialogs()).every(({ parked }) => !parked));
    expect((await asked.dialogs()).map(({ id }) => id)).toEqual([whole.dialog.id]);
    expect(engine.output).toMatch(/"dialogs":1,"torn":\d{2,},"broken":0/);
    ask(torn, 'INFO', 2);
    await second.response(481, 'INFO');
    ask(whole, 'BYE', 2);
    await first.response(200, 'BYE');
  });

  it('is told from stopping in order only by the log: calls are kept then as well', async () => {
    const one = await app();
    const peer = keep(await udpPeer());
    const call = await incoming(one, peer, engine.port('udp'));
    const back = connected(one);
    await engine.stop();
    await engine.start();
    await back;
    ask(call, 'BYE', 2);
    await peer.response(200, 'BYE');
    await until(async () => (await (await link()).dialogs()).length === 0);
  });

  it('keeps twenty of twenty calls, confirmed a moment before', async () => {
    const one = await app();
    one.srf.invite((request, response) => void one.srf.createUAS(request, response, { localSdp: answerSdp }));
    const peers = await Promise.all(Array.from({ length: 20 }, async () => keep(await udpPeer())));
    const calls = await Promise.all(
      peers.map(async (peer) => {
        const invite = peer.send('INVITE', engine.port('udp'), { body: testSdp });
        const answer = await peer.response(200, 'INVITE');
        peer.inDialog('ACK', engine.port('udp'), invite, answer);
        return { peer, invite, answer };
      }),
    );
    await written(...calls.map(({ invite }) => `${invite.header('Call-ID')};from-tag=${invite.tag('From')}`));
    await die(one);
    await Promise.all(
      calls.map(async ({ peer, invite, answer }) => {
        peer.inDialog('BYE', engine.port('udp'), invite, answer);
        await peer.response(200, 'BYE');
      }),
    );
  });
});

describe.runIf(embedded)('an engine whose app does not come back after its death', () => {
  it('says goodbye when the lease is over, and asks to come again until then', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-journal-'));
    const options = ['--grace', '100', '--lease', '2000'];
    const engine = new EngineProgram({ journal: join(folder, 'deep', 'journal'), secret, options });
    await engine.start();
    const one = await connectApp({ host: '127.0.0.1', port: engine.ports.admin, secret });
    const peer = await udpPeer();
    const asked = firstRequest(one.srf, 'invite');
    const invite = peer.send('INVITE', engine.port('udp'), { body: testSdp });
    const { request, response } = await asked;
    const dialog = await one.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    peer.inDialog('ACK', engine.port('udp'), invite, answer);
    await once(dialog, 'ack');
    one.die();
    await engine.kill();
    await engine.start();
    peer.inDialog('INFO', engine.port('udp'), invite, answer);
    expect((await peer.response(503, 'INFO')).header('Retry-After')).toBe('1');
    const bye = await peer.request('BYE');
    expect(bye.header('Reason')).toContain('owner lost');
    expect(bye.header('CSeq')).toBe('101 BYE');
    peer.answer(bye, '200 OK');
    await peer.close();
    await engine.stop();
    rmSync(folder, { recursive: true });
  });
});
