import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { defaultTimers } from '../../server/sip-engine/transaction/timers.ts';
import { LinkClient } from '../support/sip/link.ts';
import { firstRequest } from '../support/sip/srf.ts';
import type { App, SrfDialog, SrfMessage, SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { random, testSdp } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { embedded, useBench } from '../support/sip/target.ts';
import type { Bench } from '../support/sip/target.ts';

const answerSdp = testSdp.replace('40000', '40002');
const timer = 'Supported: timer';
const allow = 'Allow: INVITE, ACK, CANCEL, BYE, UPDATE';

/** A call from a peer, answered by the app and acknowledged; headers of either side as given. */
async function callIn(bench: Bench, peer: RawPeer, lines: readonly string[], headers: object = {}, app?: App) {
  const { srf } = app ?? (await bench.app());
  const port = bench.target.udp;
  const incoming = firstRequest(srf, 'invite');
  const invite = peer.send('INVITE', port, { body: testSdp, headers: lines });
  const { request, response } = await incoming;
  const dialog = await srf.createUAS(request, response, { localSdp: answerSdp, headers });
  const answer = await peer.response(200, 'INVITE');
  const acked = once(dialog, 'ack');
  peer.inDialog('ACK', port, invite, answer);
  await acked;
  return { dialog, invite, answer };
}

/** A call of the app to a peer; `lines` go into its 200. */
async function callOut(app: App, peer: RawPeer, lines: readonly string[], options: object = {}) {
  const made = app.srf.createUAC(peer.contact, { localSdp: testSdp, ...options });
  made.catch(() => undefined);
  const invite = await peer.request('INVITE');
  const answer = peer.answer(invite, '200 OK', { tag: random(), body: answerSdp, lines });
  const ack = await peer.request('ACK');
  return { dialog: await made, invite, answer, ack };
}

async function expired(dialog: SrfDialog): Promise<string> {
  const [, reason] = (await once(dialog, 'destroy')) as [SrfMessage, string];
  return reason;
}

function cseq(message: RawMessage): number {
  return Number.parseInt(message.header('CSeq'), 10);
}

describe.runIf(embedded)('session timers (RFC 4028) with the real values', () => {
  const clock = new SimulatedClock(1_000_000);
  const bench = useBench({ timers: defaultTimers }, { clock });
  const minutes = (count: number): void => clock.advance(count * 60_000);

  it('refuses an interval below 90 s with 422 and Min-SE, in a dialog too', async () => {
    const peer = await bench.udp();
    const invite = peer.send('INVITE', bench.target.udp, { headers: [timer, 'Session-Expires: 89'] });
    const refused = await peer.response(422, 'INVITE');
    expect(refused.header('Min-SE')).toBe('90');
    expect(refused.tag('To')).not.toBe('');
    peer.inDialog('ACK', bench.target.udp, invite, refused, {
      branch: /branch=([^;]+)/.exec(invite.header('Via'))?.[1] ?? '',
    });
    const call = await callIn(bench, peer, [timer]);
    for (const method of ['UPDATE', 'INVITE']) {
      const number = method === 'UPDATE' ? 2 : 3;
      peer.inDialog(method, bench.target.udp, call.invite, call.answer, {
        cseq: number,
        headers: [timer, 'Session-Expires: 10'],
      });
      expect((await peer.response(422, method)).header('Min-SE')).toBe('90');
    }
  });

  it('agrees to what the caller asks, and lets it refresh; each refresh puts the end off', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await callIn(bench, peer, [timer, 'Session-Expires: 120']);
    expect(answer.header('Session-Expires')).toBe('120;refresher=uac');
    expect(answer.header('Require')).toBe('timer');
    minutes(1);
    peer.inDialog('UPDATE', bench.target.udp, invite, answer, {
      headers: [timer, 'Session-Expires: 120;refresher=uac'],
    });
    expect((await peer.response(200, 'UPDATE')).header('Session-Expires')).toBe('120;refresher=uac');
    minutes(1);
    const again = peer.inDialog('INVITE', bench.target.udp, invite, answer, {
      cseq: 3,
      body: testSdp,
      headers: [timer, 'Session-Expires: 120;refresher=uac'],
    });
    const ok = await peer.response(200, 'INVITE');
    expect(ok.header('Session-Expires')).toBe('120;refresher=uac');
    peer.inDialog('ACK', bench.target.udp, again, ok, { to: answer.header('To'), cseq: 3 });
    const info = peer.inDialog('INFO', bench.target.udp, invite, answer, { cseq: 4 });
    await peer.response(200, 'INFO');
    expect(info.method).toBe('INFO');
    clock.advance(79_000);
    expect(peer.count((message) => message.method === 'BYE')).toBe(0);
    const over = expired(dialog);
    clock.advance(9_000);
    const bye = await peer.request('BYE');
    expect(bye.header('Reason')).toContain('text="Session timer expired"');
    expect(await over).toBe('Session timer expired');
    peer.answer(bye, '200 OK');
  });

  it('refreshes by UPDATE without SDP where the peer takes it, unseen by the app', async () => {
    const peer = await bench.udp();
    const { dialog, answer } = await callIn(bench, peer, [timer, allow, 'Session-Expires: 1800;refresher=uas']);
    expect(answer.header('Session-Expires')).toBe('1800;refresher=uas');
    let heard = 0;
    for (const event of ['modify', 'refresh', 'update', 'destroy']) dialog.on(event, () => heard++);
    for (const round of [1, 2, 3]) {
      minutes(15);
      const update = await peer.request('UPDATE');
      expect(update.body).toBe('');
      expect(update.header('Session-Expires')).toBe('1800;refresher=uac');
      expect(update.header('Min-SE')).toBe('90');
      expect(update.header('Supported')).toBe('timer');
      expect(update.header('Contact')).not.toBe('');
      expect(cseq(update)).toBe(round);
      peer.answer(update, '200 OK', { lines: ['Require: timer', 'Session-Expires: 1800;refresher=uac'] });
      // Read in order after the 200: once this one is answered the timer runs again.
      const asked = peer.send('OPTIONS', bench.target.udp);
      await peer.next((message) => message.header('Call-ID') === asked.header('Call-ID'));
    }
    expect(heard).toBe(0);
    expect(peer.count((message) => message.method === 'INVITE')).toBe(0);
  });

  it('refreshes by re-INVITE with the description in force and acknowledges it; 405 to UPDATE falls back to it', async () => {
    const app = await bench.app();
    for (const lines of [[], [allow]]) {
      const peer = await bench.udp();
      const agreed = ['Require: timer', 'Session-Expires: 600;refresher=uac', ...lines];
      const { dialog, invite } = await callOut(app, peer, agreed, { headers: { 'Session-Expires': '600' } });
      expect(invite.header('Session-Expires')).toBe('600');
      expect(invite.header('Supported')).toContain('timer');
      expect(invite.header('Min-SE')).toBe('90');
      const held = testSdp.replace('sendrecv', 'sendonly');
      const modified = dialog.modify(held);
      const first = await peer.request('INVITE');
      expect(first.header('Session-Expires')).toBe('600;refresher=uac');
      peer.answer(first, '200 OK', { body: answerSdp, lines: agreed });
      await modified;
      await peer.request('ACK');
      minutes(5);
      if (lines.length > 0) peer.answer(await peer.request('UPDATE'), '405 Method Not Allowed');
      const again = await peer.request('INVITE');
      expect(again.body).toBe(held);
      expect(again.header('Session-Expires')).toBe('600;refresher=uac');
      peer.answer(again, '200 OK', { body: answerSdp, lines: agreed });
      const ack = await peer.request('ACK');
      expect(cseq(ack)).toBe(cseq(again));
    }
  });

  it('ends a call whose peer is dead: no answer to the refresh', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    const { dialog } = await callOut(app, peer, ['Require: timer', 'Session-Expires: 1800;refresher=uac', allow], {
      headers: { 'Session-Expires': '1800' },
    });
    minutes(15);
    await peer.request('UPDATE');
    const over = expired(dialog);
    clock.advance(32_000);
    expect(await over).toBe('Session timer expired');
    expect((await peer.request('BYE')).header('Reason')).toContain('Session timer expired');
  });

  it('ends a call the peer does not know any more (481)', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    const { dialog } = await callOut(app, peer, ['Require: timer', 'Session-Expires: 1800;refresher=uac', allow], {
      headers: { 'Session-Expires': '1800' },
    });
    minutes(15);
    const over = expired(dialog);
    peer.answer(await peer.request('UPDATE'), '481 Call/Transaction Does Not Exist');
    expect(await over).toBe('Session timer expired');
  });

  it('waits and tries again after 491', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    const agreed = ['Require: timer', 'Session-Expires: 1800;refresher=uac'];
    await callOut(app, peer, agreed, { headers: { 'Session-Expires': '1800' } });
    minutes(15);
    const first = await peer.request('INVITE');
    peer.answer(first, '491 Request Pending', { contact: false });
    await peer.request('ACK');
    clock.advance(2_000);
    expect(peer.count((message) => message.method === 'INVITE')).toBe(2);
    clock.advance(2_000);
    const again = await peer.request('INVITE');
    expect(cseq(again)).toBe(cseq(first) + 1);
    peer.answer(again, '200 OK', { body: answerSdp, lines: agreed });
    await peer.request('ACK');
  });

  it('waits with a refresh for an open re-INVITE of the app, and the app’s waits for the refresh', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    const agreed = ['Require: timer', 'Session-Expires: 600;refresher=uac'];
    const { dialog } = await callOut(app, peer, agreed, { headers: { 'Session-Expires': '600' } });
    minutes(4.9);
    let modified = dialog.modify(testSdp);
    const open = await peer.request('INVITE');
    peer.answer(open, '100 Trying', { contact: false });
    const asked = peer.send('OPTIONS', bench.target.udp);
    await peer.next((message) => message.header('Call-ID') === asked.header('Call-ID'));
    minutes(0.5);
    expect(peer.count((message) => message.method === 'INVITE')).toBe(2);
    peer.answer(open, '200 OK', { body: answerSdp, lines: agreed });
    await modified;
    await peer.request('ACK');
    minutes(5);
    const refresh = await peer.request('INVITE');
    modified = dialog.modify(testSdp.replace('40000', '40010'));
    const info = dialog.request({ method: 'INFO' });
    peer.answer(await peer.request('INFO'), '200 OK');
    await info;
    expect(peer.count((message) => message.method === 'INVITE')).toBe(3);
    peer.answer(refresh, '200 OK', { body: answerSdp, lines: agreed });
    const theirs = await peer.request('INVITE');
    expect(theirs.body).toContain('40010');
    peer.answer(theirs, '200 OK', { body: answerSdp, lines: agreed });
    await modified;
  });

  it('asks again with the interval a 422 wants, unseen by the app', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    const made = app.srf.createUAC(peer.contact, { localSdp: testSdp, headers: { 'Session-Expires': '120' } });
    const first = await peer.request('INVITE');
    peer.answer(first, '422 Session Interval Too Small', { tag: 'a', lines: ['Min-SE: 300'], contact: false });
    await peer.request('ACK');
    const second = await peer.request('INVITE');
    expect(second.header('Session-Expires')).toBe('300');
    expect(second.header('Min-SE')).toBe('300');
    expect(second.header('Call-ID')).toBe(first.header('Call-ID'));
    expect(second.header('From')).toBe(first.header('From'));
    expect(cseq(second)).toBe(cseq(first) + 1);
    peer.answer(second, '200 OK', {
      tag: 'b',
      body: answerSdp,
      lines: ['Require: timer', 'Session-Expires: 300;refresher=uac', allow],
    });
    const ack = await peer.request('ACK');
    expect(cseq(ack)).toBe(cseq(second));
    const dialog = await made;
    expect(dialog.sip.remoteTag).toBe('b');
    minutes(2.5);
    const update = await peer.request('UPDATE');
    expect(update.header('Session-Expires')).toBe('300;refresher=uac');
    peer.answer(update, '422 Session Interval Too Small', { lines: ['Min-SE: 400'] });
    expect((await peer.request('UPDATE')).header('Session-Expires')).toBe('400;refresher=uac');
  });

  it('refreshes on, and answers the peer’s refresh, while the dialog is parked', async () => {
    const tags = ['parked-refresh'];
    const app = await bench.app({ tags });
    const ours = await bench.udp();
    await callOut(app, ours, ['Require: timer', 'Session-Expires: 100;refresher=uac', allow], {
      headers: { 'Session-Expires': '100' },
    });
    const theirs = await bench.udp();
    const call = await callIn(bench, theirs, [timer, 'Session-Expires: 100;refresher=uac'], {}, app);
    app.die();
    const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
    bench.later(() => link.close());
    while (!(await link.dialogs()).every(({ parked }) => parked)) continue;
    clock.advance(50_000);
    ours.answer(await ours.request('UPDATE'), '200 OK', { lines: ['Session-Expires: 100;refresher=uac'] });
    theirs.inDialog('UPDATE', bench.target.udp, call.invite, call.answer, {
      headers: [timer, 'Session-Expires: 100;refresher=uac'],
    });
    expect((await theirs.response(200, 'UPDATE')).header('Session-Expires')).toBe('100;refresher=uac');
    // The lease of the parked dialogs ends before their sessions do.
    clock.advance(10_000);
    for (const peer of [ours, theirs]) expect((await peer.request('BYE')).header('Reason')).toContain('owner lost');
  });
});

describe.runIf(embedded)('session timers the engine wants by itself', () => {
  const clock = new SimulatedClock(1_000_000);
  const bench = useBench({ timers: defaultTimers, session: { expires: 1800 } }, { clock });
  const minutes = (count: number): void => clock.advance(count * 60_000);

  it('asks in calls of the app, and leaves refreshing to the peer once it was challenged', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    const made = app.srf.createUAC(peer.contact, { localSdp: testSdp, auth: { username: 'a', password: 'b' } });
    const first = await peer.request('INVITE');
    expect(first.header('Session-Expires')).toBe('1800');
    peer.answer(first, '401 Unauthorized', { tag: 'c', lines: ['WWW-Authenticate: Digest realm="t", nonce="n"'] });
    await peer.request('ACK');
    const second = await peer.request('INVITE');
    expect(second.header('Session-Expires')).toBe('1800;refresher=uas');
    const lines = ['Require: timer', 'Session-Expires: 1800;refresher=uas'];
    peer.answer(second, '200 OK', { tag: 'd', body: answerSdp, lines });
    await peer.request('ACK');
    const over = expired(await made);
    clock.advance(1_768_000);
    expect(await over).toBe('Session timer expired');
  });

  it.each(['UPDATE', 'INVITE'] as const)(
    'tells the link of a challenged %s; the app refreshes with its password',
    async (method) => {
      const link = await LinkClient.greet(bench.engine.ports.link ?? 0, bench.target.secret);
      bench.later(() => link.close());
      const peer = await bench.udp();
      const lines = [timer, 'Session-Expires: 1800;refresher=uas', ...(method === 'UPDATE' ? [allow] : [])];
      const { dialog } = await callIn(bench, peer, lines);
      let over = 0;
      dialog.on('destroy', () => over++);
      const challenge = (request: RawMessage): unknown =>
        peer.answer(request, '407 Proxy Authentication Required', {
          lines: ['Proxy-Authenticate: Digest realm="t", nonce="n", qop="auth"'],
        });
      minutes(15);
      challenge(await peer.request(method));
      if (method === 'INVITE') await peer.request('ACK');
      expect(await link.frame('refresh-challenged')).toMatchObject({ dialog: dialog.id, method });
      const body = method === 'INVITE' ? { body: answerSdp } : {};
      const asked = dialog.request({ method, auth: { username: 'a', password: 'b' }, ...body });
      challenge(await peer.request(method));
      if (method === 'INVITE') await peer.request('ACK');
      const proven = await peer.request(method);
      expect(proven.header('Proxy-Authorization')).toContain('username="a"');
      expect(proven.header('Session-Expires')).toBe('1800;refresher=uac');
      const accepted = ['Require: timer', 'Session-Expires: 1800;refresher=uac'];
      peer.answer(proven, '200 OK', { lines: accepted, ...(method === 'INVITE' ? { body: testSdp } : {}) });
      if (method === 'INVITE') await peer.request('ACK');
      expect((await asked).status).toBe(200);
      // Beyond the end of the interval that was challenged: the session goes on, and is refreshed again.
      minutes(15);
      challenge(await peer.request(method));
      minutes(1);
      expect(over).toBe(0);
    },
  );

  it('refreshes itself where the caller can but did not ask', async () => {
    const peer = await bench.udp();
    const { answer } = await callIn(bench, peer, [timer, allow]);
    expect(answer.header('Session-Expires')).toBe('1800;refresher=uas');
    minutes(15);
    expect((await peer.request('UPDATE')).header('Session-Expires')).toBe('1800;refresher=uac');
  });

  it('asks a peer without timers by OPTIONS whether it lives; any answer will do, silence ends the call', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    const { dialog } = await callOut(app, peer, []);
    minutes(15);
    const first = await peer.request('OPTIONS');
    expect(first.tag('To')).not.toBe('');
    peer.answer(first, '501 Not Implemented');
    const asked = peer.send('OPTIONS', bench.target.udp);
    await peer.next((message) => message.header('Call-ID') === asked.header('Call-ID'));
    minutes(15);
    await peer.request('OPTIONS');
    const over = expired(dialog);
    clock.advance(32_000);
    expect(await over).toBe('Session timer expired');
    const caller = await bench.udp();
    const incoming = await callIn(bench, caller, [], {}, app);
    expect(incoming.answer.header('Session-Expires')).toBe('');
    expect(incoming.answer.header('Require')).toBe('');
    minutes(15);
    await caller.request('OPTIONS');
  });

  it('takes the app’s own interval from its answer', async () => {
    const peer = await bench.udp();
    const headers = { 'Session-Expires': '300;refresher=uac' };
    const { answer } = await callIn(bench, peer, [timer], headers);
    expect(answer.header('Session-Expires')).toBe('300;refresher=uac');
    expect(answer.headers('Session-Expires')).toHaveLength(1);
  });

  it('leaves other requests alone', async () => {
    const app = await bench.app({
      prepare: (srf) => srf.message((_request: SrfRequest, response: SrfResponse) => response.send(200)),
    });
    const peer = await bench.udp();
    peer.send('MESSAGE', bench.target.udp, { headers: [timer], body: 'x', type: 'text/plain' });
    expect((await peer.response(200, 'MESSAGE')).header('Session-Expires')).toBe('');
    void app.srf.request(peer.contact, { method: 'MESSAGE', body: 'x', headers: { 'Content-Type': 'text/plain' } });
    expect((await peer.request('MESSAGE')).header('Session-Expires')).toBe('');
  });
});
