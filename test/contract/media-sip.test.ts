import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import { writeWav } from '../../media/audio/wav.ts';
import { noEars, type Ears, type TapSpeaker } from '../../media/ears/ports.ts';
import type { MediaError } from '../../protocol/media.ts';
import {
  chirp,
  correlate,
  hush,
  join as concatenate,
  longestGapMs,
  strength,
  tone,
  typicalPeak,
} from '../support/audio-measure.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

interface HeardTap {
  readonly speaker: TapSpeaker;
  readonly frames: Int16Array[];
  readonly times: number[];
  closed: number;
}

const heardByEars: HeardTap[] = [];
const ears: Ears = {
  ...noEars(),
  openTap(speaker) {
    const tap: HeardTap = { speaker, frames: [], times: [], closed: 0 };
    heardByEars.push(tap);
    return {
      write(frame, timeMs) {
        tap.frames.push(frame.slice());
        tap.times.push(timeMs);
      },
      close: () => tap.closed++,
    };
  },
};

let folder: string;
let under: NodeUnderTest;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-media-'));
  under = await startNode({ rtpTimeoutMs: 3000 }, { ears });
});
afterAll(async () => {
  await under.close();
  rmSync(folder, { recursive: true, force: true });
});

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

async function done(callId: string, ...peers: readonly RtpPeer[]): Promise<void> {
  good(await under.client.call('closeCall', { callId }));
  for (const peer of peers) peer.close();
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
      a.talk(concatenate(tone(500, 0.2), up, tone(500, 0.2))),
      b.talk(concatenate(tone(700, 0.2), down, tone(700, 0.2))),
    ]);
    await Promise.all([a.hear(5), b.hear(5)]);
    expect(typicalPeak(b.recording(), up)).toBeGreaterThan(0.98);
    expect(typicalPeak(a.recording(), down)).toBeGreaterThan(0.98);
    for (const peer of [a, b]) {
      expect(peer.sources().size).toBe(1);
      expect(peer.sequenceGaps()).toBe(0);
    }
    const { offset } = correlate(b.recording(), up);
    expect(longestGapMs(b.recording().subarray(offset, offset + up.length))).toBeLessThan(40);
    await done(callId, a, b);
  });

  test('silence is sent to a leg that nobody feeds, at an even pace', async () => {
    const { callId, a, b, idA } = await twoLegs();
    good(await under.client.call('apply', { callId, revision: 1, graph: { edges: [{ from: 'nobody', to: idA }] } }));
    await a.hear(50);
    expect(a.sequenceGaps()).toBe(0);
    expect(new Set(a.voice().flatMap(({ payload }) => [...payload]))).toEqual(new Set([0xff]));
    expect(a.recording().length).toBe(a.voice().length * 160);
    expect(b.received).toHaveLength(0);
    await done(callId, a, b);
  });

  test('strangers are not heard and are counted', async () => {
    const { callId, a, b, idA, idB } = await twoLegs();
    good(await under.client.call('apply', { callId, revision: 1, graph: bridge(idA, idB) }));
    const stranger = await RtpPeer.open();
    const wanted = chirp(1);
    const talking = a.talk(wanted);
    await b.hear(5);
    stranger.aim(a.target);
    await Promise.all([talking, stranger.talk(tone(1500, 0.8))]);
    for (const garbage of ['', 'x', 'INVITE sip:a@b SIP/2.0\r\n\r\n']) stranger.raw(Buffer.from(garbage));
    await b.hear(3);
    expect(typicalPeak(b.recording(), wanted)).toBeGreaterThan(0.98);
    expect(strength(b.recording(), 1500)).toBeLessThan(700);
    const { endpoints } = good(await under.client.call('inventory', {}));
    expect(endpoints.find(({ endpointId }) => endpointId === idA)).toMatchObject({
      connected: true,
      packetsReceived: 50,
    });
    expect(endpoints.find(({ endpointId }) => endpointId === idA)?.strangers).toBeGreaterThanOrEqual(40);
    expect(stranger.received).toHaveLength(0);
    stranger.close();
    await done(callId, a, b);
  });

  test('hold and resume by re-offer: nothing is sent, nothing is heard, then all is as before', async () => {
    const { callId, a, b, idA, idB } = await twoLegs();
    good(await under.client.call('apply', { callId, revision: 1, graph: bridge(idA, idB) }));
    await Promise.all([a.talk(tone(500, 0.2)), b.talk(tone(700, 0.2))]);
    const reoffer = (direction: string) =>
      under.client.call('open', { endpointId: idA, callId, kind: 'sip', remoteSdp: a.sdp(direction) });
    const held = good(await reoffer('sendonly'));
    expect(held.remoteDirection).toBe('sendonly');
    expect(held.localSdp).toContain('a=recvonly');
    expect(good(await reoffer('sendonly'))).toEqual(held);
    const before = { a: a.received.length, b: b.voice().length };
    await Promise.all([a.talk(tone(500, 0.4)), b.talk(tone(700, 0.4))]);
    expect(a.received.length).toBeLessThanOrEqual(before.a + 3);
    expect(strength(b.recording(before.b + 2), 500)).toBeLessThan(10);
    const resumed = good(await reoffer('sendrecv'));
    expect(resumed.localSdp).toContain('a=sendrecv');
    expect(/o=.*/.exec(resumed.localSdp)?.[0]).not.toBe(/o=.*/.exec(held.localSdp)?.[0]);
    // Its answer comes from the shard, which has the new direction by then: `open` does not wait for it.
    good(await under.client.call('inventory', {}));
    const wanted = chirp(0.5);
    const from = b.voice().length;
    await a.talk(wanted);
    await b.hear(2);
    expect(typicalPeak(b.recording(from), wanted)).toBeGreaterThan(0.98);
    expect(b.sequenceGaps()).toBe(0);
    await done(callId, a, b);
  });
});

describe('one SIP leg', () => {
  test.each([8000, 16_000])('hears a WAV file of %i Hz, evenly, and then of its end', async (sampleRate) => {
    const { callId, a, b, idA } = await twoLegs('PCMA');
    const file = join(folder, `prompt-${sampleRate}.wav`);
    writeFileSync(file, writeWav({ sampleRate, samples: chirp(1, { rate: sampleRate }) }));
    const plays = [{ playId: `p${sampleRate}`, to: idA, files: [file, file] }];
    good(await under.client.call('apply', { callId, revision: 1, graph: { plays } }));
    const ended = await under.event('play-ended', ({ playId }) => playId === `p${sampleRate}`);
    expect(ended).toMatchObject({ callId, cause: 'finished' });
    await a.hear(3);
    const heard = a.recording();
    const wanted = chirp(1);
    const one = correlate(heard, wanted);
    expect(one.peak).toBeGreaterThan(0.98);
    const [before, after] = [heard.subarray(0, one.offset), heard.subarray(one.offset + 8000)];
    const other = [before, after].map((rest) => correlate(rest, wanted).peak);
    expect(Math.max(...other)).toBeGreaterThan(0.98);
    expect(a.sequenceGaps()).toBe(0);
    await done(callId, a, b);
  });

  test.each([
    ['missing.wav', undefined, 'missing.wav: there is no such file'],
    ['text.wav', 'this is no audio', 'text.wav: not a WAV file'],
  ])('is told that %s cannot be played', async (name, content, reason) => {
    const { callId, a, b, idA } = await twoLegs();
    const file = join(folder, name);
    if (content !== undefined) writeFileSync(file, content);
    const plays = [{ playId: name, to: idA, files: [file] }];
    good(await under.client.call('apply', { callId, revision: 1, graph: { plays } }));
    const ended = await under.event('play-ended', ({ playId }) => playId === name);
    expect(ended).toMatchObject({ cause: 'failed', reason });
    await done(callId, a, b);
  });

  test('a file that was changed is read again', async () => {
    const { callId, a, b, idA } = await twoLegs();
    const file = join(folder, 'changing.wav');
    for (const [revision, frequency] of [400, 900].entries()) {
      writeFileSync(file, writeWav({ sampleRate: 8000, samples: tone(frequency, 0.2 + revision / 10) }));
      const playId = `change-${revision}`;
      const from = a.voice().length;
      good(
        await under.client.call('apply', {
          callId,
          revision: revision + 1,
          graph: { plays: [{ playId, to: idA, files: [file] }] },
        }),
      );
      await under.event('play-ended', (event) => event.playId === playId);
      await a.hear(3);
      // It begins when it was read; what comes before is silence.
      const heard = a.recording(from);
      const begins = heard.findIndex((sample) => Math.abs(sample) > 500);
      expect(strength(heard.subarray(begins, begins + 1200), frequency)).toBeGreaterThan(3000);
    }
    await done(callId, a, b);
  });

  test('presses keys, also where their ends are lost, and gets digits', async () => {
    const { callId, a, b, idA, idB } = await twoLegs();
    const dtmf = [{ dtmfId: 'out', to: idB, digits: '42#' }];
    good(await under.client.call('apply', { callId, revision: 1, graph: { ...bridge(idA, idB), dtmf } }));
    await a.press('1');
    await a.press('5', 5, (_, end) => end);
    await a.press('#');
    await under.event('digit', ({ endpointId, digit }) => endpointId === idA && digit === '#');
    const digits = under.events.filter((event) => event.type === 'digit' && event.endpointId === idA);
    expect(digits).toMatchObject([
      { digit: '1', durationMs: 100 },
      { digit: '5', durationMs: 100 },
      { digit: '#', durationMs: 100 },
    ]);
    await under.event('dtmf-sent', ({ dtmfId }) => dtmfId === 'out');
    const sent = b.received.filter(({ payloadType }) => payloadType === 101);
    expect(
      [...new Set(sent.map(({ timestamp, payload }) => `${timestamp} ${payload[0]}`))].map(
        (each) => each.split(' ')[1],
      ),
    ).toEqual(['4', '2', '11']);
    expect(strength(b.recording(), 1000)).toBeLessThan(50);
    await done(callId, a, b);
  });

  test('that stops to send is told once', async () => {
    const { callId, a, b, idA } = await twoLegs();
    good(await under.client.call('apply', { callId, revision: 1, graph: { edges: [{ from: idA, to: 'nobody' }] } }));
    await a.talk(tone(500, 0.1));
    const lost = await under.event('endpoint-lost', ({ endpointId }) => endpointId === idA);
    expect(lost.cause).toBe('rtp-timeout');
    await done(callId, a, b);
  });

  test('is tapped: the ears get its voice, whole and on its clock', async () => {
    const { callId, a, b, idA, idB } = await twoLegs();
    const taps = [{ endpointId: idA, language: 'zh-CN' as const }];
    good(await under.client.call('apply', { callId, revision: 1, graph: { ...bridge(idA, idB), taps } }));
    const wanted = chirp(1);
    await a.talk(concatenate(hush(0.1), wanted, hush(0.3)));
    good(await under.client.call('apply', { callId, revision: 2, graph: bridge(idA, idB) }));
    const tap = heardByEars.find(({ speaker }) => speaker.endpointId === idA);
    expect(tap?.speaker).toEqual({ callId, endpointId: idA, language: 'zh-CN' });
    expect(tap?.closed).toBe(1);
    expect(tap?.times.every((time, index) => time === index * 20)).toBe(true);
    expect(typicalPeak(concatenate(...(tap?.frames ?? [])), wanted)).toBeGreaterThan(0.98);
    await done(callId, a, b);
  });
});
