import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { firstRequest } from '../support/sip/srf.ts';
import { useBench } from '../support/sip/target.ts';
import { testSdp } from '../support/sip/raw-peer.ts';

const answerSdp = testSdp.replace('40000', '40002');

describe('INVITE from a peer (createUAS)', () => {
  const bench = useBench();

  it('answers 100 at once, 200 with our tag and Contact, and takes ACK and BYE from the peer', async () => {
    const app = await bench.app({
      prepare: (srf) =>
        srf.invite((request, response) => {
          void srf.createUAS(request, response, { localSdp: answerSdp }).then((dialog) => {
            dialog.on('destroy', (bye: { get(name: string): string }) => srf.emit('over', bye, dialog));
          });
        }),
    });
    const peer = await bench.udp();
    const over = once(app.srf, 'over');
    const invite = peer.send('INVITE', bench.target.udp, { body: testSdp });
    const trying = await peer.response(100);
    expect(trying.tag('To')).toBe('');
    const answer = await peer.response(200, 'INVITE');
    expect(answer.tag('To')).not.toBe('');
    expect(answer.header('Contact')).toContain(`127.0.0.1:${bench.target.udp}`);
    expect(answer.header('Content-Type')).toBe('application/sdp');
    expect(answer.body).toBe(answerSdp);
    peer.inDialog('ACK', bench.target.udp, invite, answer);
    peer.inDialog('BYE', bench.target.udp, invite, answer);
    const ok = await peer.response(200, 'BYE');
    expect(ok.tag('To')).toBe(answer.tag('To'));
    await over;
  });

  it('sends BYE for the app', async () => {
    const app = await bench.app();
    const incoming = firstRequest(app.srf, 'invite');
    const peer = await bench.udp();
    const invite = peer.send('INVITE', bench.target.udp, { body: testSdp });
    const { request, response } = await incoming;
    const dialog = await app.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    peer.inDialog('ACK', bench.target.udp, invite, answer);
    const ended = dialog.destroy();
    const bye = await peer.request('BYE');
    expect(bye.tag('From')).toBe(answer.tag('To'));
    expect(bye.tag('To')).toBe(invite.tag('From'));
    peer.answer(bye, '200 OK', { contact: false });
    await ended;
  });

  it('gives REGISTER and OPTIONS to the app', async () => {
    await bench.app({
      prepare: (srf) => {
        srf.register((_request, response) =>
          response.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="x", nonce="1"' } }),
        );
        srf.options((_request, response) => response.send(200));
      },
    });
    const peer = await bench.udp();
    peer.send('REGISTER', bench.target.udp);
    const challenge = await peer.response(401);
    expect(challenge.header('WWW-Authenticate')).toContain('nonce="1"');
    peer.send('OPTIONS', bench.target.udp);
    await peer.response(200, 'OPTIONS');
  });
});
