import { describe, it, expect } from 'vitest';
import type { SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { firstRequest } from '../support/sip/srf.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, useBench } from '../support/sip/target.ts';

const answerSdp = testSdp.replace('40000', '40006');

function uriOf(peer: RawPeer): string {
  return peer.contact.replace('peer@', 'carol@');
}

describe('calls joined by the app (createB2BUA)', () => {
  const bench = useBench();

  it('carries a call, its ringing, a re-INVITE and its end from one peer to another', async () => {
    const app = await bench.app();
    const [alice, carol] = [await bench.udp(), await bench.udp()];
    const incoming = firstRequest(app.srf, 'invite');
    const invite = alice.send('INVITE', bench.target.udp, { body: testSdp });
    const { request, response } = await incoming;
    const joined = app.srf.createB2BUA(request, response, uriOf(carol));
    const onward = await carol.request('INVITE');
    expect(onward.body).toBe(testSdp);
    carol.answer(onward, '180 Ringing', { tag: 'c' });
    await alice.response(180);
    carol.answer(onward, '200 OK', { tag: 'c', body: answerSdp });
    await carol.request('ACK');
    const answer = await alice.response(200, 'INVITE');
    expect(answer.body).toBe(answerSdp);
    alice.inDialog('ACK', bench.target.udp, invite, answer);
    const { uas, uac } = await joined;
    uas.on('modify', (again: SrfRequest, reply: SrfResponse) => {
      void uac.modify(again.body).then((sdp) => reply.send(200, { body: sdp }));
    });
    const held = testSdp.replace('a=sendrecv', 'a=sendonly');
    const again = alice.inDialog('INVITE', bench.target.udp, invite, answer, { body: held });
    const passed = await carol.request('INVITE');
    expect(passed.body).toBe(held);
    carol.answer(passed, '200 OK', { body: answerSdp });
    const ok = await alice.response(200, 'INVITE');
    alice.inDialog('ACK', bench.target.udp, again, ok, { to: answer.header('To') });
    uas.on('destroy', () => void uac.destroy());
    alice.inDialog('BYE', bench.target.udp, invite, answer, { cseq: 3 });
    await alice.response(200, 'BYE');
    carol.answer(await carol.request('BYE'), '200 OK');
  });

  it('carries a CANCEL', async () => {
    const app = await bench.app();
    const [alice, carol] = [await bench.udp(), await bench.udp()];
    const incoming = firstRequest(app.srf, 'invite');
    const invite = alice.send('INVITE', bench.target.udp, { body: testSdp });
    const { request, response } = await incoming;
    const joined = app.srf.createB2BUA(request, response, uriOf(carol)).catch((error: unknown) => error);
    const onward = await carol.request('INVITE');
    carol.answer(onward, '180 Ringing', { tag: 'c' });
    await alice.response(180);
    alice.send('CANCEL', bench.target.udp, {
      branch: /branch=([^;]+)/.exec(invite.header('Via'))?.[1] ?? '',
      callId: invite.header('Call-ID'),
      from: invite.header('From'),
      contact: null,
    });
    await alice.response(487);
    const cancel = await carol.request('CANCEL');
    carol.answer(cancel, '200 OK');
    carol.answer(onward, '487 Request Terminated', { tag: 'c' });
    await joined;
  });
});

describe('subscriptions', () => {
  const bench = useBench();

  it('answers SUBSCRIBE with a dialog in which the app notifies', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'subscribe');
    const peer = await bench.udp();
    peer.send('SUBSCRIBE', bench.target.udp, { headers: ['Event: presence', 'Expires: 60'] });
    const { request, response } = await incoming;
    const dialog = await app.srf.createUAS(request, response, { headers: { Expires: '60' } });
    const accepted = await peer.next((message) => message.status >= 200);
    expect(accepted.tag('To')).not.toBe('');
    const notified = dialog.request({
      method: 'NOTIFY',
      headers: { Event: 'presence', 'Subscription-State': 'active', 'Content-Type': 'text/plain' },
      body: 'here',
    });
    const notify = await peer.request('NOTIFY');
    // RFC 6665 section 8.2.1 makes it mandatory; a stock server leaves it out.
    if (embedded) expect(notify.header('Contact')).not.toBe('');
    peer.answer(notify, '200 OK');
    await notified;
    const over = dialog.destroy();
    const last = await peer.request('NOTIFY');
    expect(last.header('Subscription-State')).toBe('terminated');
    peer.answer(last, '200 OK');
    await over;
  });
});
