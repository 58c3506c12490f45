import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import type { MediaError } from '../../protocol/media.ts';
import { chirp, correlate, hush, join, longestGapMs, tone } from '../support/audio-measure.ts';
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

let calls = 0;
async function twoLegs(lawA: 'PCMU' | 'PCMA' = 'PCMU', lawB: 'PCMU' | 'PCMA' = 'PCMU') {
  const callId = `call-${++calls}`;
  const [a, b] = await Promise.all([RtpPeer.open({ law: lawA }), RtpPeer.open({ law: lawB })]);
  const idA = `${callId}-a`;
  const idB = `${callId}-b`;
  const answer = good(await under.client.call('open', { endpointId: idA, callId, kind: 'sip', remoteSdp: a.sdp() }));
  a.aim(answer.localSdp);
  const offer = good(await under.client.call('open', { endpointId: idB, callId, kind: 'sip' }));
  b.aim(offer.localSdp);
  good(await under.client.call('answer', { endpointId: idB, remoteSdp: b.sdp() }));
  return { callId, a, b, idA, idB };
}

const bridge = (idA: string, idB: string) => ({
  edges: [
    { from: idA, to: idB },
    { from: idB, to: idA },
  ],
});

describe('two SIP legs', () => {
  test.each([
    ['PCMU', 'PCMU'],
    ['PCMU', 'PCMA'],
    ['PCMA', 'PCMU'],
  ] as const)('%s and %s hear each other without a gap', async (lawA, lawB) => {
    const { callId, a, b, idA, idB } = await twoLegs(lawA, lawB);
    good(await under.client.call('apply', { callId, revision: 1, graph: bridge(idA, idB) }));
    const up = chirp(1);
    const down = chirp(1, { from: 3000, to: 300 });
    await Promise.all([
      a.talk(join(tone(500, 0.2), up, tone(500, 0.2))),
      b.talk(join(tone(700, 0.2), down, tone(700, 0.2))),
    ]);
    await Promise.all([a.hear(5), b.hear(5)]);
    expect(correlate(b.recording(), up).peak).toBeGreaterThan(0.98);
    expect(correlate(a.recording(), down).peak).toBeGreaterThan(0.98);
    for (const peer of [a, b]) {
      expect(peer.sources().size).toBe(1);
      expect(peer.sequenceGaps()).toBe(0);
    }
    const { offset } = correlate(b.recording(), up);
    expect(longestGapMs(b.recording().subarray(offset, offset + up.length))).toBeLessThan(40);
    good(await under.client.call('closeCall', { callId }));
    a.close();
    b.close();
  });

  test('silence is sent to a leg that nobody feeds', async () => {
    const { callId, a, b, idA } = await twoLegs();
    good(await under.client.call('apply', { callId, revision: 1, graph: { edges: [{ from: 'nobody', to: idA }] } }));
    await a.hear(20);
    expect(a.sequenceGaps()).toBe(0);
    expect(new Set(a.voice().flatMap(({ payload }) => [...payload]))).toEqual(new Set([0xff]));
    expect(b.received).toHaveLength(0);
    a.talk(hush(0)).catch(() => {});
    a.close();
    b.close();
  });
});
