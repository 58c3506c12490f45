/** What a trunk or a phone wants of its audio (protocol/media-policy.ts), at a media node. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import type { LegPolicy } from '../../protocol/media-policy.ts';
import type { MediaError } from '../../protocol/media.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode();
});
afterAll(() => under.close());

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

const mLine = (sdp: string): string => /^m=audio \d+ (.+)\r$/m.exec(sdp)?.[1] ?? '';
const manyCodecs = [
  ...['v=0', 'o=p 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
  ...['m=audio 9000 RTP/AVP 0 9 8 96 101', 'a=rtpmap:96 opus/48000/2', 'a=rtpmap:101 telephone-event/8000', ''],
].join('\r\n');

/** Opens a leg of a call of its own, in answer to an offer or with one. */
async function opened(policy: LegPolicy, remoteSdp?: string) {
  const callId = `policy-${Math.random().toString(36).slice(2)}`;
  const offer = remoteSdp === undefined ? {} : { remoteSdp };
  return under.client.call('open', { endpointId: `${callId}.c`, callId, kind: 'sip', policy, ...offer });
}

test.each([
  [['PCMA', 'PCMU'], 'RTP/AVP 8 101'],
  [['G722'], 'RTP/AVP 9 101'],
  [['opus', 'G722'], 'RTP/AVP 96'],
  [['G711', 'opus'], 'RTP/AVP 0 101'],
] as const)('an offer is answered by the codecs %j', async (codecs, wanted) => {
  expect(mLine(good(await opened({ codecs: [...codecs] }, manyCodecs)).localSdp)).toMatch(new RegExp(`^${wanted}`));
  expect(mLine(good(await opened({ codecs: [...codecs] })).localSdp).split(' ')[1]).toBe(
    { PCMA: '8', G722: '9', opus: '111', G711: '0' }[codecs[0]],
  );
});

test('an offer with none of the codecs is refused', async () => {
  expect(await opened({ codecs: ['G722'] }, manyCodecs.replace(' 9 ', ' '))).toMatchObject({
    ok: false,
    error: { code: 'unsupported-sdp' },
  });
});

test('a leg that is flagged goes on; what is heard again is told', async () => {
  const peer = await RtpPeer.open();
  const callId = 'flagged';
  const endpointId = 'flagged.c';
  const policy: LegPolicy = { silence: { afterMs: 200, then: 'flag' } };
  const { localSdp } = good(
    await under.client.call('open', { endpointId, callId, kind: 'sip', policy, remoteSdp: peer.sdp() }),
  );
  peer.aim(localSdp);
  good(await under.client.call('apply', { callId, revision: 1, graph: { edges: [{ from: endpointId, to: 'x' }] } }));
  const isMine = (silent: boolean) => (event: { endpointId: string; silent: boolean; ms: number }) =>
    event.endpointId === endpointId && event.silent === silent;
  expect((await under.event('endpoint-silent', isMine(true))).ms).toBeGreaterThanOrEqual(200);
  peer.packet({ payload: new Uint8Array(160).fill(0xff) });
  expect((await under.event('endpoint-silent', isMine(false))).ms).toBeGreaterThanOrEqual(200);
  expect(under.events.filter(({ type }) => type === 'endpoint-lost')).toEqual([]);
  peer.close();
});

test('a leg that was transcoded is told with its cost, one that was passed on costs nothing', async () => {
  const [pcmu, pcma, plain] = await Promise.all([RtpPeer.open(), RtpPeer.open({ law: 'PCMA' }), RtpPeer.open()]);
  const callId = 'dear';
  const open = async (endpointId: string, remoteSdp: string, policy: LegPolicy): Promise<string> =>
    good(await under.client.call('open', { endpointId, callId, kind: 'sip', policy, remoteSdp })).localSdp;
  pcmu.aim(await open('dear.a', pcmu.sdp(), {}));
  const wide = pcma.sdp().replace('RTP/AVP 8', 'RTP/AVP 9').replace('a=rtpmap:8 PCMA', 'a=rtpmap:9 G722');
  pcma.aim(await open('dear.b', wide, { codecs: ['G722'] }));
  plain.aim(await open('dear.c', plain.sdp(), {}));
  const edges = [
    { from: 'dear.a', to: 'dear.b' },
    { from: 'dear.a', to: 'dear.c' },
  ];
  good(await under.client.call('apply', { callId, revision: 1, graph: { edges } }));
  for (;;) {
    pcmu.packet({ payload: new Uint8Array(160).fill(0x55) });
    const { endpoints } = good(await under.client.call('inventory', {}));
    const legs = new Map(endpoints.map((leg) => [leg.endpointId, leg]));
    const dear = legs.get('dear.b');
    if (dear?.costUs === undefined || dear.sends !== 'transcoded' || legs.get('dear.c')?.sends !== 'forwarded')
      continue;
    expect(dear).toMatchObject({ codec: 'G722', sends: 'transcoded', decoded: false });
    expect(dear.costUs).toBeGreaterThan(0);
    expect(legs.get('dear.a')).toMatchObject({ codec: 'PCMU', decoded: true });
    expect(legs.get('dear.c')).toMatchObject({ codec: 'PCMU', sends: 'forwarded', decoded: false, costUs: 0 });
    break;
  }
  for (const peer of [pcmu, pcma, plain]) peer.close();
});
