import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { LinkClient } from '../support/sip/link.ts';
import { connectApp, firstRequest, SrfDialogClass } from '../support/sip/srf.ts';
import type { App, Srf, SrfDialog, SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { random, testSdp } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, useBench } from '../support/sip/target.ts';
import type { Bench } from '../support/sip/target.ts';

const answerSdp = testSdp.replace('40000', '40002');

/** What survives a restart of the server: `dialog.toJSON()`, the facts section of the architecture. */
type Kept = Pick<SrfDialog, 'id' | 'type' | 'sip' | 'local' | 'remote'>;

interface SrfInside {
  readonly _app: { readonly client: { _getDefaultSocket(): unknown } };
}

/** Rebuilds the dialog of an incoming call in a new process, as the server does it. */
function rebuild(srf: Srf, kept: Kept): SrfDialog {
  const client = (): SrfInside['_app']['client'] => (srf as unknown as SrfInside)._app.client;
  const message = (body: string, tag: string, uri: string): object => ({
    method: 'INVITE',
    body,
    stackDialogId: kept.id,
    get: (name: string) => (name === 'Call-ID' ? kept.sip.callId : kept.local.contact),
    getParsedHeader: (name: string) => (name === 'Contact' ? [{ uri }] : { params: { tag } }),
    get socket() {
      return client()._getDefaultSocket();
    },
  });
  const theirs = message(kept.remote.sdp, kept.sip.remoteTag, kept.remote.uri);
  const ours = message(kept.local.sdp, kept.sip.localTag, kept.local.uri);
  const dialog = new SrfDialogClass(srf, kept.type, { req: theirs, res: ours, sent: ours });
  Object.defineProperty(dialog, 'agent', { get: client });
  srf.addDialog(dialog);
  return dialog;
}

async function answeredCall(bench: Bench, app: App, peer: RawPeer) {
  const incoming = firstRequest(app.srf, 'invite');
  const invite = peer.send('INVITE', bench.target.udp, { body: testSdp });
  const { request, response } = await incoming;
  const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
  const answer = await peer.response(200, 'INVITE');
  const acked = once(dialog, 'ack');
  peer.inDialog('ACK', bench.target.udp, invite, answer);
  await acked;
  const { id, type, sip, local, remote } = dialog;
  const kept = JSON.parse(JSON.stringify({ type, sip, local, remote, id })) as Kept;
  return { dialog, invite, answer, kept };
}

describe.runIf(embedded)('an app that dies', () => {
  const bench = useBench({ patience: { parkingGrace: 20_000, parkingLease: 20_000 } });
  const tags = ['brain-1'];

  /** A new connection with the same tag whose dialogs were rebuilt before it connects. */
  const reborn = (kept: readonly Kept[], dialogs: SrfDialog[] = []): Promise<App> =>
    bench.app({
      tags,
      prepare: (srf) => {
        // srf makes its agent at connect; rebuilt dialogs are added then and find it later.
        for (const one of kept) dialogs.push(rebuild(srf, one));
      },
    });

  const dead = async (app: App): Promise<void> => {
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    app.die();
    // The engine has noticed when no dialog is owned any more.
    while ((await link.dialogs()).some((dialog) => dialog.tag === tags[0] && !dialog.parked));
    link.close();
  };

  it('has its calls kept: requests wait for the next connection with its tag, repetitions are absorbed', async () => {
    const peer = await bench.udp();
    const app = await bench.app({ tags });
    const { kept, invite, answer } = await answeredCall(bench, app, peer);
    await dead(app);
    const info = peer.inDialog('INFO', bench.target.udp, invite, answer, { body: 'd=1', type: 'application/x-test' });
    peer.raw(info.text, bench.target.udp);
    const dialogs: SrfDialog[] = [];
    const seen: string[] = [];
    const coming = reborn([kept], dialogs);
    dialogs[0]?.on('info', (request: SrfRequest, response: SrfResponse) => {
      seen.push(request.body.trim());
      response.send(200);
    });
    await coming;
    const told = await peer.response(200, 'INFO');
    peer.raw(info.text, bench.target.udp);
    await peer.again(told);
    expect(seen).toEqual(['d=1']);
  });

  it('learns of a hang-up that came while it was away', async () => {
    const peer = await bench.udp();
    const app = await bench.app({ tags });
    const { kept, invite, answer } = await answeredCall(bench, app, peer);
    await dead(app);
    const before = bench.engine.counts().dialogs;
    const bye = peer.inDialog('BYE', bench.target.udp, invite, answer);
    peer.raw(bye.text, bench.target.udp);
    // Until it has heard of it the engine still lists the dialog: the app must not take it for lost.
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    while (bench.engine.counts().dialogs >= before) await link.dialogs();
    expect((await link.dialogs()).map(({ id }) => id)).toContain(kept.id);
    const dialogs: SrfDialog[] = [];
    const coming = reborn([kept], dialogs);
    const [dialog] = dialogs;
    if (dialog === undefined) throw new Error('no dialog');
    const over = once(dialog, 'destroy');
    await coming;
    await over;
    await peer.response(200, 'BYE');
    expect((await link.dialogs()).map(({ id }) => id)).not.toContain(kept.id);
    link.close();
  });

  it('can go on with its call from a rebuilt dialog: INFO, re-INVITE, BYE', async () => {
    const peer = await bench.udp();
    const app = await bench.app({ tags });
    const { kept } = await answeredCall(bench, app, peer);
    await dead(app);
    const dialogs: SrfDialog[] = [];
    await reborn([kept], dialogs);
    const [dialog] = dialogs;
    if (dialog === undefined) throw new Error('no dialog');
    const asked = dialog.request({ method: 'INFO' });
    peer.answer(await peer.request('INFO'), '200 OK');
    expect((await asked).status).toBe(200);
    const modified = dialog.modify(testSdp);
    peer.answer(await peer.request('INVITE'), '200 OK', { body: answerSdp });
    expect(await modified).toBe(answerSdp);
    await peer.request('ACK');
    const ended = dialog.destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await ended;
  });

  it('gets requests it had not answered once more', async () => {
    const peer = await bench.udp();
    const app = await bench.app({ tags });
    const { dialog, kept, invite, answer } = await answeredCall(bench, app, peer);
    const given = once(dialog, 'info');
    peer.inDialog('INFO', bench.target.udp, invite, answer);
    await given;
    await dead(app);
    await reborn([kept]);
    await peer.response(200, 'INFO');
  });

  it('refuses undecided INVITEs with 503', async () => {
    const peer = await bench.udp();
    const app = await bench.app({ tags });
    const incoming = firstRequest(app.srf, 'invite');
    peer.send('INVITE', bench.target.udp, { body: testSdp });
    const { response } = await incoming;
    response.send(180);
    const ringing = await peer.response(180);
    app.die();
    const refused = await peer.response(503);
    expect(refused.tag('To')).toBe(ringing.tag('To'));
    expect(refused.header('Retry-After')).toMatch(/^[3-8]$/);
  });

  it('cancels its ringing calls; a 200 that comes all the same is acknowledged and ended', async () => {
    for (const answers of ['487', '200'] as const) {
      const peer = await bench.udp();
      const app = await bench.app({ tags });
      const ringing = new Promise<void>((resolve) => {
        const made = app.srf.createUAC(peer.contact, { localSdp: testSdp }, { cbProvisional: () => resolve() });
        made.catch(() => undefined);
      });
      const invite = await peer.request('INVITE');
      peer.answer(invite, '180 Ringing', { tag: 'q' });
      await ringing;
      app.die();
      const cancel = await peer.request('CANCEL');
      if (answers === '487') {
        peer.answer(cancel, '200 OK', { tag: 'q' });
        peer.answer(invite, '487 Request Terminated', { tag: 'q' });
        await peer.request('ACK');
        continue;
      }
      peer.answer(invite, '200 OK', { tag: 'q', body: answerSdp });
      await peer.request('ACK');
      peer.answer(await peer.request('BYE'), '200 OK');
    }
  });

  it('tells the link what is parked, and whom it belongs to', async () => {
    const peer = await bench.udp();
    const app = await bench.app({ tags });
    const { dialog } = await answeredCall(bench, app, peer);
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    bench.later(() => link.close());
    const mine = async (): Promise<{ parked: boolean; role: string; state: string; tag: string } | undefined> =>
      (await link.dialogs()).find(({ id }) => id === dialog.id);
    expect(await mine()).toMatchObject({ parked: false, role: 'uas', state: 'confirmed', tag: 'brain-1' });
    await dead(app);
    expect(await mine()).toMatchObject({ parked: true });
    const next = await connectApp(bench.target, { tags });
    bench.later(() => next.disconnect());
    while ((await mine())?.parked !== false);
  });
});

describe.runIf(embedded)('an app that does not come back', () => {
  const bench = useBench({ patience: { parkingGrace: 300, parkingLease: 600 } });

  it('has its waiting requests answered after the grace: 481, and 200 for BYE', async () => {
    for (const [method, status] of [
      ['INFO', 481],
      ['BYE', 200],
    ] as const) {
      const peer = await bench.udp();
      const app = await bench.app({ tags: [random()] });
      const { invite, answer } = await answeredCall(bench, app, peer);
      app.die();
      // Whether the INFO arrives before or after the loss is noticed, nobody answers it in time.
      peer.inDialog(method, bench.target.udp, invite, answer);
      await peer.response(status, method);
    }
  });

  it('has its calls ended with BYE after the lease', async () => {
    const peer = await bench.udp();
    const app = await bench.app({ tags: [random()] });
    const { answer } = await answeredCall(bench, app, peer);
    app.die();
    const bye = await peer.request('BYE');
    expect(bye.tag('From')).toBe(answer.tag('To'));
    expect(bye.header('Reason')).toContain('owner lost');
    peer.answer(bye, '200 OK');
  });

  it('has its subscriptions ended by NOTIFY or SUBSCRIBE, which a BYE would not do', async () => {
    const app = await bench.app({
      tags: [random()],
      prepare: (srf) =>
        srf.subscribe((_request: SrfRequest, response: SrfResponse) =>
          response.send(202, { headers: { Expires: '600' } }),
        ),
    });
    const [subscriber, notifier] = [await bench.udp(), await bench.udp()];
    const headers = { Event: 'presence;id=7' };
    const sent = app.srf.request(notifier.contact, { method: 'SUBSCRIBE', headers });
    notifier.answer(await notifier.request('SUBSCRIBE'), '200 OK', { tag: 'n', lines: ['Expires: 600'] });
    await once(await sent, 'response');
    subscriber.send('SUBSCRIBE', bench.target.udp, { headers: ['Event: dialog', 'Expires: 600'] });
    const accepted = await subscriber.response(202);
    app.die();
    const notify = await subscriber.request('NOTIFY');
    expect(notify.header('Subscription-State')).toBe('terminated;reason=deactivated');
    expect([notify.header('Event'), notify.tag('From')]).toEqual(['dialog', accepted.tag('To')]);
    subscriber.answer(notify, '200 OK');
    const last = await notifier.request('SUBSCRIBE');
    expect([last.header('Expires'), last.header('Event'), last.tag('To')]).toEqual(['0', 'presence;id=7', 'n']);
    notifier.answer(last, '200 OK');
    for (const peer of [subscriber, notifier]) expect(peer.count(({ method }) => method === 'BYE')).toBe(0);
  });
});
