import { describe, expect, it } from 'vitest';
import type { SrfDialog } from '../support/sip/srf.ts';
import { random, testSdp } from '../support/sip/raw-peer.ts';
import { RawApp } from '../support/sip/raw-app.ts';
import { useBench } from '../support/sip/target.ts';

/** Features of srf (section 14 of the control protocol) that no other file drives. */
describe('features of srf', () => {
  const bench = useBench({ timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 } });

  it('createUAC follows a redirection with an INVITE of its own', async () => {
    const app = await bench.app();
    const [first, second] = [await bench.udp(), await bench.udp()];
    const made = app.srf.createUAC(first.contact, { localSdp: testSdp, followRedirects: true });
    const invite = await first.request('INVITE');
    const lines = [`Contact: <${second.contact}>`];
    first.answer(invite, '302 Moved Temporarily', { tag: 'a', lines, contact: false });
    await first.request('ACK');
    const moved = await second.request('INVITE');
    expect(moved.start).toBe(`INVITE ${second.contact} SIP/2.0`);
    second.answer(moved, '200 OK', { tag: 'b', body: testSdp });
    await second.request('ACK');
    expect((await made).sip.remoteTag).toBe('b');
  });

  it('createUAC leaves the ACK to a third party that has the answer to the offer (3pcc, noAck)', async () => {
    const app = await bench.app();
    const peer = await bench.udp();
    const made = app.srf.createUAC(peer.contact, { noAck: true }) as unknown as Promise<{
      sdp: string;
      ack: (sdp: string) => Promise<SrfDialog>;
    }>;
    const invite = await peer.request('INVITE');
    expect(invite.body).toBe('');
    peer.answer(invite, '200 OK', { tag: 'w', body: testSdp });
    const { sdp, ack } = await made;
    expect(sdp).toBe(testSdp);
    expect(peer.count(({ method }) => method === 'ACK')).toBe(0);
    const answer = testSdp.replace('40000', '40002');
    const dialog = await ack(answer);
    expect((await peer.request('ACK')).body).toBe(answer);
    const ended = dialog.destroy();
    peer.answer(await peer.request('BYE'), '200 OK');
    await ended;
  });

  it('findDialogByCallIDAndFromTag finds both kinds of dialog', async () => {
    const app = await bench.app({
      prepare: (srf) => srf.invite((request, response) => void srf.createUAS(request, response, { localSdp: testSdp })),
    });
    const find = (callId: string, tag: string): SrfDialog | undefined =>
      (
        app.srf as unknown as { findDialogByCallIDAndFromTag(callId: string, tag: string): SrfDialog | undefined }
      ).findDialogByCallIDAndFromTag(callId, tag);
    const peer = await bench.udp();
    const incoming = peer.send('INVITE', bench.target.udp, { body: testSdp });
    const ok = await peer.response(200, 'INVITE');
    peer.inDialog('ACK', bench.target.udp, incoming, ok);
    await expect.poll(() => find(incoming.header('Call-ID'), incoming.tag('From'))?.type).toBe('uas');
    const made = app.srf.createUAC(peer.contact, { localSdp: testSdp });
    const outgoing = await peer.next(
      (message) => message.method === 'INVITE' && message.header('Call-ID') !== incoming.header('Call-ID'),
    );
    peer.answer(outgoing, '200 OK', { tag: 'w', body: testSdp });
    await made;
    expect(find(outgoing.header('Call-ID'), outgoing.tag('From'))?.type).toBe('uac');
  });

  it.each(['publish', 'info', 'notify', 'refer', 'subscribe', 'message', 'options', 'register'] as const)(
    'srf.%s gets requests outside of dialogs, and its answer goes back with headers and reason',
    async (method) => {
      await bench.appWith((srf) => {
        srf.use(method, (_request, response) => response.send(488, 'Not so', { headers: { 'X-Why': 'because' } }));
        (srf as unknown as Record<string, (handle: () => void) => void>)[method]?.(() => {});
      });
      const peer = await bench.udp();
      const headers = {
        refer: ['Refer-To: <sip:a@b>'],
        subscribe: ['Event: presence'],
        notify: ['Event: presence', 'Subscription-State: active'],
      };
      peer.send(method.toUpperCase(), bench.target.udp, {
        headers: method in headers ? headers[method as keyof typeof headers] : [],
        callId: random(),
      });
      const answer = await peer.response(488, method.toUpperCase());
      expect(answer.start).toBe('SIP/2.0 488 Not so');
      expect(answer.header('X-Why')).toBe('because');
    },
  );

  it('answers a ping under load: the reply names the ping, whatever else is under way', async () => {
    const app = await RawApp.connect(bench.target.port);
    bench.later(() => app.close());
    await app.authenticate(bench.target.secret, 'one,two');
    const ids = Array.from({ length: 50 }, () => app.send('ping'));
    for (const id of ids) expect(await app.reply()).toMatchObject({ id, result: 'OK', fields: ['pong'] });
  });
});
