import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { answerSdp, callIn, ringing, silenced } from '../support/sip/calls.ts';
import { firstRequest } from '../support/sip/srf.ts';
import type { SrfMessage, SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { random, testSdp } from '../support/sip/raw-peer.ts';
import { embedded, useBench } from '../support/sip/target.ts';

describe.runIf(embedded)('REFER and subscriptions (RFC 3515, 6665)', () => {
  const clock = new SimulatedClock(1_000_000);
  const bench = useBench({}, { clock });
  const { port } = { port: () => bench.target.udp };
  const dialogs = (): number => bench.engine.counts().dialogs;

  it('offers REFER outside of a dialog to the app, whose NOTIFYs go into the dialog it made', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'refer');
    const peer = await bench.udp();
    const refer = peer.send('REFER', port(), {
      headers: ['Refer-To: <sip:carol@127.0.0.1>', 'Referred-By: <sip:a@b>'],
    });
    const { request, response } = await incoming;
    expect(request.get('Refer-To')).toBe('<sip:carol@127.0.0.1>');
    expect(request.get('Referred-By')).toBe('<sip:a@b>');
    response.send(202);
    const accepted = await peer.response(202);
    expect(accepted.header('Contact')).not.toBe('');
    expect(dialogs()).toBe(1);
    const notified = app.srf.request(peer.contact, {
      method: 'NOTIFY',
      headers: {
        'Call-ID': refer.header('Call-ID'),
        Event: 'refer',
        'Subscription-State': 'terminated;reason=noresource',
        'Content-Type': 'message/sipfrag',
      },
      body: 'SIP/2.0 200 OK',
    });
    const notify = await peer.request('NOTIFY');
    expect(notify.tag('From')).toBe(accepted.tag('To'));
    expect(notify.tag('To')).toBe(refer.tag('From'));
    peer.answer(notify, '200 OK');
    await notified;
    // Answered after what came before it, so the 200 to the NOTIFY has been read.
    peer.send('OPTIONS', port());
    await peer.response(503, 'OPTIONS');
    expect(dialogs()).toBe(0);
  });

  it('holds a NOTIFY that overtakes the 200 to our SUBSCRIBE; another fork’s is 481', async () => {
    const notifies: string[] = [];
    const app = await bench.app({
      prepare: (srf) =>
        srf.notify((request: SrfRequest, response: SrfResponse) => {
          notifies.push(request.stackDialogId);
          response.send(200);
        }),
    });
    const peer = await bench.udp();
    const sent = app.srf.request(peer.contact, { method: 'SUBSCRIBE', headers: { Event: 'presence', Expires: '60' } });
    const subscribe = await peer.request('SUBSCRIBE');
    await sent;
    const notify = (tag: string, cseq: number, state: string): void =>
      void peer.send('NOTIFY', port(), {
        uri: `sip:127.0.0.1:${port()}`,
        callId: subscribe.header('Call-ID'),
        from: `${subscribe.header('To')};tag=${tag}`,
        to: subscribe.header('From'),
        cseq,
        headers: ['Event: presence', `Subscription-State: ${state}`],
      });
    notify('one', 1, 'active;expires=60');
    peer.answer(subscribe, '200 OK', { tag: 'one', lines: ['Expires: 60'] });
    await peer.response(200, 'NOTIFY');
    expect(notifies).toEqual([`${subscribe.header('Call-ID')};from-tag=${subscribe.tag('From')}`]);
    notify('two', 1, 'active;expires=60');
    await peer.response(481, 'NOTIFY');
    expect(dialogs()).toBe(1);
    // Not renewed: forgotten 64 T1 after it ran out.
    clock.advance(60_000);
    expect(dialogs()).toBe(1);
    clock.advance(3_300);
    expect(dialogs()).toBe(0);
  });

  it('has several notifiers where a SUBSCRIBE was forked and its package allows it (RFC 6665 section 4.1.4)', async () => {
    const notifies: string[] = [];
    const app = await bench.app({
      prepare: (srf) =>
        srf.notify((request: SrfRequest, response: SrfResponse) => {
          notifies.push(request.get('From'));
          response.send(200);
        }),
    });
    const peers = { one: await bench.udp(), two: await bench.udp() };
    const headers = { Event: 'dialog', Expires: '60' };
    const sent = app.srf.request(peers.one.contact, { method: 'SUBSCRIBE', headers });
    const subscribe = await peers.one.request('SUBSCRIBE');
    peers.one.answer(subscribe, '200 OK', { tag: 'one', lines: ['Expires: 60'] });
    await once(await sent, 'response');
    const before = dialogs();
    let cseq = 0;
    const notify = async (tag: 'one' | 'two', state: string, status: number, event = 'dialog'): Promise<void> => {
      const asked = peers[tag].send('NOTIFY', port(), {
        uri: `sip:127.0.0.1:${port()}`,
        callId: subscribe.header('Call-ID'),
        from: `${subscribe.header('To')};tag=${tag}`,
        to: subscribe.header('From'),
        cseq: ++cseq,
        headers: [`Event: ${event}`, `Subscription-State: ${state}`],
      });
      const answer = await peers[tag].next(
        (message) => message.status >= 200 && message.header('CSeq') === asked.header('CSeq'),
      );
      expect(answer.status).toBe(status);
    };
    await notify('two', 'active;expires=60', 481, 'presence');
    await notify('one', 'active;expires=60', 200);
    await notify('two', 'active;expires=60', 200);
    expect(notifies).toHaveLength(2);
    expect(notifies[1]).toContain('tag=two');
    expect(dialogs()).toBe(before);
    // A renewal goes to both.
    const renewed = app.srf.request('sip:placeholder', {
      method: 'SUBSCRIBE',
      headers: { ...headers, 'Call-ID': subscribe.header('Call-ID') },
    });
    for (const tag of ['two', 'one'] as const) {
      const again = await peers[tag].request('SUBSCRIBE');
      expect([again.tag('To'), again.header('Event'), again.start.split(' ')[1]]).toEqual([
        tag,
        'dialog',
        peers[tag].contact,
      ]);
      peers[tag].answer(again, '200 OK', { lines: ['Expires: 60'] });
    }
    await renewed;
    // The end of one is not the end of the other.
    await notify('two', 'terminated;reason=noresource', 200);
    await notify('one', 'active;expires=60', 200);
    expect(dialogs()).toBe(before);
    await notify('one', 'terminated', 200);
    expect(dialogs()).toBe(before - 1);
    expect(notifies).toHaveLength(5);
  });

  it('ends a subscription with its last NOTIFY, and leaves the call of an inside REFER alone', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await callIn(bench, peer);
    const before = dialogs();
    dialog.on('notify', (_request: SrfRequest, response: SrfResponse) => response.send(200));
    const asked = dialog.request({ method: 'REFER', headers: { 'Refer-To': '<sip:x@y>' } });
    const refer = await peer.request('REFER');
    expect(refer.header('Contact')).not.toBe('');
    peer.answer(refer, '202 Accepted');
    await asked;
    peer.inDialog('NOTIFY', port(), invite, answer, {
      headers: ['Event: refer', 'Subscription-State: terminated;reason=noresource'],
      body: 'SIP/2.0 200 OK',
      type: 'message/sipfrag',
    });
    await peer.response(200, 'NOTIFY');
    expect(dialogs()).toBe(before);
  });
});

describe('headers that only pass through', () => {
  const bench = useBench();

  it('Privacy, identities and Reason, both ways (RFC 3323, 3325, 3326)', async () => {
    const peer = await bench.udp();
    const lines = ['Privacy: id;critical', 'P-Asserted-Identity: <tel:+4930123>', 'Reason: Q.850;cause=16'];
    const { app, request, response } = await ringing(bench, peer, lines);
    expect(request.get('Privacy')).toBe('id;critical');
    expect(request.get('P-Asserted-Identity')).toBe('<tel:+4930123>');
    response.send(486, { headers: { Reason: 'Q.850;cause=17;text="User busy"' } });
    expect((await peer.response(486)).header('Reason')).toBe('Q.850;cause=17;text="User busy"');
    const headers = { Privacy: 'id', 'P-Preferred-Identity': '<sip:me@example.com>' };
    const made = silenced(app.srf.createUAC(peer.contact, { localSdp: testSdp, headers }));
    const invite = await peer.request('INVITE');
    expect(invite.header('Privacy')).toBe('id');
    expect(invite.header('P-Preferred-Identity')).toBe('<sip:me@example.com>');
    peer.answer(invite, '200 OK', { tag: random(), body: answerSdp });
    await peer.request('ACK');
    void (await made).destroy({ headers: { Reason: 'SIP;cause=200;text="Call completed elsewhere"' } });
    const bye = await peer.request('BYE');
    expect(bye.header('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    peer.answer(bye, '200 OK');
  });

  it('Path of a REGISTER and in its answer (RFC 3327)', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'register');
    const peer = await bench.udp();
    const path = '<sip:edge.example.com;lr>';
    peer.send('REGISTER', bench.target.udp, { headers: ['Supported: path', `Path: ${path}`] });
    const { request, response } = await incoming;
    expect(request.get('Path')).toBe(path);
    response.send(200, { headers: { Path: path } });
    expect((await peer.response(200)).header('Path')).toBe(path);
  });

  it('MESSAGE outside of dialogs, both ways (RFC 3428)', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'message');
    const peer = await bench.udp();
    peer.send('MESSAGE', bench.target.udp, { body: 'good morning', type: 'text/plain' });
    const { request, response } = await incoming;
    expect(request.body.trim()).toBe('good morning');
    response.send(200);
    expect((await peer.response(200, 'MESSAGE')).header('Contact')).toBe('');
    const headers = { 'Content-Type': 'text/plain' };
    const sent = app.srf.request(peer.contact, { method: 'MESSAGE', headers, body: 'good night' });
    const message = await peer.request('MESSAGE');
    expect(message.body).toBe('good night');
    expect(message.header('Contact')).toBe('');
    const answered = once(await sent, 'response') as Promise<[SrfMessage]>;
    peer.answer(message, '202 Accepted', { contact: false });
    expect((await answered)[0].status).toBe(202);
  });
});
