/** SRTP that we offer to phones nobody here wrote: the server's SIP side, a real engine and a media node, without calls. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../base/result.ts';
import type { LegPolicy } from '../../protocol/media-policy.ts';
import type { MediaError } from '../../protocol/media.ts';
import { usualDeviceSettings } from '../../server/sip/index.ts';
import { chirp, correlate, hush, join } from '../support/audio-measure.ts';
import { startBaresip } from '../support/baresip.ts';
import { startLinphone } from '../support/linphone.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { realm, testAccount } from '../support/sip/registering.ts';
import { startServerSide, type ServerSide } from '../support/sip/server-side.ts';
import { portOf, useBench } from '../support/sip/target.ts';
import { until } from '../support/until.ts';

const bench = useBench({
  listen: (['udp', 'tcp'] as const).map((protocol) => ({ protocol, host: '127.0.0.1', port: 0 })),
  timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 },
});
const account = testAccount('bob-desk', 'bob');
const password = 'bob-desk'.repeat(2);

let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode({ rtpTimeoutMs: 60_000 });
});
afterAll(() => under.close());

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

/** The SIP side of a site whose phones want that of their audio. */
async function siteOf(audio: LegPolicy): Promise<ServerSide> {
  const side = await startServerSide(bench.engine, {
    accountOf: (username) => (username === account.username ? account : undefined),
    devices: { ...usualDeviceSettings, pingEveryInSeconds: 0, audio },
  });
  bench.later(() => side.sip.close());
  return side;
}

/** Calls the registered phone with an offer of the media node; once it answered, it hears itself. */
async function ring(side: ServerSide, callId: string, answered: () => void = () => undefined) {
  await until(() => side.sip.devicesOf('bob').length > 0);
  const deviceId = side.sip.devicesOf('bob')[0]?.id ?? '';
  const legId = `${callId}.x1`;
  const ids = { endpointId: legId, callId, kind: 'sip' } as const;
  const { localSdp: sdp } = good(await under.client.call('open', { ...ids, policy: side.sip.audioOf(legId) }));
  const destination = { type: 'agent', agentId: 'bob', offerId: 'o1', deviceId } as const;
  side.sip.invite({ legId, callId, destination, sdp, from: '+8613800138000' });
  await side.event('leg-ringing');
  answered();
  const answer = await side.event('leg-answered');
  const policy = side.sip.audioOf(legId);
  good(await under.client.call('answer', { endpointId: legId, remoteSdp: answer.sdp, policy }));
  good(await under.client.call('apply', { callId, revision: 1, graph: { edges: [{ from: legId, to: legId }] } }));
  const packets = async (): Promise<number> =>
    good(await under.client.call('inventory', {})).endpoints.find(({ endpointId }) => endpointId === legId)
      ?.packetsReceived ?? 0;
  /** So many more packets of its voice come out decrypted. */
  const heard = async (count: number): Promise<void> => {
    const wanted = (await packets()) + count;
    while ((await packets()) < wanted);
  };
  const again = async (remoteSdp: string): Promise<string> =>
    good(await under.client.call('open', { ...ids, remoteSdp, policy })).localSdp;
  return { legId, sdp: answer.sdp, heard, again };
}

describe('baresip', () => {
  it('is called with SRTP required, hears itself, holds and resumes', async () => {
    const side = await siteOf({ srtp: 'required' });
    const said = chirp(1);
    const registrar = portOf(bench.engine, 'udp');
    const phone = await startBaresip({
      ...{ user: 'bob-desk', srtp: true, answers: true, says: join(hush(0.5), said) },
      account: { domain: realm, password, registrar, transport: 'udp' },
    });
    bench.later(() => phone.close());
    const { legId, sdp, heard, again } = await ring(side, 'srtp1');
    expect(sdp).toMatch(/^m=audio \d+ RTP\/SAVP /m);
    expect(sdp).toMatch(/^a=crypto:[12] \S+ inline:/m);
    await heard(120);
    for (const command of ['hold', 'resume']) {
      const count = side.events.filter(({ type }) => type === 'leg-reinvited').length;
      await phone.command(command);
      await until(() => side.events.filter(({ type }) => type === 'leg-reinvited').length > count);
      const event = side.events.findLast((each) => each.type === 'leg-reinvited');
      if (event?.type !== 'leg-reinvited') throw new Error('no re-INVITE');
      expect(event.sdp).toMatch(command === 'hold' ? /^a=(sendonly|inactive)/m : /^a=sendrecv/m);
      side.sip.answerReinvite(legId, event.token, await again(event.sdp));
    }
    await heard(25);
    side.sip.bye(legId, 'normal');
    await phone.event('CALL_CLOSED');
    expect(correlate(await phone.heard(), said).peak).toBeGreaterThan(0.95);
  });

  it('without SRTP answers an offer that leaves the choice, and hears itself in plain RTP', async () => {
    const side = await siteOf({ srtp: 'optional' });
    const said = chirp(1);
    const registrar = portOf(bench.engine, 'udp');
    const phone = await startBaresip({
      ...{ user: 'bob-desk', answers: true, says: join(hush(0.5), said) },
      account: { domain: realm, password, registrar, transport: 'udp' },
    });
    bench.later(() => phone.close());
    const { legId, sdp, heard } = await ring(side, 'srtp2');
    expect(sdp).toMatch(/^m=audio \d+ RTP\/AVP /m);
    expect(sdp).not.toContain('a=crypto');
    await heard(120);
    side.sip.bye(legId, 'normal');
    await phone.event('CALL_CLOSED');
    expect(correlate(await phone.heard(), said).peak).toBeGreaterThan(0.95);
  });
});

it('baresip calls with SRTP; whatever its leg is offered later is SRTP too', async () => {
  const side = await startServerSide(
    bench.engine,
    { accountOf: (username) => (username === account.username ? account : undefined) },
    undefined,
    (sip, { legId, sdp: remoteSdp }) => {
      const policy = sip.audioOf(legId);
      expect(policy).toEqual({});
      void under.client
        .call('open', { endpointId: legId, callId: 'srtp4', kind: 'sip', remoteSdp, policy })
        .then((opened) => sip.answer(legId, good(opened).localSdp));
    },
  );
  bench.later(() => side.sip.close());
  const registrar = portOf(bench.engine, 'udp');
  const phone = await startBaresip({
    ...{ user: 'bob-desk', srtp: true },
    account: { domain: realm, password, registrar, transport: 'udp' },
  });
  bench.later(() => phone.close());
  await until(() => side.sip.devicesOf('bob').length > 0);
  await phone.dial(`sip:1000@${realm}`);
  const { legId } = await side.event('leg-confirmed');
  const policy = side.sip.audioOf(legId);
  expect(policy).toEqual({ srtp: 'required' });
  // As after the death of a media node.
  good(await under.client.call('close', { endpointId: legId }));
  const fresh = { endpointId: legId, callId: 'srtp4', kind: 'sip', policy } as const;
  expect(good(await under.client.call('open', fresh)).localSdp).toMatch(/^m=audio \d+ RTP\/SAVP /m);
  side.sip.bye(legId, 'normal');
  await phone.event('CALL_CLOSED');
});

describe('linphonec', () => {
  it('is called with SRTP required, and is heard decrypted', async () => {
    const side = await siteOf({ srtp: 'required' });
    const registrar = portOf(bench.engine, 'tcp');
    const phone = await startLinphone({
      ...{ user: 'bob-desk', domain: realm, password, registrar, transport: 'tcp', srtp: true },
      says: chirp(5),
    });
    bench.later(() => phone.close());
    const { legId, sdp, heard } = await ring(side, 'srtp3', () => phone.command('answer'));
    expect(sdp).toMatch(/^m=audio \d+ RTP\/SAVP /m);
    expect(sdp).toMatch(/^a=crypto:[12] \S+ inline:/m);
    await heard(50);
    side.sip.bye(legId, 'normal');
    await phone.printed(/Call \d+ with .* ended/i);
  });
});
