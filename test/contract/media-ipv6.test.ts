/** SIP legs over IPv6: a media node on ::1, with peers of ours and a phone nobody here wrote. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../base/result.ts';
import type { MediaError } from '../../protocol/media.ts';
import type { Engine } from '../../server/sip-engine/index.ts';
import { chirp, correlate, hush, join } from '../support/audio-measure.ts';
import { startBaresip } from '../support/baresip.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';
import { connectApp, type App } from '../support/sip/srf.ts';
import { embedded, portOf, startTestEngine, useBench } from '../support/sip/target.ts';

const home = '::1';
let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode({ bind: home, advertise: home });
});
afterAll(() => under.close());

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

it('two legs hear each other, and a stranger is heard by nobody', async () => {
  const [a, b, stranger] = await Promise.all([1, 2, 3].map(() => RtpPeer.open({ address: home })));
  if (a === undefined || b === undefined || stranger === undefined) throw new Error('no peers');
  const callId = 'six';
  for (const [peer, endpointId] of [
    [a, 'six.a'],
    [b, 'six.b'],
  ] as const) {
    const remoteSdp = peer.sdp('sendrecv', home);
    const { localSdp } = good(await under.client.call('open', { endpointId, callId, kind: 'sip', remoteSdp }));
    expect(localSdp).toMatch(/^c=IN IP6 ::1\r$/m);
    expect(localSdp).toMatch(/^o=jackfield \d+ \d+ IN IP6 ::1\r$/m);
    peer.aim(localSdp, home);
    if (peer === a) stranger.aim(localSdp, home);
  }
  const edges = [
    { from: 'six.a', to: 'six.b' },
    { from: 'six.b', to: 'six.a' },
  ];
  good(await under.client.call('apply', { callId, revision: 1, graph: { edges } }));
  const said = (byte: number): Uint8Array => new Uint8Array(160).fill(byte);
  const hears = (peer: RtpPeer, byte: number): boolean => peer.received.some(({ payload }) => payload.at(-1) === byte);
  for (let packet = 0; packet < 5; packet++) stranger.packet({ payload: said(0x11) });
  a.packet({ payload: said(0x2a) });
  await b.until(() => hears(b, 0x2a));
  b.packet({ payload: said(0x33) });
  await a.until(() => hears(a, 0x33));
  expect(hears(b, 0x11)).toBe(false);
  const { endpoints } = good(await under.client.call('inventory', {}));
  expect(endpoints.find(({ endpointId }) => endpointId === 'six.a')).toMatchObject({
    strangers: 5,
    packetsReceived: 1,
  });
  for (const peer of [a, b, stranger]) peer.close();
});

it('an offer from the other family of addresses is refused', async () => {
  const peer = await RtpPeer.open();
  const asked = { endpointId: 'four.a', callId: 'four', kind: 'sip', remoteSdp: peer.sdp() } as const;
  expect(await under.client.call('open', asked)).toMatchObject({ ok: false, error: { code: 'unsupported-sdp' } });
  peer.close();
});

describe.runIf(embedded)('baresip on ::1', () => {
  const bench = useBench();
  let engine: Engine;
  let app: App;
  beforeAll(async () => {
    engine = await startTestEngine({ listen: [{ protocol: 'udp', host: home, port: 0 }] });
    const echo = async (remoteSdp: string, signalledFrom: string): Promise<string> => {
      const ids = { endpointId: 'phone', callId: 'echo', kind: 'sip' } as const;
      const opened = good(await under.client.call('open', { ...ids, remoteSdp, signalledFrom }));
      const graph = { edges: [{ from: 'phone', to: 'phone' }] };
      good(await under.client.call('apply', { callId: 'echo', revision: 1, graph }));
      return opened.localSdp;
    };
    app = await connectApp(
      { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret },
      {
        prepare: (srf) =>
          srf.invite((request, response) => {
            void echo(request.body, request.source_address).then((localSdp) =>
              srf.createUAS(request, response, { localSdp }),
            );
          }),
      },
    );
  });
  afterAll(async () => {
    await app.disconnect();
    await engine.close();
  });

  it('hears itself', async () => {
    const said = chirp(1);
    const phone = await startBaresip({ six: true, says: join(hush(0.5), said) });
    try {
      await phone.dial(`sip:echo@[::1]:${portOf(engine, 'udp')}`);
      await phone.event('CALL_ESTABLISHED');
      const packets = async (): Promise<number> =>
        good(await under.client.call('inventory', {})).endpoints.find(({ endpointId }) => endpointId === 'phone')
          ?.packetsReceived ?? 0;
      // 2.5 s of its clock: all it says, and the way back.
      while ((await packets()) < 125);
      await phone.hangUp();
      await phone.event('CALL_CLOSED');
      expect(correlate(await phone.heard(), said).peak).toBeGreaterThan(0.95);
    } finally {
      await phone.close();
    }
  });
});
