import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { answerSdp, callIn, callOut, ringing, silenced } from '../support/sip/calls.ts';
import { firstRequest } from '../support/sip/srf.ts';
import type { SrfDialog, SrfMessage, SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import { embedded, useBench } from '../support/sip/target.ts';

describe.runIf(embedded)('requests the engine answers by itself', () => {
  const bench = useBench();
  const { port } = { port: () => bench.target.udp };

  it('answers 482 to a copy of a request that came by another way (RFC 3261 section 8.2.2.2)', async () => {
    const peer = await bench.udp();
    const { invite, response } = await ringing(bench, peer);
    const copy = { callId: invite.header('Call-ID'), from: invite.header('From'), to: invite.header('To') };
    peer.send('INVITE', port(), { ...copy, body: testSdp });
    expect((await peer.response(482, 'INVITE')).header('Via')).not.toBe(invite.header('Via'));
    response.send(486);
    await peer.response(486);
    // Refused: now it may be tried again by another way.
    peer.send('INVITE', port(), { ...copy, body: testSdp });
    await peer.next((message) => message.status === 100 && message.header('Call-ID') === copy.callId);
  });

  it('answers 420 with Unsupported to what nobody here knows (RFC 3261 section 8.2.2.3)', async () => {
    const peer = await bench.udp();
    const { invite, answer } = await callIn(bench, peer, ['Require: timer, Replaces']);
    peer.inDialog('INFO', port(), invite, answer, { headers: ['Require: precondition'] });
    expect((await peer.response(420, 'INFO')).header('Unsupported')).toBe('precondition');
    peer.send('INVITE', port(), { headers: ['Require: 100rel', 'Require: foo , bar'] });
    expect((await peer.response(420, 'INVITE')).header('Unsupported')).toBe('foo, bar');
  });

  it('leaves extensions to an app that says it knows them', async () => {
    const app = await bench.app({ tags: ['knowing', 'supports:precondition'] });
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.udp();
    peer.send('INVITE', port(), { headers: ['Require: precondition'] });
    const { response } = await incoming;
    response.send(486);
    await peer.response(486);
  });

  it('answers 400 to two Replaces, to Replaces outside of INVITE, and to REFER without one Refer-To', async () => {
    const peer = await bench.udp();
    const replaces = 'Replaces: a@b;to-tag=1;from-tag=2';
    peer.send('INVITE', port(), { headers: [replaces, replaces] });
    await peer.response(400, 'INVITE');
    peer.send('INVITE', port(), { headers: ['Replaces: a@b;to-tag=1'] });
    await peer.response(400, 'INVITE');
    peer.send('OPTIONS', port(), { headers: [replaces] });
    await peer.response(400, 'OPTIONS');
    for (const headers of [[], ['Refer-To: <sip:a@b>', 'Refer-To: <sip:c@d>']]) {
      peer.send('REFER', port(), { headers });
      await peer.response(400, 'REFER');
    }
    peer.send('SUBSCRIBE', port());
    await peer.response(489, 'SUBSCRIBE');
    peer.send('INFO', port());
    await peer.response(481, 'INFO');
  });

  it('tells the app which dialog an INVITE replaces, in either direction (RFC 3891)', async () => {
    const peer = await bench.udp();
    const app = await bench.app();
    const first = Promise.withResolvers<{ request: SrfRequest; response: SrfResponse }>();
    const others: SrfRequest[] = [];
    app.srf.invite((request, response) => {
      if (!request.has('Replaces')) return first.resolve({ request, response });
      others.push(request);
      response.send(486);
    });
    const invite = peer.send('INVITE', port(), { body: testSdp });
    const { request, response } = await first.promise;
    const incoming = app.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    peer.inDialog('ACK', port(), invite, answer);
    const dialog = await incoming;
    const other = await callOut(app, peer);
    const cases: readonly [string, string, string, SrfDialog | undefined][] = [
      [invite.header('Call-ID'), answer.tag('To'), invite.tag('From'), dialog],
      [other.invite.header('Call-ID'), other.invite.tag('From'), other.answer.tag('To'), other.dialog],
      [invite.header('Call-ID'), invite.tag('From'), answer.tag('To'), undefined],
    ];
    for (const [callId, toTag, fromTag, expected] of cases) {
      const headers = [`Replaces: ${callId};to-tag=${toTag};from-tag=${fromTag}`, 'X-Jackfield-Replaces: forged'];
      const sent = peer.send('INVITE', port(), { headers });
      await peer.next(({ status, header }) => status === 486 && header('Call-ID') === sent.header('Call-ID'));
      const replacing = others.pop();
      expect(replacing?.get('Replaces')).toContain(callId);
      const named = replacing?.has('X-Jackfield-Replaces') === true ? replacing.get('X-Jackfield-Replaces') : undefined;
      expect(named).toBe(expected?.id);
    }
  });

  it('lets a ringing call of ours be picked up, and nothing else that has not been answered (RFC 3891 section 3)', async () => {
    const [peer, callee] = [await bench.udp(), await bench.udp()];
    const asked: SrfRequest[] = [];
    const app = await bench.app({
      prepare: (srf) =>
        srf.invite((request, response) => {
          asked.push(request);
          response.send(request.has('Replaces') ? 486 : 180);
        }),
    });
    void silenced(app.srf.createUAC(callee.contact, { localSdp: testSdp }));
    const ours = await callee.request('INVITE');
    callee.answer(ours, '180 Ringing', { tag: 'rings' });
    const theirs = peer.send('INVITE', port(), { body: testSdp });
    const ringing = await peer.response(180);
    const { invite, answer, dialog } = await callOut(app, callee);
    const replace = async (callId: string, tags: string): Promise<number> => {
      const sent = peer.send('INVITE', port(), { headers: [`Replaces: ${callId};${tags}`], body: testSdp });
      const refused = await peer.next(
        ({ status, header }) => status > 180 && header('Call-ID') === sent.header('Call-ID'),
      );
      return refused.status;
    };
    const tagsOf = (to: string, from: string): string => `to-tag=${to};from-tag=${from}`;
    // A confirmed one, though only an early one was meant: busy, and the app is not asked.
    const confirmed = tagsOf(invite.tag('From'), answer.tag('To'));
    expect(await replace(invite.header('Call-ID'), `${confirmed};early-only`)).toBe(486);
    // One that rings here.
    expect(await replace(theirs.header('Call-ID'), tagsOf(ringing.tag('To'), theirs.tag('From')))).toBe(481);
    expect(asked.filter((request) => request.has('Replaces'))).toEqual([]);
    // One of ours that rings there: the app is asked, and told which it is.
    expect(await replace(ours.header('Call-ID'), `${tagsOf(ours.tag('From'), 'rings')};early-only`)).toBe(486);
    expect(asked.at(-1)?.get('X-Jackfield-Replaces')).toBe(`${ours.header('Call-ID')};from-tag=${ours.tag('From')}`);
    void dialog.destroy();
    callee.answer(await callee.request('BYE'), '200 OK');
  });
});

describe.runIf(embedded)('the ends of dialogs', () => {
  const bench = useBench();
  const { port } = { port: () => bench.target.udp };

  it('answers 487 to an INVITE whose caller hangs up with BYE (RFC 3261 section 15.1.2)', async () => {
    const peer = await bench.udp();
    const { invite, response } = await ringing(bench, peer);
    response.send(180);
    const progress = await peer.response(180);
    peer.inDialog('BYE', port(), invite, progress);
    await peer.response(487, 'INVITE');
    await peer.next((message) => message.status === 200 || message.status === 404);
    expect(bench.engine.counts().dialogs).toBe(0);
  });

  it('holds a BYE of the called side until the ACK, and refuses one before the answer (section 15)', async () => {
    const peer = await bench.udp();
    const { app, invite, request, response } = await ringing(bench, peer);
    const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    const ended = dialog.destroy();
    peer.inDialog('INFO', port(), invite, answer);
    await peer.response(200, 'INFO');
    expect(peer.count((message) => message.method === 'BYE')).toBe(0);
    peer.inDialog('ACK', port(), invite, answer);
    peer.answer(await peer.request('BYE'), '200 OK');
    await ended;
  });

  it('ends a call of which the peer says that it does not know it (section 12.2.1.2)', async () => {
    const peer = await bench.udp();
    const { dialog } = await callIn(bench, peer);
    const over = once(dialog, 'destroy') as Promise<[SrfMessage, string]>;
    const modified = silenced(dialog.modify(testSdp));
    peer.answer(await peer.request('INVITE'), '481 Call/Transaction Does Not Exist');
    await expect(modified).rejects.toMatchObject({ status: 481 });
    expect((await over)[1]).toBe('Peer lost the dialog');
    await peer.request('BYE');
  });

  it('follows a strict route: its URI on top, the target last (section 12.2.1.1)', async () => {
    const proxy = await bench.udp();
    const peer = await bench.udp();
    const strict = `sip:127.0.0.1:${proxy.wire.port}`;
    const far = '<sip:far.example.com>';
    const { dialog } = await callIn(bench, peer, [`Record-Route: <${strict}>, ${far}`]);
    const asked = dialog.request({ method: 'INFO' });
    const info = await proxy.request('INFO');
    expect(info.start).toBe(`INFO ${strict} SIP/2.0`);
    expect(info.headers('Route')).toEqual([far, `<${peer.contact}>`]);
    proxy.answer(info, '200 OK');
    await asked;
  });

  it('talks to a peer of RFC 2543: no cookie in the branch, no tags', async () => {
    const peer = await bench.udp();
    const app = await bench.app();
    const from = '<sip:old@127.0.0.1>';
    const incoming = firstRequest(app.srf, 'invite');
    const invite = peer.send('INVITE', port(), { branch: '1', from, body: testSdp });
    const { request, response } = await incoming;
    peer.raw(invite.text, port());
    const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    const acked = once(dialog, 'ack');
    peer.inDialog('ACK', port(), invite, answer, { branch: '2' });
    await acked;
    const over = once(dialog, 'destroy');
    peer.inDialog('BYE', port(), invite, answer, { branch: '3' });
    await peer.response(200, 'BYE');
    await over;
    // The other way: an answer without tag.
    const made = app.srf.createUAC(peer.contact, { localSdp: testSdp });
    const called = await peer.request('INVITE');
    const accepted = peer.answer(called, '200 OK', { body: answerSdp });
    await peer.request('ACK');
    const second = await made;
    const done = once(second, 'destroy');
    peer.send('BYE', port(), {
      uri: `sip:127.0.0.1:${port()}`,
      callId: called.header('Call-ID'),
      from: accepted.header('To'),
      to: called.header('From'),
      branch: '4',
    });
    await peer.response(200, 'BYE');
    await done;
  });
});

describe.runIf(embedded)('forks of a call of ours', () => {
  const bench = useBench();

  it('keeps tag, target and route of each early dialog, and sends each PRACK to its own fork', async () => {
    const app = await bench.app();
    const [peer, left, right] = [await bench.udp(), await bench.udp(), await bench.udp()];
    const made = silenced(app.srf.createUAC(peer.contact, { localSdp: testSdp, headers: { Supported: '100rel' } }));
    const invite = await peer.request('INVITE');
    const progress = (fork: RawPeer, tag: string, rseq: number): void => {
      const lines = [
        'Require: 100rel',
        `RSeq: ${rseq}`,
        `Contact: <${fork.contact}>`,
        `Record-Route: <sip:127.0.0.1:${fork.wire.port};lr>`,
      ];
      peer.answer(invite, '183 Session Progress', { tag, lines, contact: false, body: answerSdp });
    };
    // Both before the app has sent a PRACK: the second must not turn the first one's round.
    progress(left, 'left', 1);
    progress(right, 'right', 1);
    for (const [fork, tag] of [
      [left, 'left'],
      [right, 'right'],
    ] as const) {
      const prack = await fork.request('PRACK');
      expect(prack.tag('To')).toBe(tag);
      expect(prack.start).toContain(fork.contact);
      expect(prack.header('RAck')).toBe(`1 ${invite.header('CSeq')}`);
      fork.answer(prack, '200 OK');
    }
    // A request of the fork heard first is still in a dialog of ours.
    left.send('UPDATE', bench.target.udp, {
      callId: invite.header('Call-ID'),
      from: `${invite.header('To')};tag=left`,
      to: invite.header('From'),
    });
    await left.next((message) => message.header('CSeq').endsWith('UPDATE') && message.status !== 481);
    peer.answer(invite, '200 OK', { tag: 'right', body: answerSdp, lines: [] });
    await peer.request('ACK');
    expect((await made).sip.remoteTag).toBe('right');
  });
});
