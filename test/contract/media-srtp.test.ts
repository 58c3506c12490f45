/** SRTP of SIP legs, keyed by SDP (RFC 4568), against a peer of its own mediasoup. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
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
