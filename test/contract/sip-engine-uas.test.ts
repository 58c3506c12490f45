import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { firstRequest } from '../support/sip/srf.ts';
import type { SrfMessage, SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { embedded, useBench } from '../support/sip/target.ts';
import type { Bench } from '../support/sip/target.ts';

const answerSdp = testSdp.replace('40000', '40002');

/** A call from a peer that an app answered and the peer acknowledged. */
async function call(bench: Bench, peer: RawPeer, headers: readonly string[] = []) {
  const app = await bench.app();
  const incoming = firstRequest(app.srf, 'invite');
  const invite = peer.send('INVITE', bench.target.udp, { body: testSdp, headers });
  const { request, response } = await incoming;
  const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
  const answer = await peer.response(200, 'INVITE');
  const ack = once(dialog, 'ack');
  peer.inDialog('ACK', bench.target.udp, invite, answer);
  await ack;
  return { app, dialog, invite, answer, request };
}

describe('calls from a peer', () => {
  const bench = useBench();
  const { port } = { port: () => bench.target.udp };

  it.runIf(embedded)('repeats the 200 until the ACK comes, then no more', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.udp();
    const invite = peer.send('INVITE', port(), { body: testSdp });
    const { request, response } = await incoming;
    const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
    const first = await peer.response(200, 'INVITE');
    await peer.again(first);
    const acked = once(dialog, 'ack');
    peer.inDialog('ACK', port(), invite, first);
    await acked;
    // A repeated ACK is dropped; the INFO after it arrives, so the app saw nothing in between.
    let acks = 0;
    dialog.on('ack', () => acks++);
    peer.inDialog('ACK', port(), invite, first);
    peer.inDialog('INFO', port(), invite, first);
    await peer.response(200, 'INFO');
    expect(acks).toBe(0);
  });

  it.runIf(embedded)('ends the call by itself when the ACK never comes, and tells the app why', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.udp();
    peer.send('INVITE', port(), { body: testSdp });
    const { request, response } = await incoming;
    const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
    const [, reason] = (await once(dialog, 'destroy')) as [SrfMessage, string];
    expect(reason).toBe('ACK timeout');
    const bye = await peer.request('BYE');
    expect(bye.header('Reason')).toContain('ACK timeout');
    peer.answer(bye, '200 OK');
  });

  it('answers 503 with a tag when no app routes INVITE', async () => {
    const peer = await bench.udp();
    const invite = peer.send('INVITE', port());
    const refused = await peer.response(503, 'INVITE');
    expect(refused.tag('To')).not.toBe('');
    if (embedded) expect(refused.header('Retry-After')).toMatch(/^[3-8]$/);
    peer.send('ACK', port(), {
      branch: /branch=([^;]+)/.exec(invite.header('Via'))?.[1] ?? '',
      callId: invite.header('Call-ID'),
      from: invite.header('From'),
      to: refused.header('To'),
    });
  });

  it('absorbs a repeated INVITE: the app is called once, the peer gets the last answer again', async () => {
    let calls = 0;
    await bench.app({
      prepare: (srf) =>
        srf.invite((_request, response) => {
          calls++;
          response.send(486);
        }),
    });
    const peer = await bench.udp();
    const invite = peer.send('INVITE', port());
    const busy = await peer.response(486);
    peer.raw(invite.text, port());
    await peer.again(busy);
    expect(calls).toBe(1);
  });

  it('keeps one To tag from the first answer to the last, and takes the tag an app chooses', async () => {
    await bench.app({
      prepare: (srf) =>
        srf.invite((_request, response) => {
          response.send(180, { headers: { to: '<sip:bob@127.0.0.1>;tag=chosen' } }, () => response.send(603));
        }),
    });
    const peer = await bench.udp();
    peer.send('INVITE', port());
    expect((await peer.response(180)).tag('To')).toBe('chosen');
    expect((await peer.response(603)).tag('To')).toBe('chosen');
  });

  it('tells the app of a CANCEL, and answers 200 and 487 itself', async () => {
    for (const provisional of [undefined, 180]) {
      const app = await bench.app();
      const incoming = firstRequest(app.srf, 'invite');
      const peer = await bench.udp();
      const invite = peer.send('INVITE', port(), { body: testSdp });
      const { request, response } = await incoming;
      const cancelled = once(request, 'cancel');
      if (provisional !== undefined) {
        response.send(provisional);
        await peer.response(provisional);
      }
      const branch = /branch=([^;]+)/.exec(invite.header('Via'))?.[1] ?? '';
      const same = {
        branch,
        callId: invite.header('Call-ID'),
        from: invite.header('From'),
        uri: invite.start.split(' ')[1] ?? '',
      };
      peer.send('CANCEL', port(), { ...same, contact: null });
      await peer.response(200, 'CANCEL');
      const ended = await peer.response(487, 'INVITE');
      peer.send('ACK', port(), { ...same, to: ended.header('To'), contact: null });
      await cancelled;
      await app.disconnect();
    }
  });

  it('answers 481 to a CANCEL for nothing, and to BYE, INFO and INVITE in a dialog it does not know', async () => {
    const peer = await bench.udp();
    peer.send('CANCEL', port(), { contact: null });
    await peer.response(481, 'CANCEL');
    for (const method of ['BYE', 'INFO', 'INVITE', 'UPDATE']) {
      peer.send(method, port(), { to: '<sip:bob@127.0.0.1>;tag=unknown' });
      await peer.response(481, method);
    }
  });

  it('answers 481 to a CANCEL after the 200', async () => {
    const peer = await bench.udp();
    const { invite } = await call(bench, peer);
    const branch = /branch=([^;]+)/.exec(invite.header('Via'))?.[1] ?? '';
    const same = { branch, callId: invite.header('Call-ID'), from: invite.header('From') };
    peer.send('CANCEL', port(), { ...same, contact: null });
    await peer.response(481, 'CANCEL');
  });

  it('passes a re-INVITE to the dialog and its answer back', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await call(bench, peer);
    dialog.on('modify', (_request: SrfRequest, response: SrfResponse) => response.send(200, { body: answerSdp }));
    const body = testSdp.replace('a=sendrecv', 'a=sendonly');
    const again = peer.inDialog('INVITE', port(), invite, answer, { body });
    await peer.response(100, 'INVITE');
    const ok = await peer.response(200, 'INVITE');
    expect(ok.header('CSeq')).toBe('2 INVITE');
    const acked = once(dialog, 'ack');
    peer.inDialog('ACK', port(), again, ok, { to: answer.header('To'), cseq: 2 });
    await acked;
    expect(dialog.remote.sdp).toBe(body);
  });

  it('keeps the call when a re-INVITE is refused', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await call(bench, peer);
    dialog.on('modify', (_request: SrfRequest, response: SrfResponse) => response.send(488));
    peer.inDialog('INVITE', port(), invite, answer, { body: `${testSdp}a=x\r\n` });
    await peer.response(488);
    peer.inDialog('INFO', port(), invite, answer, { cseq: 3 });
    await peer.response(200, 'INFO');
  });

  it('sends a re-INVITE of the app, with its own CSeq count', async () => {
    const peer = await bench.udp();
    const { dialog, invite } = await call(bench, peer);
    const modified = dialog.modify(testSdp.replace('40000', '40004'));
    const again = await peer.request('INVITE');
    expect(again.header('Call-ID')).toBe(invite.header('Call-ID'));
    expect(again.body).toContain('40004');
    peer.answer(again, '200 OK', { body: testSdp });
    expect(await modified).toBe(testSdp);
    const ack = await peer.request('ACK');
    expect(ack.header('CSeq').split(' ')[0]).toBe(again.header('CSeq').split(' ')[0]);
  });

  it('answers 491 to a re-INVITE while ours is under way', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await call(bench, peer);
    const modified = dialog.modify(testSdp);
    const ours = await peer.request('INVITE');
    peer.inDialog('INVITE', port(), invite, answer, { body: testSdp });
    await peer.response(491);
    peer.answer(ours, '200 OK', { body: testSdp });
    await modified;
  });

  it('answers 500 with Retry-After to a second INVITE while the first waits for the app', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await call(bench, peer);
    const waiting = once(dialog, 'modify') as Promise<[SrfRequest, SrfResponse]>;
    peer.inDialog('INVITE', port(), invite, answer, { body: `${testSdp}a=y\r\n` });
    const [, response] = await waiting;
    peer.inDialog('INVITE', port(), invite, answer, { body: testSdp, cseq: 3 });
    const refused = await peer.response(500);
    expect(Number(refused.header('Retry-After'))).toBeGreaterThanOrEqual(0);
    response.send(200, { body: answerSdp });
    await peer.response(200, 'INVITE');
  });

  it('refuses a request whose CSeq goes back', async () => {
    const peer = await bench.udp();
    const { invite, answer } = await call(bench, peer);
    peer.inDialog('INFO', port(), invite, answer, { cseq: 7 });
    await peer.response(200, 'INFO');
    peer.inDialog('INFO', port(), invite, answer, { cseq: 5 });
    await peer.response(500, 'INFO');
  });

  it.each(['INFO', 'REFER', 'NOTIFY', 'UPDATE', 'MESSAGE', 'OPTIONS'])(
    'passes %s inside a dialog, both ways',
    async (method) => {
      const peer = await bench.udp();
      const { dialog, invite, answer } = await call(bench, peer);
      const heard = new Promise<SrfRequest>((resolve) => {
        dialog.on(method.toLowerCase(), (request: SrfRequest, response: SrfResponse) => {
          response.send(202, { headers: { 'X-Back': 'yes' } });
          resolve(request);
        });
      });
      const headers = method === 'REFER' ? ['Refer-To: <sip:carol@127.0.0.1>'] : [];
      peer.inDialog(method, port(), invite, answer, { body: 'digit=5', type: 'application/x-test', headers });
      expect((await heard).body.trim()).toBe('digit=5');
      expect((await peer.response(202, method)).header('X-Back')).toBe('yes');
      const asked = dialog.request({ method, headers: { 'Content-Type': 'text/plain' }, body: 'hello' });
      const request = await peer.request(method);
      expect(request.body).toBe('hello');
      peer.answer(request, '200 OK', { lines: ['X-Peer: yes'] });
      expect((await asked).get('X-Peer')).toBe('yes');
    },
  );

  it('takes an offer in our 200 and the answer in the ACK (late offer)', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.udp();
    const invite = peer.send('INVITE', port());
    const { request, response } = await incoming;
    expect(request.body).toBe('');
    const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    const acked = once(dialog, 'ack') as Promise<[SrfRequest]>;
    peer.inDialog('ACK', port(), invite, answer, { body: testSdp });
    const [ack] = await acked;
    expect(ack.body).toBe(testSdp);
    expect(dialog.remote.sdp).toBe(testSdp);
  });

  it('copies Record-Route into the answer and follows it in the dialog', async () => {
    const peer = await bench.udp();
    const proxy = await bench.udp();
    const route = `<sip:127.0.0.1:${proxy.wire.port};lr>`;
    const { dialog, answer } = await call(bench, peer, [`Record-Route: ${route}`]);
    expect(answer.header('Record-Route')).toBe(route);
    const ended = dialog.destroy();
    const bye = await proxy.request('BYE');
    expect(bye.header('Route')).toBe(route);
    expect(bye.start).toBe(`BYE ${peer.contact} SIP/2.0`);
    proxy.answer(bye, '200 OK');
    await ended;
  });

  it('writes reliable provisional answers when the caller can, and refuses them when it cannot', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.udp();
    const invite = peer.send('INVITE', port(), { body: testSdp, headers: ['Supported: 100rel'] });
    const { response } = await incoming;
    const acknowledged = new Promise<SrfRequest>((resolve) => {
      Object.assign(response, {});
      (response as unknown as { send(...rest: unknown[]): void }).send(
        183,
        { headers: { Require: '100rel' }, body: answerSdp },
        undefined,
        (prack: SrfRequest) => resolve(prack),
      );
    });
    const progress = await peer.response(183);
    expect(progress.header('RSeq')).not.toBe('');
    expect(progress.header('Contact')).not.toBe('');
    const rack = `RAck: ${progress.header('RSeq')} 1 INVITE`;
    peer.inDialog('PRACK', port(), invite, progress, { headers: [rack] });
    await peer.response(200, 'PRACK');
    await acknowledged;
    response.send(486);
    await peer.response(486);
  });

  it.runIf(embedded)('answers an early UPDATE before the call is decided', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.udp();
    const invite = peer.send('INVITE', port(), { body: testSdp });
    const { request, response } = await incoming;
    request.on('update', (_update: SrfRequest, answer: SrfResponse) => answer.send(200, { body: answerSdp }));
    response.send(183, { body: answerSdp });
    const progress = await peer.response(183);
    peer.inDialog('UPDATE', port(), invite, progress, { body: testSdp });
    const updated = await peer.response(200, 'UPDATE');
    expect(updated.header('Content-Type')).toBe('application/sdp');
    response.send(480);
    await peer.response(480);
  });

  it('keeps a UTF-8 body and header whole', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await call(bench, peer, ['Subject: 你好']);
    const heard = once(dialog, 'message') as Promise<[SrfRequest, SrfResponse]>;
    peer.inDialog('MESSAGE', port(), invite, answer, { body: '你好，世界', type: 'text/plain;charset=utf-8' });
    const [request, response] = await heard;
    expect(request.body.trim()).toBe('你好，世界');
    response.send(200);
    const sent = dialog.request({ method: 'MESSAGE', headers: { 'Content-Type': 'text/plain' }, body: '再见' });
    const back: RawMessage = await peer.request('MESSAGE');
    expect(back.header('Content-Length')).toBe('6');
    expect(back.body).toBe('再见');
    peer.answer(back, '200 OK');
    await sent;
  });
});

describe('the dialog an app holds', () => {
  const bench = useBench();

  it('says ENODIALOG for a dialog that is gone', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await call(bench, peer);
    const over = once(dialog, 'destroy');
    peer.inDialog('BYE', bench.target.udp, invite, answer);
    await peer.response(200, 'BYE');
    await over;
    const asked = dialog.request({ method: 'INFO' });
    await expect(asked).rejects.toMatchObject({ code: 'ENODIALOG' });
  });
});
