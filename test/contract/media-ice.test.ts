/** ICE on SIP legs (RFC 8445, lite): a far side behind NAT that checks its way, strangers, and phones nobody here wrote. */
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../base/result.ts';
import { answerIn, checkOf, type Check } from '../../media/edge/stun.test-support.ts';
import type { MediaError } from '../../protocol/media.ts';
import type { LegPolicy } from '../../protocol/media-policy.ts';
import { usualDeviceSettings } from '../../server/sip/index.ts';
import { chirp, correlate, hush, join } from '../support/audio-measure.ts';
import { startBaresip } from '../support/baresip.ts';
import { startLinphone } from '../support/linphone.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';
import { realm, testAccount } from '../support/sip/registering.ts';
import { startServerSide, type ServerSide } from '../support/sip/server-side.ts';
import { portOf, useBench } from '../support/sip/target.ts';
import { until } from '../support/until.ts';

/** An address of this machine that is not loopback: phones make no candidates of that. */
const home =
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? 'none';

let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode({ bind: '0.0.0.0', advertise: home, rtpTimeoutMs: 60_000 });
});
afterAll(() => under.close());

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

/** The address a phone behind NAT believes to have. */
const believed = '10.77.66.55';
const theirs = { usernameFragment: 'phone', password: 'password/of/the/phone/00' };

interface Credentials {
  readonly usernameFragment: string;
  readonly password: string;
}

function credentialsIn(sdp: string): Credentials {
  const found = (name: string): string => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(sdp)?.[1] ?? '';
  return { usernameFragment: found('ice-ufrag'), password: found('ice-pwd') };
}

/** An offer of a phone with ICE, RTCP on the port of RTP. */
function offerOf(peer: RtpPeer, { usernameFragment, password }: Credentials = theirs, more: readonly string[] = []) {
  const lines = [
    ...[`a=ice-ufrag:${usernameFragment}`, `a=ice-pwd:${password}`, 'a=rtcp-mux'],
    `a=candidate:1 1 UDP 2130706431 ${believed} ${peer.port} typ host`,
    ...more,
  ];
  return `${peer.sdp('sendrecv', believed)}${lines.join('\r\n')}\r\n`;
}

/** Sends a check, and gives what is answered. */
async function checked(peer: RtpPeer, ours: Credentials, more: Check = {}) {
  const bytes = checkOf({ username: `${ours.usernameFragment}:phone`, password: ours.password, ...more });
  const mine = bytes.subarray(8, 20);
  peer.raw(bytes);
  await peer.until(() => peer.others.some((other) => other.subarray(8, 20).equals(mine)));
  return { bytes, answer: answerIn(peer.others.find((other) => other.subarray(8, 20).equals(mine)) ?? bytes) };
}

async function leg(callId: string, name: string, remoteSdp: string, policy: LegPolicy = {}): Promise<string> {
  const asked = { endpointId: `${callId}.${name}`, callId, kind: 'sip', remoteSdp, policy } as const;
  return good(await under.client.call('open', { ...asked, signalledFrom: '127.0.0.1' })).localSdp;
}

async function countersOf(endpointId: string) {
  return good(await under.client.call('inventory', {})).endpoints.find((each) => each.endpointId === endpointId);
}

/** A call of a phone with ICE and one without, who hear each other. */
async function call(callId: string, more: readonly string[] = []) {
  const [phone, other, stranger] = await Promise.all([RtpPeer.open(), RtpPeer.open(), RtpPeer.open()]);
  const answer = await leg(callId, 'a', offerOf(phone, theirs, more));
  other.aim(await leg(callId, 'b', other.sdp()));
  for (const peer of [phone, stranger]) peer.aim(answer);
  const edges = ['a', 'b'].map((from) => ({ from: `${callId}.${from}`, to: `${callId}.${from === 'a' ? 'b' : 'a'}` }));
  good(await under.client.call('apply', { callId, revision: 1, graph: { edges } }));
  const close = (): void => [phone, other, stranger].forEach((peer) => peer.close());
  return { phone, other, stranger, answer, ours: credentialsIn(answer), close };
}

const said = (byte: number): Uint8Array => new Uint8Array(160).fill(byte);
const hears = (peer: RtpPeer, byte: number): boolean => peer.received.some(({ payload }) => payload.at(-1) === byte);

describe('a phone with ICE behind NAT', () => {
  it('is heard from its first packet once its check was right, and nobody else is', async () => {
    const { phone, other, stranger, answer, ours, close } = await call('natted');
    expect(answer).toMatch(/^a=ice-lite\r$/m);
    expect(answer).toMatch(new RegExp(`^a=candidate:1 1 UDP \\d+ ${home} ${String(phone.target)} typ host\r$`, 'm'));
    for (let at = 0; at < 5; at++) phone.packet({ payload: said(0x11) });
    // All in a row on one socket: what follows was looked at after what went before.
    const guessed = await checked(stranger, { ...ours, password: 'a-guess' }, { useCandidate: true });
    expect([guessed.answer.code, phone.packets]).toEqual([401, 0]);
    const { bytes, answer: success } = await checked(phone, ours, { useCandidate: true });
    const mapped = Buffer.alloc(2);
    mapped.writeUInt16BE(phone.port ^ 0x2112);
    expect([success.type, success.isSignedWith(ours.password), success.mapped?.subarray(2, 4)]).toEqual([
      ...[0x0101, true, mapped],
    ]);
    // The same check, seen on its way and sent from elsewhere: it is as if it had not come.
    const replies = stranger.others.length;
    stranger.raw(bytes);
    for (let at = 0; at < 5; at++) stranger.packet({ payload: said(0x22) });
    await checked(stranger, { ...ours, password: 'a-guess' });
    expect(stranger.others.length).toBe(replies + 1);
    phone.packet({ payload: said(0x2a) });
    await other.until(() => hears(other, 0x2a));
    other.packet({ payload: said(0x33) });
    await phone.until(() => hears(phone, 0x33));
    expect([hears(other, 0x11), hears(other, 0x22), hears(stranger, 0x33)]).toEqual([false, false, false]);
    expect(await countersOf('natted.a')).toMatchObject({
      ...{ packetsReceived: 1, strangers: 10 },
      ice: { state: 'proven', nominated: true, remote: { address: '127.0.0.1', port: phone.port } },
    });
    expect(await countersOf('natted.b')).not.toHaveProperty('ice');
    close();
  });

  it('goes on from another place after a restart', async () => {
    const { phone, other, ours, close } = await call('moved');
    await checked(phone, ours, { useCandidate: true });
    phone.packet({ payload: said(0x2a) });
    await other.until(() => hears(other, 0x2a));
    const moved = await RtpPeer.open();
    const next = { usernameFragment: 'phone2', password: 'password/of/the/phone/01' };
    const answer = await leg('moved', 'a', offerOf(moved, next));
    const anew = credentialsIn(answer);
    expect(anew.usernameFragment).not.toBe(ours.usernameFragment);
    moved.aim(answer);
    await checked(moved, anew, { username: `${anew.usernameFragment}:phone2`, useCandidate: true });
    moved.packet({ payload: said(0x44), ssrc: phone.ssrc, sequence: 2500 });
    moved.packet({ payload: said(0x45), ssrc: phone.ssrc, sequence: 2501 });
    await other.until(() => hears(other, 0x45));
    other.packet({ payload: said(0x55) });
    await moved.until(() => hears(moved, 0x55));
    expect(hears(phone, 0x55)).toBe(false);
    moved.close();
    close();
  });

  it('is told that its description was rewritten on the way, and goes on without ICE', async () => {
    const phone = await RtpPeer.open();
    const rewritten = offerOf(phone).replace(`c=IN IP4 ${believed}`, 'c=IN IP4 127.0.0.1');
    const answer = await leg('rewritten', 'a', rewritten);
    expect(answer).toMatch(/^a=ice-mismatch\r$/m);
    expect(answer).not.toMatch(/^a=(candidate|ice-lite|ice-ufrag)/m);
    phone.aim(answer);
    phone.packet({});
    await under.event('endpoint-connected', ({ endpointId }) => endpointId === 'rewritten.a');
    phone.close();
  });

  it('gets none where its policy says so', async () => {
    const phone = await RtpPeer.open();
    expect(await leg('without', 'a', offerOf(phone), { ice: 'off' })).not.toContain('ice');
    phone.close();
  });

  it('may speak SRTP as well: the front before mediasoup does the same', async () => {
    const phone = await RtpPeer.open();
    const key = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 7).toString('base64')}`;
    const offer = offerOf(phone, theirs, [key]).replace('RTP/AVP', 'RTP/SAVP');
    const answer = await leg('sealed', 'a', offer);
    expect(answer).toMatch(/^a=crypto:1 /m);
    phone.aim(answer);
    const ours = credentialsIn(answer);
    expect((await countersOf('sealed.a'))?.ice).toEqual({ state: 'checking' });
    expect((await checked(phone, ours, { useCandidate: true })).answer.type).toBe(0x0101);
    expect((await countersOf('sealed.a'))?.ice).toMatchObject({ state: 'proven', remote: { port: phone.port } });
    expect((await checked(phone, { ...ours, password: 'a-guess' })).answer.code).toBe(401);
    phone.close();
  });
});

const bench = useBench({
  listen: (['udp', 'tcp'] as const).map((protocol) => ({ protocol, host: '0.0.0.0', port: 0 })),
  timers: { t1: 500, t2: 4000, t4: 5000, d: 32_000 },
});
const account = testAccount('bob-desk', 'bob');
const password = 'bob-desk'.repeat(2);

async function siteOf(audio: LegPolicy): Promise<ServerSide> {
  const options = {
    accountOf: (username: string) => (username === account.username ? account : undefined),
    devices: { ...usualDeviceSettings, pingEveryInSeconds: 0, audio },
  };
  const answers = (): void => undefined;
  const side = await startServerSide(bench.engine, options, { trunks: new Map(), outbound: [] }, answers);
  bench.later(() => side.sip.close());
  return side;
}

/** So many more packets of a leg's voice were let in. */
async function heard(endpointId: string, count: number): Promise<void> {
  const wanted = ((await countersOf(endpointId))?.packetsReceived ?? 0) + count;
  while (((await countersOf(endpointId))?.packetsReceived ?? 0) < wanted);
}

async function echo(callId: string, endpointId: string): Promise<void> {
  const graph = { edges: [{ from: endpointId, to: endpointId }] };
  good(await under.client.call('apply', { callId, revision: 1, graph }));
}

/** Said four times: a busy machine may make a phone stumble over one of them. */
const sound = chirp(0.4);
const says = join(hush(0.5), sound, hush(0.1), sound, hush(0.1), sound, hush(0.1), sound);

describe('baresip with its ICE', () => {
  const phoneOf = (more: object = {}) =>
    startBaresip({
      ...{ user: 'bob-desk', answers: true, ice: home, ...more },
      account: { domain: realm, password, registrar: portOf(bench.engine, 'udp'), transport: 'udp' },
    });

  it.each([{ srtp: false }, { srtp: true }])('calls, and hears itself (%j)', async ({ srtp }) => {
    const side = await siteOf({});
    const phone = await phoneOf({ srtp, says });
    bench.later(() => phone.close());
    await until(() => side.sip.devicesOf('bob').length > 0);
    const invited = side.invited();
    await phone.dial(`sip:echo@${realm}`);
    const { legId, sdp, source } = await invited;
    const callId = `calls-${String(srtp)}`;
    expect(sdp).toMatch(/^a=candidate:/m);
    const ids = { endpointId: `${callId}.x`, callId, kind: 'sip' } as const;
    const signalledFrom = source.replace(/:\d+$/, '');
    const { localSdp } = good(await under.client.call('open', { ...ids, remoteSdp: sdp, signalledFrom }));
    side.sip.answer(legId, localSdp);
    await echo(callId, ids.endpointId);
    await heard(ids.endpointId, 140);
    const seen = JSON.stringify(await countersOf(ids.endpointId));
    side.sip.bye(legId, 'normal');
    await phone.event('CALL_CLOSED');
    expect(phone.log).toContain(`mnat 'ice' connected: raddr ${home}:`);
    expect(correlate(await phone.heard(), sound).peak, `${seen}\n${phone.log}`).toBeGreaterThan(0.95);
  });

  it('is offered ICE by policy, takes it, holds and resumes, and hears itself', async () => {
    const side = await siteOf({ ice: 'offered' });
    const phone = await phoneOf({ says });
    bench.later(() => phone.close());
    await until(() => side.sip.devicesOf('bob').length > 0);
    const [legId, callId] = ['called.x1', 'called'];
    const ids = { endpointId: legId, callId, kind: 'sip' } as const;
    const { localSdp: sdp } = good(await under.client.call('open', { ...ids, policy: side.sip.audioOf(legId) }));
    const deviceId = side.sip.devicesOf('bob')[0]?.id ?? '';
    const destination = { type: 'agent', agentId: 'bob', offerId: 'o1', deviceId } as const;
    side.sip.invite({ legId, callId, destination, sdp, from: '+8613800138000' });
    const answer = await side.event('leg-answered');
    expect(answer.sdp).toMatch(/^a=ice-ufrag:/m);
    const policy = side.sip.audioOf(legId);
    good(await under.client.call('answer', { endpointId: legId, remoteSdp: answer.sdp, policy }));
    await echo(callId, legId);
    await heard(legId, 140);
    for (const [at, command] of ['hold', 'resume'].entries()) {
      await phone.command(command);
      await until(() => side.events.filter(({ type }) => type === 'leg-reinvited').length > at);
      const event = side.events.findLast((each) => each.type === 'leg-reinvited');
      if (event?.type !== 'leg-reinvited') throw new Error('no re-INVITE');
      const { localSdp } = good(await under.client.call('open', { ...ids, remoteSdp: event.sdp, policy }));
      expect(credentialsIn(localSdp)).toEqual(credentialsIn(sdp));
      side.sip.answerReinvite(legId, event.token, localSdp);
    }
    await heard(legId, 25);
    const seen = JSON.stringify(await countersOf(legId));
    side.sip.bye(legId, 'normal');
    await phone.event('CALL_CLOSED');
    expect(phone.log).toContain(`mnat 'ice' connected: raddr ${home}:`);
    expect(correlate(await phone.heard(), sound).peak, `${seen}\n${phone.log}`).toBeGreaterThan(0.95);
  });
});

it('linphonec calls with its ICE, chooses a pair, and is heard', async () => {
  const side = await siteOf({});
  const registrar = portOf(bench.engine, 'tcp');
  const phone = await startLinphone({
    ...{ user: 'bob-desk', domain: realm, password, registrar, transport: 'tcp', ice: home },
    says: chirp(5),
  });
  bench.later(() => phone.close());
  await until(() => side.sip.devicesOf('bob').length > 0);
  const invited = side.invited();
  phone.command(`call sip:echo@${realm}`);
  const { legId, sdp, source } = await invited;
  expect(sdp).toMatch(/^a=candidate:/m);
  expect(sdp).toMatch(/^a=ice-ufrag:/m);
  const ids = { endpointId: 'linphone.x', callId: 'linphone', kind: 'sip' } as const;
  const signalledFrom = source.replace(/:\d+$/, '');
  const { localSdp } = good(await under.client.call('open', { ...ids, remoteSdp: sdp, signalledFrom }));
  expect(localSdp).toMatch(/^a=ice-lite\r$/m);
  side.sip.answer(legId, localSdp);
  await echo('linphone', ids.endpointId);
  await heard(ids.endpointId, 50);
  const seen = await countersOf(ids.endpointId);
  expect(seen?.ice, phone.log.slice(-2000)).toMatchObject({ state: 'proven', remote: { address: home } });
  console.log('linphonec with ICE', JSON.stringify(seen?.ice));
  side.sip.bye(legId, 'normal');
  await phone.printed(/Call \d+ with .* ended/i);
});
