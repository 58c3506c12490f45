/** linphonec, a desk phone nobody here wrote, registers, calls and is called: the server's SIP side on a real engine. */
import { afterAll, describe, expect, it } from 'vitest';
import { startLinphone } from '../support/linphone.ts';
import { answerSdp } from '../support/sip/calls.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import { realm, testAccount } from '../support/sip/registering.ts';
import { startServerSide } from '../support/sip/server-side.ts';
import { portOf, useBench } from '../support/sip/target.ts';
import { makeTestCertificates } from '../support/sip/tls-peer.ts';
import { until } from '../support/until.ts';

const certificates = await makeTestCertificates();
const bench = useBench({
  listen: (['udp', 'tcp', 'tls'] as const).map((protocol) => ({ protocol, host: '127.0.0.1', port: 0 })),
  certificate: certificates.write('phones', await certificates.issue(['127.0.0.1', 'localhost'])),
  timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 },
});
afterAll(() => certificates.remove());
const account = testAccount('bob-desk', 'bob');

/** A linphonec that is registered, and the side it is registered with, which answers every call. */
async function registered(transport: 'udp' | 'tcp' | 'tls') {
  const options = { accountOf: (username: string) => (username === account.username ? account : undefined) };
  const side = await startServerSide(bench.engine, options, undefined, (sip, { legId }) => {
    sip.progress(legId, 180, null);
    sip.answer(legId, answerSdp);
  });
  bench.later(() => side.sip.close());
  const phone = await startLinphone({
    ...{ user: 'bob-desk', domain: realm, password: 'bob-desk'.repeat(2) },
    ...{ registrar: portOf(bench.engine, transport), transport },
  });
  bench.later(() => phone.close());
  await until(() => side.sip.devicesOf('bob').length > 0);
  // Its own sound card is none; it plays into a file.
  phone.command('soundcard use files');
  return { side, phone };
}

describe.each(['udp', 'tcp', 'tls'] as const)('linphonec over %s', (transport) => {
  it('calls, is answered, holds and hangs up', async () => {
    const { side, phone } = await registered(transport);
    const invited = side.invited();
    phone.command(`call sip:1000@${realm}`);
    expect(await invited).toMatchObject({ origin: { type: 'agent', agentId: 'bob' }, to: '1000' });
    await side.event('leg-confirmed');
    await phone.printed(/Call \d+ with .* connected/i);
    phone.command('pause');
    const held = await side.event('leg-reinvited');
    expect(held.sdp).toMatch(/a=(sendonly|inactive)/);
    side.sip.answerReinvite(held.legId, held.token, answerSdp.replace('sendrecv', 'recvonly'));
    await phone.printed(/Call \d+ with .* paused/i);
    phone.command('terminate');
    expect(await side.event('leg-ended')).toMatchObject({ cause: 'hangup' });
    expect(bench.engine.counts().dialogs).toBe(0);
  });

  it('is called, answers, and is hung up on', async () => {
    const { side, phone } = await registered(transport);
    const [device] = side.sip.devicesOf('bob');
    if (device === undefined) throw new Error('linphonec has no device');
    const destination = { type: 'agent', agentId: 'bob', offerId: 'o1', deviceId: device.id } as const;
    side.sip.invite({ legId: 'l1.x1', callId: 'l1', destination, sdp: testSdp, from: '+8613800138000' });
    await phone.printed(/incoming call|Receiving new/i);
    await side.event('leg-ringing');
    phone.command('answer');
    const { legId, sdp } = await side.event('leg-answered');
    expect([legId, sdp]).toEqual(['l1.x1', expect.stringMatching(/^m=audio \d+ RTP\/AVP 0/m)]);
    side.sip.bye(legId, 'normal');
    await phone.printed(/Call \d+ with .* ended/i);
  });
});
