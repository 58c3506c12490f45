import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from './g711.ts';
import { Listener } from './listener.ts';
import type { RtpPacket } from './rtp.ts';
import { parseTelephoneEvent, writeTelephoneEvent } from './rtp.ts';
import type { RemoteAudio } from './sdp.ts';
import { joinSpeech, splitByScript, toPinyin } from './speech.ts';
import type { OutgoingFrame, TalkerMark } from './talker.ts';
import { callScript, digitScript, Talker } from './talker.ts';

const remote: RemoteAudio = {
  address: '127.0.0.1',
  port: 1,
  codec: 'pcmu',
  payloadType: 0,
  eventPayloadType: 101,
  direction: 'sendrecv',
};
const { eventPayloadType: _events, ...withoutEvents } = remote;

function run(talker: Talker, frames: number, to: RemoteAudio = remote): OutgoingFrame[] {
  return Array.from({ length: frames }, () => talker.next(to));
}

const marksOf = (frames: readonly OutgoingFrame[]): { frame: number; mark: TalkerMark }[] =>
  frames.flatMap(({ marks }, frame) => marks.map((mark) => ({ frame, mark })));

describe('the talker', () => {
  it('sends a silent frame every 20 ms, the first marked, without a jump in its timestamps', () => {
    const frames = run(new Talker(1000), 3);
    expect(
      frames.map(({ packets }) =>
        packets.map(({ timestamp, marker, payloadType }) => [timestamp, marker, payloadType]),
      ),
    ).toEqual([[[1000, true, 0]], [[1160, false, 0]], [[1320, false, 0]]]);
    expect(new Set(frames[1]?.packets[0]?.payload)).toEqual(new Set([0xff]));
  });

  it('sends a key as five growing events under one timestamp, the end three times (RFC 4733)', () => {
    const talker = new Talker(0);
    talker.append(digitScript('5'));
    const frames = run(talker, 11);
    const events = frames.slice(0, 5).flatMap(({ packets }) => packets);
    expect(events.map((packet) => parseTelephoneEvent(packet.payload))).toEqual([
      ...[160, 320, 480, 640].map((duration) => ({ digit: '5', end: false, duration })),
      ...[1, 2, 3].map(() => ({ digit: '5', end: true, duration: 800 })),
    ]);
    expect(events.map((packet) => [packet.timestamp, packet.marker])).toEqual([
      [0, true],
      ...Array.from({ length: 6 }, () => [0, false]),
    ]);
    // The audio after it goes on where the clock is.
    expect(frames[5]?.packets[0]).toMatchObject({ payloadType: 0, timestamp: 800 });
    expect(marksOf(frames)).toEqual([
      { frame: 4, mark: { type: 'digit-sent', digit: '5', how: 'event' } },
      { frame: 10, mark: { type: 'script-ended' } },
    ]);
  });

  it('plays the key as a tone where events are not taken', () => {
    const talker = new Talker(0);
    talker.append(digitScript('1'));
    const frames = run(talker, 6, withoutEvents);
    const loudness = frames.map(({ packets }) =>
      Math.max(...decodeG711('pcmu', packets[0]?.payload ?? Buffer.alloc(0))),
    );
    expect(loudness.slice(0, 5).every((value) => value > 8000)).toBe(true);
    expect(loudness[5]).toBe(0);
    expect(marksOf(frames)).toEqual([{ frame: 4, mark: { type: 'digit-sent', digit: '1', how: 'tone' } }]);
  });

  it('waits half a second for w and a second for a comma', () => {
    const talker = new Talker(0);
    talker.append(digitScript('1w2,3'));
    const sent = marksOf(run(talker, 120)).filter(({ mark }) => mark.type === 'digit-sent');
    expect(sent.map(({ frame }) => frame)).toEqual([4, 39, 99]);
  });

  it('speaks after the keys, again and again, start to start', () => {
    const talker = new Talker(0);
    const speech = new Int16Array(8000).fill(1000);
    talker.append(
      callScript({ digits: '1', digitsAfterMs: 2000, speech, sayAfterMs: 4000, sayTimes: 2, sayEveryMs: 12_000 }),
    );
    const found = marksOf(run(talker, 1200));
    // 2000 ms, 100 ms key, 100 ms after it, 4000 ms.
    expect(found.filter(({ mark }) => mark.type === 'speaking')).toEqual([
      { frame: 310, mark: { type: 'speaking', turn: 1 } },
      { frame: 910, mark: { type: 'speaking', turn: 2 } },
    ]);
    expect(found.at(-1)).toEqual({ frame: 960, mark: { type: 'script-ended' } });
  });

  it('never repeats without a second of peace', () => {
    const items = callScript({
      digits: '',
      digitsAfterMs: 0,
      speech: new Int16Array(80_000),
      sayAfterMs: 0,
      sayTimes: 2,
      sayEveryMs: 1,
    });
    expect(items[2]).toEqual({ type: 'pause', ms: 1000 });
  });
});

describe('the listener', () => {
  const packet = (sequence: number, timestamp: number, changes: Partial<RtpPacket> = {}): RtpPacket => ({
    payloadType: 0,
    marker: false,
    sequence,
    timestamp,
    ssrc: 1,
    payload: encodeG711('pcmu', new Int16Array(160).fill(1000)),
    ...changes,
  });
  const loud = (recording: Int16Array): [number, number][] => {
    const spans: [number, number][] = [];
    recording.forEach((sample, at) => {
      const last = spans.at(-1);
      if (sample === 0) return;
      if (last?.[1] === at) last[1] = at + 1;
      else spans.push([at, at + 1]);
    });
    return spans;
  };

  it('places what it hears by timestamps, however late it came, with silence for what was lost', () => {
    const listener = new Listener(true);
    listener.take(packet(10, 800), remote, 0);
    listener.take(packet(11, 960), remote, 900);
    listener.take(packet(13, 1280), remote, 901);
    expect(loud(listener.recording(100))).toEqual([
      [0, 320],
      [480, 640],
    ]);
    expect(listener.recording(100)).toHaveLength(800);
    expect(listener.statistics).toMatchObject({ packets: 3, lost: 1 });
  });

  it('puts a late packet in its place and counts it as no loss', () => {
    const listener = new Listener(true);
    listener.take(packet(65_535, 800), remote, 0);
    listener.take(packet(1, 1120), remote, 40);
    listener.take(packet(0, 960), remote, 41);
    listener.take(packet(0, 960), remote, 42);
    expect(listener.statistics).toMatchObject({ packets: 4, lost: 0, reordered: 1, duplicates: 1 });
    expect(loud(listener.recording(0))).toEqual([[0, 480]]);
  });

  it('counts a doubled packet', () => {
    const listener = new Listener(false);
    listener.take(packet(1, 0), remote, 0);
    expect(listener.take(packet(1, 0), remote, 1)).toEqual({});
    expect(listener.statistics).toMatchObject({ duplicates: 1, lost: 0 });
  });

  it('follows the clock when timestamps jump without sequence, or the source changes', () => {
    const listener = new Listener(true);
    listener.take(packet(1, 0), remote, 0);
    listener.take(packet(2, 4_000_000), remote, 1000);
    listener.take(packet(1, 77, { ssrc: 2 }), remote, 2000);
    expect(loud(listener.recording(0))).toEqual([
      [0, 160],
      [8000, 8160],
      [16_000, 16_160],
    ]);
    expect(listener.statistics.sourceChanges).toBe(1);
  });

  it('believes a pause that the timestamps tell', () => {
    const listener = new Listener(true);
    listener.take(packet(1, 0), remote, 0);
    listener.take(packet(2, 8000), remote, 1030);
    expect(loud(listener.recording(0))[1]).toEqual([8000, 8160]);
  });

  it('hears each key once', () => {
    const listener = new Listener(false);
    const key = (sequence: number, timestamp: number, digit: string): string | undefined =>
      listener.take(
        packet(sequence, timestamp, { payloadType: 101, payload: writeTelephoneEvent(digit, 160, false) }),
        remote,
        0,
      ).digit;
    expect([key(1, 0, '1'), key(2, 0, '1'), key(3, 0, '1'), key(4, 1600, '1'), key(5, 3200, '#')]).toEqual([
      '1',
      undefined,
      undefined,
      '1',
      '#',
    ]);
  });

  it('ignores payloads that were not agreed', () => {
    expect(new Listener(false).take(packet(1, 0, { payloadType: 13 }), remote, 0)).toEqual({});
  });
});

describe('speech', () => {
  it('cuts text where the script changes', () => {
    expect(splitByScript('3 你好, hello 2 次')).toEqual([
      { language: 'zh', text: '3 你好, ' },
      { language: 'en', text: 'hello 2 ' },
      { language: 'zh', text: '次' },
    ]);
    expect(splitByScript('12', 'zh')).toEqual([{ language: 'zh', text: '12' }]);
    expect(splitByScript(' ')).toEqual([]);
  });

  it('writes Chinese as the pinyin that espeak-ng reads', async () => {
    expect(await toPinyin('你好，我的女儿')).toBe('ni3 hao3 ， wo3 de5 nv3 er2');
  });

  it('brings parts to one loudness', () => {
    const joined = joinSpeech([Int16Array.of(1, -100), new Int16Array(0), Int16Array.of(20_000)], 1);
    expect(joined).toEqual(
      Int16Array.from([160, -16_000, ...Array<number>(8).fill(0), 16_000, ...Array<number>(8).fill(0)]),
    );
  });
});
