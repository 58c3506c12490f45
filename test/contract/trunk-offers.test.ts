/** The offer each trunk gets of one call: its codecs, its keys, and another for the trunk that is tried next. */
import { expect, it } from 'vitest';
import { type RawPeer, testSdp } from '../support/sip/raw-peer.ts';
import { noTrunks, startServerSide } from '../support/sip/server-side.ts';
import { useBench } from '../support/sip/target.ts';
import { trunksOf } from '../support/sip/trunk-plans.ts';

const bench = useBench();

/** Two trunks for everything, tried in this order, with what they want of their audio. */
async function siteWith(wishes: readonly string[]) {
  const peers: RawPeer[] = [];
  const trunks: string[] = [];
  for (const [at, wish] of wishes.entries()) {
    const peer = await bench.udp();
    peers.push(peer);
    trunks.push(
      `  t${String(at)}: { addresses: [127.0.0.${String(8 + at)}], targets: ['sip:127.0.0.1:${peer.wire.port}'],
    destinations: { allow: [any] }, health: { every: 0s }, ${wish} }`,
    );
  }
  const names = wishes.map((_, at) => `t${String(at)}`).join(', ');
  const yaml = `trunks:\n${trunks.join('\n')}\noutbound: { all: { prefixes: ['+'], trunks: [${names}] } }\n`;
  const side = await startServerSide(bench.engine, { trunks: noTrunks }, trunksOf(yaml));
  bench.later(() => side.sip.close());
  return { side, peers };
}

const offer = testSdp.replace(
  'RTP/AVP 0\r\n',
  'RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n',
);
const destination = { type: 'outside', to: '+8613800138000' } as const;

it('is shaped anew for the trunk that is tried next', async () => {
  const { side, peers } = await siteWith(['srtp: required, codecs: [PCMA], dtmf: info', 'codecs: [PCMU]']);
  const [first, second] = peers;
  if (first === undefined || second === undefined) throw new Error('no peers');
  expect(side.sip.audioOf('a.x1')).toEqual({ srtp: 'optional' });
  side.sip.invite({ legId: 'a.x1', callId: 'a', destination, sdp: offer, from: '+8653188880000' });
  const refused = await first.request('INVITE');
  expect(refused.body).toMatch(/^m=audio 40000 RTP\/SAVP 8\r$/m);
  expect(refused.body).toContain('a=crypto:1 ');
  expect(refused.body).not.toContain('telephone-event');
  expect(side.sip.audioOf('a.x1')).toEqual({ codecs: ['PCMA'], dtmf: 'info', srtp: 'required' });
  first.answer(refused, '503 Service Unavailable', { tag: 'x' });
  const taken = await second.request('INVITE');
  expect(taken.body).toMatch(/^m=audio 40000 RTP\/AVP 0 101\r$/m);
  expect(taken.body).not.toContain('a=crypto');
  expect(side.sip.audioOf('a.x1')).toEqual({ codecs: ['PCMU'], dtmf: 'auto' });
  second.answer(taken, '486 Busy Here', { tag: 'y' });
  expect(await side.event('leg-failed')).toMatchObject({ status: 486 });
});

it('without a key goes past a trunk that wants SRTP, and says why where there is no other', async () => {
  const { side, peers } = await siteWith(['srtp: required', 'srtp: off']);
  side.sip.invite({ legId: 'b.x1', callId: 'b', destination, sdp: testSdp, from: '+8653188880000' });
  const taken = await peers[1]?.request('INVITE');
  expect(taken?.body).toMatch(/^m=audio 40000 RTP\/AVP 0\r$/m);
  expect(peers[0]?.seen).toEqual([]);
  const only = await siteWith(['srtp: required']);
  only.side.sip.invite({ legId: 'c.x1', callId: 'c', destination, sdp: testSdp, from: '+8653188880000' });
  expect(await only.side.event('leg-failed')).toMatchObject({ status: 488, reason: 'needs-srtp' });
});
