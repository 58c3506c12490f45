/** The engine dies while it rings, or while somebody is subscribed: nobody is left waiting for ever. */
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineProgram } from '../support/sip/engine-program.ts';
import { silenced } from '../support/sip/calls.ts';
import { random, testSdp, udpPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { connectApp } from '../support/sip/srf.ts';
import type { App, Srf } from '../support/sip/srf.ts';
import { embedded } from '../support/sip/target.ts';
import { until } from '../support/until.ts';

const secret = 'rings-secret';
const answerSdp = testSdp.replace('40000', '40002');

describe.runIf(embedded)('kill -9 of the engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-rings-'));
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

  const peerOf = async (): Promise<RawPeer> => {
    const peer = await udpPeer();
    closers.push(() => peer.close());
    return peer;
  };
  const app = async (tag: string, prepare: (srf: Srf) => void = () => {}): Promise<App> => {
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret };
    const made = await connectApp(target, { tags: [tag], prepare });
    closers.push(() => made.disconnect());
    return made;
  };
  const written = (text: string): Promise<void> => until(() => readFileSync(journal, 'utf8').includes(text));
  const die = async (one: App): Promise<void> => {
    // The engine first: one that lives on a moment longer ends itself what rings for an app that is gone.
    await engine.kill();
    one.die();
    await engine.start();
  };

  /** A peer calls; the app says that it rings. */
  async function ringingIn(tag: string): Promise<{ one: App; caller: RawPeer; invite: RawMessage }> {
    const one = await app(tag, (srf) => srf.invite((_request, response) => response.send(180)));
    const caller = await peerOf();
    const callId = `${random()}@rings`;
    let invite = caller.send('INVITE', engine.port('udp'), { body: testSdp, callId });
    // The app is connected, but may not have asked for INVITE yet.
    for (;;) {
      const heard = await caller.next(({ method, status }) => method === undefined && status >= 180);
      if (heard.status === 180) break;
      invite = caller.send('INVITE', engine.port('udp'), { body: testSdp, callId, from: invite.header('From') });
    }
    await written(callId);
    return { one, caller, invite };
  }

  it('offers a caller who hears the ringing tone to the app again', async () => {
    const tag = random();
    const { one, caller, invite } = await ringingIn(tag);
    await die(one);
    const asked = Promise.withResolvers<string>();
    await app(tag, (srf) =>
      srf.invite((request, response) => {
        asked.resolve(request.get('Call-ID'));
        void silenced(srf.createUAS(request, response, { localSdp: answerSdp }));
      }),
    );
    expect(await asked.promise).toBe(invite.header('Call-ID'));
    const answer = await caller.response(200, 'INVITE');
    expect(answer.header('Via')).toContain(/branch=[^;]+/.exec(invite.header('Via'))?.[0]);
    caller.inDialog('ACK', engine.port('udp'), invite, answer);
    await until(() => !readFileSync(journal, 'utf8').includes('"type":"ring"'));
    caller.inDialog('BYE', engine.port('udp'), invite, answer);
    await caller.response(200, 'BYE');
  });

  it('lets that caller give up before the app is back', async () => {
    const { one, caller, invite } = await ringingIn(random());
    await die(one);
    const branch = /branch=([^;]+)/.exec(invite.header('Via'))?.[1] ?? '';
    const [callId, from, to] = [invite.header('Call-ID'), invite.header('From'), invite.header('To')];
    caller.send('CANCEL', engine.port('udp'), { branch, callId, from, to });
    await caller.response(200, 'CANCEL');
    await caller.response(487, 'INVITE');
  });

  /** The app calls; the peer rings. */
  async function ringingOut(): Promise<{ one: App; callee: RawPeer; invite: RawMessage }> {
    const [one, callee] = [await app(random()), await peerOf()];
    void silenced(one.srf.createUAC(callee.contact, { localSdp: testSdp }));
    const invite = await callee.request('INVITE');
    callee.answer(invite, '180 Ringing', { tag: 'callee' });
    await written(invite.header('Call-ID'));
    return { one, callee, invite };
  }

  it('cancels what rings at somebody whom an app had called', async () => {
    const { one, callee, invite } = await ringingOut();
    await die(one);
    const cancel = await callee.request('CANCEL');
    expect(cancel.header('Via')).toBe(invite.header('Via'));
    expect(cancel.header('Reason')).toContain('Signalling lost');
    callee.answer(cancel, '200 OK', { tag: 'callee', contact: false });
    callee.answer(invite, '487 Request Terminated', { tag: 'callee', contact: false });
    expect((await callee.request('ACK')).header('CSeq')).toBe(invite.header('CSeq').replace('INVITE', 'ACK'));
  });

  it('takes and ends the call of one who answers at that moment', async () => {
    const { one, callee, invite } = await ringingOut();
    await die(one);
    await callee.request('CANCEL');
    callee.answer(invite, '200 OK', { tag: 'callee', body: answerSdp });
    const ack = await callee.request('ACK');
    const bye = await callee.request('BYE');
    for (const message of [ack, bye]) expect(message.tag('To')).toBe('callee');
    expect(Number.parseInt(bye.header('CSeq'), 10)).toBeGreaterThan(Number.parseInt(ack.header('CSeq'), 10));
    callee.answer(bye, '200 OK');
  });

  it('keeps subscriptions: the subscriber renews, the app notifies', async () => {
    const tag = random();
    const accepting = (srf: Srf) =>
      void srf.subscribe((_request, response) => response.send(202, { headers: { Expires: '600' } }));
    const one = await app(tag, accepting);
    const peer = await peerOf();
    let subscribe = peer.send('SUBSCRIBE', engine.port('udp'), { headers: ['Event: dialog', 'Expires: 600'] });
    let answer = await peer.next(({ method, status }) => method === undefined && status >= 200);
    while (answer.status !== 202) {
      subscribe = peer.send('SUBSCRIBE', engine.port('udp'), { headers: ['Event: dialog', 'Expires: 600'] });
      answer = await peer.next(({ method, status }) => method === undefined && status >= 200);
    }
    await written(`"kind":"SUBSCRIBE"`);
    await die(one);
    const two = await app(tag, accepting);
    const headers = { Event: 'dialog', 'Subscription-State': 'active;expires=500' };
    const asked = two.srf.request(peer.contact, {
      method: 'NOTIFY',
      headers: { ...headers, 'Call-ID': subscribe.header('Call-ID') },
    });
    const notify = await peer.request('NOTIFY');
    expect([notify.tag('From'), notify.tag('To')]).toEqual([answer.tag('To'), subscribe.tag('From')]);
    peer.answer(notify, '200 OK');
    await asked;
    peer.inDialog('SUBSCRIBE', engine.port('udp'), subscribe, answer, { headers: ['Event: dialog', 'Expires: 600'] });
    await peer.response(202, 'SUBSCRIBE');
  });
});
