/** STIR/SHAKEN on the wire: what becomes of an INVITE while its signature is looked at. */
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
