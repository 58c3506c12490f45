/** SRTP of SIP legs, keyed by SDP (RFC 4568), against a peer of its own mediasoup. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import type { LegPolicy } from '../../protocol/media-policy.ts';
import type { MediaError } from '../../protocol/media.ts';
import { randomFrom } from '../support/damaged-packets.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';
import { SrtpPeer, type Suite } from '../support/srtp-peer.ts';

let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode({ rtpTimeoutMs: 60_000 });
});
afterAll(() => under.close());

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

const mine = 0x2a;
const theirs = 0x33;

/** Counted and signed at its end: what begins a source may be blended with the one before. */
function payload(who: number, count: number): Uint8Array {
  return new Uint8Array(160)
    .fill(who)
    .fill(count >> 8, 157, 158)
    .fill(count & 0xff, 158, 159);
}

const whoSaid = (payload: Uint8Array): number | undefined => payload.at(-1);
const countOf = (payload: Uint8Array): number => (payload.at(-3) ?? 0) * 256 + (payload.at(-2) ?? 0);

/** A call of an SRTP leg and a plain one, bridged. */
async function callWith(suite: Suite) {
  const callId = `srtp-${suite}`;
  const [peer, plain] = await Promise.all([SrtpPeer.open(suite), RtpPeer.open()]);
  const ids = { a: `${callId}-a`, b: `${callId}-b` };
  const opened = good(await under.client.call('open', { endpointId: ids.a, callId, kind: 'sip', remoteSdp: peer.sdp }));
  await peer.answered(opened.localSdp);
  plain.aim(
    good(await under.client.call('open', { endpointId: ids.b, callId, kind: 'sip', remoteSdp: plain.sdp() })).localSdp,
  );
  const edges = [
    { from: ids.a, to: ids.b },
    { from: ids.b, to: ids.a },
  ];
  good(await under.client.call('apply', { callId, revision: 1, graph: { edges } }));
  good(await under.client.call('inventory', {}));
  return { callId, ids, peer, plain, localSdp: opened.localSdp };
}

describe.each<Suite>(['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'])('%s', (suite) => {
  test('is heard both ways; 1,000 replayed and flipped packets are not, and the call goes on', async () => {
    const { callId, ids, peer, plain } = await callWith(suite);
    let said = 0;
    const counts = (): number[] =>
      plain.received.filter(({ payload }) => whoSaid(payload) === mine).map(({ payload }) => countOf(payload));
    const say = async (): Promise<void> => {
      peer.say(payload(mine, said++));
      await plain.until(() => counts().length >= said);
    };
    for (let packet = 0; packet < 20; packet++) await say();
    plain.packet({ payload: payload(theirs, 1) });
    await peer.until(() => peer.heard.some((payload) => whoSaid(payload) === theirs));
    expect(peer.sent.some((packet) => packet.includes(Buffer.from(payload(mine, 0).subarray(3, 19))))).toBe(false);

    const random = randomFrom(711);
    for (let attack = 0; attack < 1000; attack++) {
      const packet = Buffer.from(peer.sent[Math.floor(random() * peer.sent.length)] ?? []);
      if (attack % 2 === 1) {
        const at = Math.floor(random() * packet.length);
        packet[at] = (packet[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      }
      peer.raw(packet);
      if (attack % 25 === 0) await say();
    }
    await say();
    await say();
    plain.packet({ payload: payload(theirs, 2) });
    await peer.until(() => peer.heard.some((payload) => whoSaid(payload) === theirs && countOf(payload) === 2));
    expect(counts()).toEqual(Array.from({ length: said }, (_, count) => count));
    expect(plain.received.filter(({ payload }) => ![mine, 0xff].includes(whoSaid(payload) ?? -1))).toEqual([]);
    const { endpoints } = good(await under.client.call('inventory', {}));
    expect(endpoints.find(({ endpointId }) => endpointId === ids.a)).toMatchObject({ packetsReceived: said });

    good(await under.client.call('closeCall', { callId }));
    peer.close();
    plain.close();
  });
});

/** A call of a leg that was opened with that policy and a plain one, bridged. */
async function offering(callId: string, policy: LegPolicy) {
  const plain = await RtpPeer.open();
  const ids = { a: `${callId}-a`, b: `${callId}-b` };
  const { localSdp } = good(await under.client.call('open', { endpointId: ids.a, callId, kind: 'sip', policy }));
  plain.aim(
    good(await under.client.call('open', { endpointId: ids.b, callId, kind: 'sip', remoteSdp: plain.sdp() })).localSdp,
  );
  const edges = [
    { from: ids.a, to: ids.b },
    { from: ids.b, to: ids.a },
  ];
  good(await under.client.call('apply', { callId, revision: 1, graph: { edges } }));
  const answer = async (remoteSdp: string, more: LegPolicy = policy) =>
    under.client.call('answer', { endpointId: ids.a, remoteSdp, policy: more });
  return { callId, ids, plain, localSdp, answer };
}

/** Each side says some more, and the other hears all of it: a new source is believed after three packets. */
async function bothHear(peer: SrtpPeer, plain: RtpPeer, count: number): Promise<void> {
  const counts = [0, 1, 2].map((more) => count * 10 + more);
  for (const each of counts) peer.say(payload(mine, each));
  const came = (wanted: number): boolean =>
    plain.received.some(({ payload: p }) => whoSaid(p) === mine && countOf(p) === wanted);
  await plain.until(() => counts.every(came));
  plain.packet({ payload: payload(theirs, count) });
  await peer.until(() => peer.heard.some((p) => whoSaid(p) === theirs && countOf(p) === count));
}

describe.each<Suite>(['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'])('%s', (suite) => {
  test.each([
    ['required', 'RTP/SAVP'],
    ['optional', 'RTP/AVP'],
  ] as const)('offered as %s, chosen by the answer, and heard both ways', async (srtp, profile) => {
    const call = await offering(`offers-${srtp}-${suite}`, { srtp });
    expect(call.localSdp).toMatch(new RegExp(`^m=audio \\d+ ${profile} `, 'm'));
    const keys = [...call.localSdp.matchAll(/^a=crypto:(\d) (\S+) inline:(\S+)\r$/gm)];
    expect(keys.map(([, tag, name]) => `${tag} ${name}`)).toEqual(['1 AEAD_AES_128_GCM', '2 AES_CM_128_HMAC_SHA1_80']);
    expect(keys[0]?.[3]).not.toBe(keys[1]?.[3]);
    const peer = await SrtpPeer.open(suite);
    good(await call.answer(await peer.answerTo(call.localSdp)));
    await bothHear(peer, call.plain, 1);
    // The same once more, as in 183 and 200.
    good(await call.answer(peer.describe({ tag: suite === 'AEAD_AES_128_GCM' ? '1' : '2', profile })));
    await bothHear(peer, call.plain, 2);
    good(await under.client.call('closeCall', { callId: call.callId }));
    peer.close();
    call.plain.close();
  });

  test('held, resumed, and keyed anew by a re-INVITE, in the same call', async () => {
    const { callId, ids, peer, plain } = await callWith(suite);
    const again = async (remoteSdp: string) =>
      good(await under.client.call('open', { endpointId: ids.a, callId, kind: 'sip', remoteSdp }));
    const ownKey = (sdp: string): string | undefined => /^a=crypto:\d+ \S+ inline:(\S+)\r$/m.exec(sdp)?.[1];
    await bothHear(peer, plain, 1);
    const held = await again(peer.describe({ direction: 'sendonly' }));
    expect(held).toMatchObject({ remoteDirection: 'sendonly' });
    expect(held.localSdp).toContain('a=recvonly');
    const resumed = await again(peer.describe({ direction: 'sendrecv' }));
    expect(ownKey(resumed.localSdp)).toBe(ownKey(held.localSdp));
    await bothHear(peer, plain, 2);

    await peer.rekey();
    const keyed = await again(peer.sdp);
    expect(ownKey(keyed.localSdp)).not.toBe(ownKey(resumed.localSdp));
    await peer.answered(keyed.localSdp);
    await bothHear(peer, plain, 3);

    // An INVITE without an offer: ours has new keys.
    const { localSdp } = good(await under.client.call('open', { endpointId: ids.a, callId, kind: 'sip' }));
    await peer.rekey();
    const remoteSdp = await peer.answerTo(localSdp);
    good(await under.client.call('answer', { endpointId: ids.a, remoteSdp }));
    await bothHear(peer, plain, 4);
    good(await under.client.call('closeCall', { callId }));
    peer.close();
    plain.close();
  });
});

test('an offer that leaves the choice is answered by plain RTP, on the same port', async () => {
  const call = await offering('left-plain', { srtp: 'optional' });
  const peer = await RtpPeer.open();
  good(await call.answer(peer.sdp()));
  peer.aim(call.localSdp);
  peer.packet({ payload: payload(mine, 1) });
  await call.plain.until(() => call.plain.received.some(({ payload: p }) => whoSaid(p) === mine));
  call.plain.packet({ payload: payload(theirs, 1) });
  await peer.until(() => peer.received.some(({ payload: p }) => whoSaid(p) === theirs));
  const held = good(
    await under.client.call('open', {
      ...{ endpointId: call.ids.a, callId: call.callId, kind: 'sip', remoteSdp: peer.sdp('sendonly') },
    }),
  );
  // RFC 3264 section 8: the same session, a version that grows.
  const originOf = (sdp: string): string[] => /^o=jackfield (\d+) (\d+) /m.exec(sdp)?.slice(1) ?? [];
  const [[id, before], [sameId, after]] = [originOf(call.localSdp), originOf(held.localSdp)];
  expect(sameId).toBe(id);
  expect(Number(after)).toBeGreaterThan(Number(before));
  good(await under.client.call('closeCall', { callId: call.callId }));
  peer.close();
  call.plain.close();
});

test('where SRTP is required a plain answer is refused, and so is a plain offer', async () => {
  const peer = await RtpPeer.open();
  const call = await offering('no-plain', { srtp: 'optional' });
  expect(await call.answer(peer.sdp(), { srtp: 'required' })).toMatchObject({
    ok: false,
    error: { code: 'unsupported-sdp' },
  });
  const asked = { endpointId: 'no-plain-c', callId: 'no-plain', kind: 'sip', remoteSdp: peer.sdp() } as const;
  expect(await under.client.call('open', { ...asked, policy: { srtp: 'required' } })).toMatchObject({
    ok: false,
    error: { code: 'unsupported-sdp', message: 'SRTP is required here' },
  });
  peer.close();
  call.plain.close();
});

test('keys beside RTP/AVP are taken where encryption is wished for (RFC 8643), and mean nothing elsewhere', async () => {
  const peer = await SrtpPeer.open('AES_CM_128_HMAC_SHA1_80');
  const remoteSdp = peer.describe({ profile: 'RTP/AVP' });
  const answerUnder = async (policy: LegPolicy, endpointId: string): Promise<string> =>
    good(await under.client.call('open', { endpointId, callId: endpointId, kind: 'sip', remoteSdp, policy })).localSdp;
  const encrypted = await answerUnder({ srtp: 'optional' }, 'osrtp-1');
  expect(encrypted).toMatch(/^m=audio \d+ RTP\/AVP 0\r$/m);
  expect(encrypted).toMatch(/^a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:/m);
  expect(await answerUnder({}, 'osrtp-2')).not.toContain('a=crypto');
  expect(await answerUnder({ srtp: 'off' }, 'osrtp-3')).not.toContain('a=crypto');
  const off = { endpointId: 'osrtp-9', callId: 'osrtp-9', kind: 'sip', remoteSdp: peer.sdp } as const;
  expect(await under.client.call('open', { ...off, policy: { srtp: 'off' } })).toMatchObject({
    ok: false,
    error: { code: 'unsupported-sdp', message: 'SRTP is off here' },
  });
  peer.close();
});

test.each([
  [
    'a key of a kind we do not have',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz',
  ],
  ['a key that is too short', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1j'],
  [
    'a master key identifier',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4',
  ],
  ['no key at all', 'a=sendrecv'],
])('%s is refused', async (_, line) => {
  const peer = await RtpPeer.open();
  const remoteSdp = peer.sdp().replace('RTP/AVP', 'RTP/SAVP').replace('a=sendrecv', line);
  const answer = await under.client.call('open', {
    endpointId: 'refused-a',
    callId: 'refused',
    kind: 'sip',
    remoteSdp,
  });
  expect(answer).toMatchObject({ ok: false, error: { code: 'unsupported-sdp' } });
  peer.close();
});
