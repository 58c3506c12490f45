/** Who calls over a trunk: signed numbers (STIR/SHAKEN) while they are looked at, and those that want to stay private. */
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import { noTrunks, startServerSide } from '../support/sip/server-side.ts';
import { portOf, startTestEngine, useBench } from '../support/sip/target.ts';
import { trunksOf } from '../support/sip/trunk-plans.ts';

const bench = useBench();

describe('an Identity header', () => {
  const identity = 'Identity: a.b.c;info=<https://certificates.example/x.pem>;alg=ES256;ppt=shaken';
  const verifying = 'trunks: { west: { calls: in, addresses: [loopback], verify-identity: true } }';

  it('is judged before the call is let in; a caller who gives up meanwhile is let in no more', async () => {
    const waiting = Promise.withResolvers<undefined>();
    const chain = () => waiting.promise;
    const trunks = { ...noTrunks, certificates: { anchors: () => [], chain } };
    const side = await startServerSide(bench.engine, { trunks }, trunksOf(verifying));
    bench.later(() => side.sip.close());
    const [peer, port] = [await bench.udp(), portOf(bench.engine, 'udp')];
    const uri = 'sip:1000@127.0.0.1';
    const given = peer.send('INVITE', port, { uri, body: testSdp, headers: [identity], branch: 'z9hG4bKgiven' });
    await peer.response(100);
    peer.send('CANCEL', port, {
      ...{ uri, branch: 'z9hG4bKgiven', callId: given.header('Call-ID'), contact: null },
      ...{ from: given.header('From'), to: given.header('To') },
    });
    await peer.response(487);
    peer.send('INVITE', port, { uri, body: testSdp, headers: [identity] });
    const invited = side.invited();
    await peer.response(100);
    waiting.resolve(undefined);
    expect(await invited).toMatchObject({ attestation: 'untrusted' });
    peer.send('INVITE', port, { uri, body: testSdp, headers: ['Identity: nonsense'] });
    expect(await side.invited()).toMatchObject({ attestation: 'forged' });
    // Both are refused here in the end; the engine has nothing left to do.
    await peer.response(404);
    await peer.response(404);
    expect(side.invites).toHaveLength(2);
  });
});

/** A carrier calls, with this Privacy header. */
async function privateCall(privacy: string) {
  const peer = await bench.udp();
  const plan = trunksOf('trunks: { carrier: { addresses: [loopback], calls: in, caller-id: { trust: true } } }');
  const side = await startServerSide(bench.engine, { trunks: noTrunks }, plan);
  bench.later(() => side.sip.close());
  peer.send('INVITE', portOf(bench.engine, 'udp'), {
    body: testSdp,
    headers: [
      'P-Asserted-Identity: <sip:+8613800138000@carrier.example>',
      'Diversion: <sip:+8653188881111@carrier.example>;reason=no-answer',
      `Privacy: ${privacy}`,
    ],
  });
  return { peer, side };
}

describe('a call with a wish for privacy (RFC 3323, 3325)', () => {
  it.each([
    ['id', 'anonymous', '+8653188881111'],
    ['history', '+8613800138000', 'anonymous'],
    ['session;none', '+8613800138000', '+8653188881111'],
    ['user;critical', 'anonymous', '+8653188881111'],
  ])('from a trunk is as private as Privacy: %s says', async (privacy, from, diverted) => {
    const { peer, side } = await privateCall(privacy);
    await peer.response(404, 'INVITE');
    expect(side.invites).toMatchObject([{ from, asserted: '+8613800138000', diversions: [{ number: diverted }] }]);
  });

  it('from a trunk is refused where it cannot be as private as it insists', async () => {
    const { peer, side } = await privateCall('moon;critical');
    await peer.response(500, 'INVITE');
    expect(side.invites).toEqual([]);
    expect(await side.trunkEvent(({ type }) => type === 'refused')).toMatchObject({ cause: 'no-privacy', status: 500 });
  });
});

describe('a session that the carrier wants refreshed with a password (RFC 4028)', () => {
  it('is, before it ends', async () => {
    const clock = new SimulatedClock(1_000_000);
    const engine = await startTestEngine({}, { clock });
    bench.later(() => engine.close());
    const peer = await bench.udp();
    const plan = trunksOf(`
trunks:
  carrier:
    addresses: [127.0.0.9]
    targets: ['sip:127.0.0.1:${peer.wire.port}']
    account: { user: us }
    health: { every: 0s }
    destinations: { allow: [any] }
outbound: { all: { prefixes: ['+'], trunks: [carrier] } }
`);
    const options = {
      link: { host: '127.0.0.1', port: engine.ports.link ?? 0 },
      trunks: { ...noTrunks, secretOf: () => 'secret' },
    };
    const side = await startServerSide(engine, options, plan);
    bench.later(() => side.sip.close());
    const challenge = (request: RawMessage): unknown =>
      peer.answer(request, '407 Proxy Authentication Required', {
        tag: 'far',
        lines: ['Proxy-Authenticate: Digest realm="carrier", nonce="n", algorithm=MD5, qop="auth"'],
      });
    const destination = { type: 'outside', to: '+8613800138000' } as const;
    side.sip.invite({ legId: 'r.x1', callId: 'r', destination, sdp: testSdp, from: '+8653188880000' });
    challenge(await peer.request('INVITE'));
    await peer.request('ACK');
    peer.answer(await peer.request('INVITE'), '200 OK', {
      ...{ tag: 'far', body: testSdp },
      lines: ['Require: timer', 'Session-Expires: 1800;refresher=uac', 'Allow: INVITE, ACK, BYE, CANCEL, UPDATE'],
    });
    await peer.request('ACK');
    await side.event('leg-answered');
    clock.advance(900_000);
    const proven = async (): Promise<RawMessage> => {
      for (;;) {
        const update = await peer.request('UPDATE');
        if (update.header('Proxy-Authorization') !== '') return update;
        challenge(update);
      }
    };
    const update = await proven();
    expect(update.header('Proxy-Authorization')).toContain('username="us"');
    expect(update.header('Session-Expires')).toBe('1800;refresher=uac');
    peer.answer(update, '200 OK', { lines: ['Require: timer', 'Session-Expires: 1800;refresher=uac'] });
    expect(side.events.filter(({ type }) => type === 'leg-ended')).toEqual([]);
  });
});
