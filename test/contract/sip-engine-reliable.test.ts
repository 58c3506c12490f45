import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { answerSdp, callIn, ringing, silenced } from '../support/sip/calls.ts';
import type { SrfMessage, SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { embedded, useBench } from '../support/sip/target.ts';

/** What srf's types leave out: the callback that hears the PRACK. */
type Send = (status: number, options?: object, sent?: unknown, prack?: (request: SrfRequest) => void) => void;

describe.runIf(embedded)('reliable provisional answers (RFC 3262)', () => {
  const clock = new SimulatedClock(1_000_000);
  const bench = useBench({}, { clock });
  const { port } = { port: () => bench.target.udp };
  const supported = ['Supported: 100rel'];

  it('answers 481 to a PRACK for another answer, CSeq or method', async () => {
    const peer = await bench.udp();
    const { invite, response } = await ringing(bench, peer, supported);
    (response.send as Send)(183, { headers: { Require: '100rel' } });
    const progress = await peer.response(183);
    const rseq = progress.header('RSeq');
    for (const [index, rack] of [`${rseq}7 1 INVITE`, `${rseq} 2 INVITE`, `${rseq} 1 OPTIONS`, 'x'].entries()) {
      peer.inDialog('PRACK', port(), invite, progress, { headers: [`RAck: ${rack}`], cseq: 2 + index });
      await peer.response(481, 'PRACK');
    }
    peer.inDialog('PRACK', port(), invite, progress, { headers: [`RAck: ${rseq} 1 INVITE`], cseq: 9 });
    await peer.response(200, 'PRACK');
  });

  it.each(['refused', 'cancelled'])('takes a PRACK that is on its way when the call is %s', async (end) => {
    const peer = await bench.udp();
    const { invite, response } = await ringing(bench, peer, supported);
    (response.send as Send)(183, { headers: { Require: '100rel' } });
    const progress = await peer.response(183);
    const rseq = Number(progress.header('RSeq'));
    // Drawn from 1 to 2^31 - 1: nobody outside can guess it.
    expect(rseq).toBeGreaterThan(1);
    expect(rseq).toBeLessThan(2 ** 31);
    if (end === 'refused') response.send(486);
    else {
      const branch = /branch=([^;]+)/.exec(invite.header('Via'))?.[1] ?? '';
      const [callId, from, to] = [invite.header('Call-ID'), invite.header('From'), invite.header('To')];
      peer.send('CANCEL', port(), { branch, callId, from, to });
    }
    await peer.response(end === 'refused' ? 486 : 487, 'INVITE');
    const prack = (tail: string, cseq: number): void =>
      void peer.inDialog('PRACK', port(), invite, progress, { headers: [`RAck: ${rseq} ${tail} INVITE`], cseq });
    prack('7', 8);
    await peer.response(481, 'PRACK');
    prack('1', 9);
    await peer.response(200, 'PRACK');
    // A second one acknowledges nothing.
    prack('1', 10);
    await peer.response(481, 'PRACK');
  });

  it('holds the second reliable answer and the 200 until the PRACK for the first', async () => {
    const peer = await bench.udp();
    const { app, invite, request, response } = await ringing(bench, peer, supported);
    (response.send as Send)(183, { headers: { Require: '100rel' }, body: answerSdp });
    (response.send as Send)(180, { headers: { Require: '100rel' } });
    const made = app.srf.createUAS(request, response, { localSdp: answerSdp });
    const first = await peer.response(183);
    clock.advance(50);
    await peer.again(first);
    expect(peer.count((message) => message.status === 180 || message.status === 200)).toBe(0);
    const rack = (answer: RawMessage): string[] => [`RAck: ${answer.header('RSeq')} 1 INVITE`];
    peer.inDialog('PRACK', port(), invite, first, { headers: rack(first) });
    const second = await peer.response(180);
    expect(Number(second.header('RSeq'))).toBe(Number(first.header('RSeq')) + 1);
    const answer = await peer.response(200, 'INVITE');
    peer.inDialog('PRACK', port(), invite, first, { headers: rack(second), cseq: 3 });
    peer.inDialog('ACK', port(), invite, answer);
    await made;
  });

  it('makes an answer reliable for a caller that requires it', async () => {
    const peer = await bench.udp();
    const { invite, response } = await ringing(bench, peer, ['Require: 100rel']);
    response.send(180);
    const progress = await peer.response(180);
    expect(progress.header('Require')).toBe('100rel');
    peer.inDialog('PRACK', port(), invite, progress, { headers: [`RAck: ${progress.header('RSeq')} 1 INVITE`] });
    await peer.response(200, 'PRACK');
    response.send(486);
    await peer.response(486);
  });

  it('refuses the call with 504 when no PRACK comes, and tells the app by CANCEL', async () => {
    const peer = await bench.udp();
    const { request, response } = await ringing(bench, peer, supported);
    const cancelled = once(request, 'cancel');
    (response.send as Send)(183, { headers: { Require: '100rel' } });
    await peer.response(183);
    clock.advance(3200);
    await peer.response(504, 'INVITE');
    await cancelled;
  });

  it('takes the peer’s in order only: one that comes too early is neither told nor acknowledged', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    const heard: number[] = [];
    const made = silenced(
      app.srf.createUAC(
        peer.contact,
        { localSdp: testSdp },
        { cbProvisional: (response: SrfMessage) => heard.push(response.status) },
      ),
    );
    const invite = await peer.request('INVITE');
    const progress = (status: string, rseq: number): void =>
      void peer.answer(invite, status, { tag: 'r', lines: ['Require: 100rel', `RSeq: ${rseq}`] });
    progress('183 Session Progress', 10);
    progress('181 Call Is Being Forwarded', 12);
    progress('183 Session Progress', 10);
    progress('180 Ringing', 11);
    for (const rseq of [10, 11]) {
      const prack = await peer.request('PRACK');
      expect(prack.header('RAck')).toBe(`${rseq} ${invite.header('CSeq')}`);
      peer.answer(prack, '200 OK');
    }
    peer.answer(invite, '200 OK', { tag: 'r', body: answerSdp });
    await peer.request('ACK');
    await made;
    expect(heard).toEqual([183, 180]);
    expect(peer.count((message) => message.method === 'PRACK')).toBe(2);
  });
});

describe.runIf(embedded)('UPDATE and offers under way (RFC 3311 section 5.2)', () => {
  const bench = useBench();
  const { port } = { port: () => bench.target.udp };

  it('answers 491 to an offer while ours is open, 500 to a second UPDATE', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await callIn(bench, peer);
    const asked = dialog.request({ method: 'UPDATE', body: testSdp });
    const ours = await peer.request('UPDATE');
    peer.inDialog('UPDATE', port(), invite, answer, { body: testSdp });
    await peer.response(491, 'UPDATE');
    peer.inDialog('INVITE', port(), invite, answer, { body: testSdp, cseq: 3 });
    await peer.response(491, 'INVITE');
    peer.answer(ours, '200 OK', { body: answerSdp });
    await asked;
    const waiting = once(dialog, 'update') as Promise<[SrfRequest, SrfResponse]>;
    peer.inDialog('UPDATE', port(), invite, answer, { body: testSdp, cseq: 5 });
    const [, response] = await waiting;
    peer.inDialog('UPDATE', port(), invite, answer, { body: testSdp, cseq: 6 });
    expect((await peer.response(500, 'UPDATE')).header('Retry-After')).not.toBe('');
    peer.inDialog('INVITE', port(), invite, answer, { body: testSdp, cseq: 7 });
    await peer.response(500, 'INVITE');
    response.send(200, { body: answerSdp });
    const done = await peer.response(200, 'UPDATE');
    expect(done.header('Contact')).not.toBe('');
  });

  it('refuses an offer of the app while one is open, either side’s', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await callIn(bench, peer);
    const asked = dialog.request({ method: 'UPDATE', body: testSdp });
    const ours = await peer.request('UPDATE');
    await expect(dialog.request({ method: 'UPDATE', body: testSdp })).rejects.toThrow('an offer is still open');
    await expect(dialog.request({ method: 'INVITE', body: testSdp })).rejects.toThrow('an offer is still open');
    peer.answer(ours, '200 OK', { body: answerSdp });
    await asked;
    const waiting = once(dialog, 'update') as Promise<[SrfRequest, SrfResponse]>;
    peer.inDialog('UPDATE', port(), invite, answer, { body: testSdp, cseq: 3 });
    const [, response] = await waiting;
    await expect(dialog.request({ method: 'UPDATE', body: testSdp })).rejects.toThrow('an offer is still open');
    await expect(dialog.request({ method: 'INVITE', body: testSdp })).rejects.toThrow('an offer is still open');
    response.send(200, { body: answerSdp });
    await peer.response(200, 'UPDATE');
    const free = dialog.request({ method: 'UPDATE', body: testSdp });
    peer.answer(await peer.request('UPDATE'), '200 OK', { body: answerSdp });
    expect((await free).status).toBe(200);
    expect(peer.count((message) => message.method === 'UPDATE')).toBe(2);
  });

  it('answers 500 to an UPDATE with an offer while the re-INVITE’s is not answered', async () => {
    const peer = await bench.udp();
    const { dialog, invite, answer } = await callIn(bench, peer);
    const waiting = once(dialog, 'modify') as Promise<[SrfRequest, SrfResponse]>;
    peer.inDialog('INVITE', port(), invite, answer, { body: `${testSdp}a=y\r\n` });
    const [, response] = await waiting;
    peer.inDialog('UPDATE', port(), invite, answer, { body: testSdp, cseq: 3 });
    await peer.response(500, 'UPDATE');
    response.send(488);
    await peer.response(488);
  });
});
