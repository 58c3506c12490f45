/** Who calls over a trunk: signed numbers (STIR/SHAKEN) while they are looked at, and those that want to stay private. */
import { describe, expect, it } from 'vitest';
import { testSdp } from '../support/sip/raw-peer.ts';
import { noTrunks, startServerSide } from '../support/sip/server-side.ts';
import { portOf, useBench } from '../support/sip/target.ts';
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
