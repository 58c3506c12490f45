import { describe, expect, it } from 'vitest';
import type { App, Srf, SrfMessage } from '../support/sip/srf.ts';
import { connectApp } from '../support/sip/srf.ts';
import { callerRoutes, establish, proxyingApp, record } from '../support/sip/proxying.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { random, testSdp } from '../support/sip/raw-peer.ts';
import { embedded, portOf, startTestEngine, useBench } from '../support/sip/target.ts';

/** What an app is told of calls, as one line each: event, source, role or reason, and what the message is. */
class Records {
  readonly lines: string[] = [];
  #wake: () => void = () => {};

  /** Listens; before the app connects, so that its first frames already route the events. */
  readonly prepare = (srf: Srf): void => {
    srf.on('cdr:attempt', (source: string, time: string, message: SrfMessage) =>
      this.#add('attempt', source, time, message),
    );
    for (const event of ['start', 'stop']) {
      srf.on(`cdr:${event}`, (source: string, time: string, what: string, message: SrfMessage) =>
        this.#add(event, `${source} ${what}`, time, message),
      );
    }
  };

  #add(event: string, facts: string, time: string, message: SrfMessage & { readonly type?: string }): void {
    expect(time).toMatch(/^\d\d:\d\d:\d\d\.\d{6}$/);
    this.lines.push(`${event} ${facts} ${message.type === 'request' ? message.method : message.status}`);
    this.#wake();
  }

  /** All lines, once there are as many. */
  async all(count: number): Promise<string[]> {
    while (this.lines.length < count) await new Promise<void>((wake) => (this.#wake = wake));
    return this.lines;
  }
}

/** A stock drachtio-server sends these only with `<cdrs>` switched on in its configuration. */
describe('call detail records', () => {
  const bench = useBench({ timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 } });

  const recorded = async (prepare: (srf: Srf) => void = () => {}): Promise<{ records: Records; app: App }> => {
    const records = new Records();
    const app = await bench.appWith((srf) => {
      records.prepare(srf);
      prepare(srf);
    });
    return { records, app };
  };

  const answering = (srf: Srf): void =>
    srf.invite((request, response) => void srf.createUAS(request, response, { localSdp: testSdp }));

  it('of a call from a peer: attempt, start as uas, normal release by the peer', async () => {
    const { records } = await recorded(answering);
    const peer = await bench.udp();
    const invite = peer.send('INVITE', bench.target.udp, { body: testSdp });
    const ok = await peer.response(200, 'INVITE');
    peer.inDialog('ACK', bench.target.udp, invite, ok);
    peer.inDialog('BYE', bench.target.udp, invite, ok);
    expect(await records.all(3)).toEqual([
      'attempt network INVITE',
      'start application uas 200',
      'stop network normal-release BYE',
    ]);
  });

  it('of a call of the app: attempt, start as uac, normal release by the app', async () => {
    const { records, app } = await recorded();
    const peer = await bench.udp();
    const made = app.srf.createUAC(peer.contact, { localSdp: testSdp });
    peer.answer(await peer.request('INVITE'), '200 OK', { tag: 'w', body: testSdp });
    const ended = (await made).destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await ended;
    expect(await records.all(3)).toEqual([
      'attempt application INVITE',
      'start network uac 200',
      'stop application normal-release BYE',
    ]);
  });

  it('of calls refused, by the peer and by the app', async () => {
    const { records, app } = await recorded((srf) => srf.invite((_request, response) => response.send(486)));
    const peer = await bench.udp();
    const made = app.srf.createUAC(peer.contact, { localSdp: testSdp }).catch(() => {});
    peer.answer(await peer.request('INVITE'), '480 Temporarily Unavailable', { tag: 'w' });
    await made;
    await records.all(2);
    peer.send('INVITE', bench.target.udp, { body: testSdp });
    expect(await records.all(4)).toEqual([
      'attempt application INVITE',
      'stop network call-rejected 480',
      'attempt network INVITE',
      'stop application call-rejected 486',
    ]);
  });

  it('of calls cancelled, by the peer and by the app: one end each', async () => {
    const { records, app } = await recorded((srf) => srf.invite((_request, response) => response.send(180)));
    const peer = await bench.udp();
    const branch = `z9hG4bK${random()}`;
    const invite = peer.send('INVITE', bench.target.udp, { branch, body: testSdp });
    await peer.response(180);
    const { callId, from } = { callId: invite.header('Call-ID'), from: invite.header('From') };
    peer.send('CANCEL', bench.target.udp, { branch, callId, from, contact: null });
    await peer.response(487);
    await records.all(2);
    const ringing = new Promise<void>((rings) => {
      const cancelling = app.srf.createUAC(
        peer.contact,
        { localSdp: testSdp },
        {
          cbRequest: (_error: unknown, request: { cancel(): void }) =>
            void peer.request('INVITE').then(async (got) => {
              peer.answer(got, '180 Ringing', { tag: 'w' });
              request.cancel();
              peer.answer(await peer.request('CANCEL'), '200 OK', { tag: 'w' });
              peer.answer(got, '487 Request Terminated', { tag: 'w' });
            }),
        },
      );
      cancelling.catch(() => rings());
    });
    await ringing;
    expect(await records.all(4)).toEqual([
      'attempt network INVITE',
      'stop network call-canceled CANCEL',
      'attempt application INVITE',
      'stop application call-canceled CANCEL',
    ]);
  });

  it.runIf(embedded)('of a proxied call: both sides of it', async () => {
    const { records } = await recorded();
    const [caller, callee] = [await bench.udp(), await bench.udp()];
    await proxyingApp(bench, () => callee.contact, record);
    const { invite, ok } = await establish(caller, callee, bench.target.udp);
    const headers = callerRoutes(ok);
    const bye = caller.inDialog('BYE', bench.target.udp, invite, ok, { headers });
    await callee.request('BYE');
    caller.raw(bye.text, bench.target.udp);
    await callee.request('BYE');
    expect(await records.all(6)).toEqual([
      'attempt network INVITE',
      'attempt application INVITE',
      'start network proxy-uac 200',
      'start application proxy-uas 200',
      'stop network normal-release BYE',
      'stop application normal-release BYE',
    ]);
  });

  it.runIf(embedded)('of proxied calls that came to nothing', async () => {
    const { records } = await recorded();
    const [caller, first, second] = [await bench.udp(), await bench.udp(), await bench.udp()];
    await proxyingApp(bench, () => [first.contact, second.contact], { forking: 'simultaneous' });
    const ring = async (callee: RawPeer): Promise<() => void> => {
      const got = await callee.request('INVITE');
      callee.answer(got, '180 Ringing', { tag: 'w' });
      return () => callee.answer(got, '603 Decline', { tag: 'w' });
    };
    caller.send('INVITE', bench.target.udp, { body: testSdp });
    const [decline] = await Promise.all([ring(first), ring(second)]);
    decline();
    second.answer(await second.request('CANCEL'), '200 OK', { tag: 'w' });
    second.answer(second.seen[0] ?? (await second.request('INVITE')), '487 Request Terminated', { tag: 'w' });
    await caller.response(603);
    expect(await records.all(6)).toEqual([
      'attempt network INVITE',
      'attempt application INVITE',
      'attempt application INVITE',
      'stop network call-rejected 603',
      'stop network call-canceled 487',
      'stop application call-rejected 603',
    ]);
  });

  it('go to one of the apps that asked, in turn', async () => {
    const [one, two] = [await recorded(answering), await recorded(answering)];
    const peer = await bench.udp();
    for (let calls = 0; calls < 4; calls++) {
      const invite = peer.send('INVITE', bench.target.udp, { body: testSdp });
      const ok = await peer.response(200, 'INVITE');
      peer.inDialog('ACK', bench.target.udp, invite, ok);
      peer.inDialog('BYE', bench.target.udp, invite, ok);
      await peer.response(200, 'BYE');
    }
    const [first, second] = [await one.records.all(6), await two.records.all(6)];
    for (const event of ['attempt', 'start', 'stop']) {
      expect(first.filter((line) => line.startsWith(event))).toHaveLength(2);
      expect(second.filter((line) => line.startsWith(event))).toHaveLength(2);
    }
  });

  it.runIf(embedded)('are not sent by an engine told so', async () => {
    const engine = await startTestEngine({ cdr: false });
    const records = new Records();
    const app = await connectApp(
      { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret },
      { prepare: (srf) => (records.prepare(srf), answering(srf)) },
    );
    const peer = await bench.udp();
    peer.send('INVITE', portOf(engine, 'udp'), { body: testSdp });
    await peer.response(200, 'INVITE');
    await app.disconnect();
    await engine.close();
    expect(records.lines).toEqual([]);
  });
});

describe.runIf(embedded)('call detail records of calls the engine ends', () => {
  const bench = useBench({ timers: { t1: 20, t2: 160, t4: 40, d: 80 } });

  it('name the fault: no ACK came, no answer came', async () => {
    const records = new Records();
    const app = await bench.appWith((srf) => {
      records.prepare(srf);
      srf.invite((request, response) => {
        void srf.createUAS(request, response, { localSdp: testSdp }).then((dialog) => dialog.on('destroy', () => {}));
      });
    });
    const peer = await bench.udp();
    peer.send('INVITE', bench.target.udp, { body: testSdp });
    peer.answer(await peer.request('BYE'), '200 OK');
    await records.all(3);
    await app.srf.createUAC(peer.contact, { localSdp: testSdp }).catch(() => {});
    expect(await records.all(5)).toEqual([
      'attempt network INVITE',
      'start application uas 200',
      'stop application system-error-initiated-termination BYE',
      'attempt application INVITE',
      'stop application system-error-initiated-termination 408',
    ]);
  });
});
