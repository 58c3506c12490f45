import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { frameOf, recordingOf, ringOf, timelineOf } from './fixture.test-support.ts';
import { bytesOf, channelsOf, chunkFrames, ownChannels, wavBytes, wavPlace, wavSize } from './index.ts';
import { expandTable } from '../audio/g711.ts';

const keys = ringOf(1);
const frames = (from: number, to: number, mark?: 'paused' | 'masked') =>
  Array.from({ length: to - from }, (_, at) => frameOf(from + at, mark));

describe('a recording', () => {
  it('has its audio in chunks of less than a second, each with its place and its time', () => {
    const { file } = recordingOf(keys, frames(0, 100));
    const { stretches, gaps, lengthMs, end } = timelineOf(file, keys);
    expect(stretches.map(({ fromMs, toMs, wallMs }) => [fromMs, toMs, wallMs])).toEqual([
      [0, 800, 1000],
      [800, 1600, 1800],
      [1600, 2000, 2600],
    ]);
    expect({ gaps, lengthMs, end }).toEqual({ gaps: [], lengthMs: 2000, end: 'ended' });
  });

  it('tells pauses, masked stretches and frames that never came', () => {
    const told = [...frames(0, 10), ...frames(10, 110, 'paused'), ...frames(110, 120), ...frames(120, 130, 'masked')];
    const { file } = recordingOf(keys, [...told, ...frames(140, 150)]);
    expect(timelineOf(file, keys).gaps).toEqual([
      { fromMs: 200, toMs: 2200, reason: 'paused' },
      { fromMs: 2400, toMs: 2600, reason: 'masked' },
      { fromMs: 2600, toMs: 2800, reason: 'dropped' },
    ]);
  });

  it('cut at any byte plays what is there: whole chunks, in their places', () => {
    const { file, ends } = recordingOf(keys, frames(0, 200));
    fc.assert(
      fc.property(fc.integer({ min: ends[0] ?? 0, max: file.length }), (length) => {
        const timeline = timelineOf(file.subarray(0, length), keys);
        const whole = ends.filter((end) => end <= length).length;
        expect(timeline.lengthMs).toBe(Math.min(200, (whole - 1) * chunkFrames) * 20);
        expect(timeline.end).toBe(length === file.length ? 'ended' : null);
      }),
    );
  });

  it('marks what was damaged as a gap and plays the rest in its place', () => {
    const { file, ends } = recordingOf(keys, frames(0, 200));
    const inSecond = (ends[1] ?? 0) + 100;
    file[inSecond] = (file[inSecond] ?? 0) ^ 1;
    const timeline = timelineOf(file, keys);
    expect(timeline.gaps).toEqual([{ fromMs: 800, toMs: 1600, reason: 'damaged' }]);
    expect(timeline.damages).toEqual([{ damage: 'forged', offset: ends[1] }]);
    expect(timeline.lengthMs).toBe(4000);
  });

  it('with voices of their own plays any range of all channels, and both as if there were none', () => {
    const voices = (number: number) => [
      { channel: 'agent', bytes: new Uint8Array(160).fill(number) },
      ...(number < 70 ? [{ channel: 'x2', bytes: new Uint8Array(160).fill(200 - number) }] : []),
    ];
    const told = frames(0, 130).map((frame, number) => (number < 30 ? frame : { ...frame, voices: voices(number) }));
    const { file, ends } = recordingOf(keys, told);
    const plain = recordingOf(keys, frames(0, 130));
    const timeline = timelineOf(file, keys);
    expect([ownChannels(timeline), timeline.voices.map(({ fromMs, channels }) => [fromMs, channels.length])]).toEqual([
      ['x2'],
      [
        [600, 2],
        [1400, 1],
        [2200, 1],
      ],
    ]);
    const both = wavBytes(bytesOf(file), keys, timeline, 0, wavSize(timeline));
    const plainLine = timelineOf(plain.file, keys);
    expect(both.equals(wavBytes(bytesOf(plain.file), keys, plainLine, 0, wavSize(plainLine)))).toBe(true);
    const size = wavSize(timeline, 3);
    const whole = wavBytes(bytesOf(file), keys, timeline, 0, size, channelsOf(timeline));
    expect(whole.length).toBe(68 + 130 * 160 * 6);
    for (const number of [0, 29, 30, 69, 70, 129]) {
      const at = wavPlace(number * 20, 3);
      const [agent, own] = number < 30 ? [~number & 0xff, undefined] : [number, number < 70 ? 200 - number : undefined];
      expect(whole.readInt16LE(at)).toBe(expandTable.PCMU[number & 0xff]);
      expect(whole.readInt16LE(at + 2)).toBe(expandTable.PCMU[agent]);
      expect(whole.readInt16LE(at + 4)).toBe(own === undefined ? 0 : expandTable.PCMU[own]);
    }
    fc.assert(
      fc.property(fc.nat({ max: size }), fc.nat({ max: 90_000 }), (from, length) => {
        const part = wavBytes(bytesOf(file), keys, timeline, from, from + length, channelsOf(timeline));
        expect(part.equals(whole.subarray(from, from + length))).toBe(true);
      }),
    );
    // Cut at any record, nobody is on another's channel: voices come before what they are in.
    for (const end of ends.slice(1)) {
      const cut = timelineOf(file.subarray(0, end), keys);
      const each = cut.stretches.filter(({ fromMs }) => fromMs >= 600);
      expect(each.every(({ fromMs }) => cut.voices.some((voice) => voice.fromMs === fromMs))).toBe(true);
    }
  });

  it('has two channels where more came than a file can have', () => {
    const many = Array.from({ length: 15 }, (_, at) => ({ channel: `x${String(at)}`, bytes: new Uint8Array(160) }));
    const { file } = recordingOf(
      keys,
      frames(0, 10).map((frame) => ({ ...frame, voices: many })),
    );
    expect(channelsOf(timelineOf(file, keys))).toEqual(['caller', 'agent']);
  });

  it('plays any range of its WAV file as the whole has it, the caller left, gaps as silence', () => {
    const told = [...frames(0, 60), ...frames(60, 80, 'paused'), ...frames(80, 130)];
    const { file } = recordingOf(keys, told);
    const timeline = timelineOf(file, keys);
    const size = wavSize(timeline);
    const whole = wavBytes(bytesOf(file), keys, timeline, 0, size);
    expect(size).toBe(44 + 130 * 160 * 4);
    expect(whole.toString('latin1', 0, 4)).toBe('RIFF');
    for (const number of [0, 41, 65, 100, 129]) {
      const at = 44 + number * 640;
      const paused = number >= 60 && number < 80;
      expect(whole.readInt16LE(at)).toBe(paused ? 0 : expandTable.PCMU[number & 0xff]);
      expect(whole.readInt16LE(at + 2)).toBe(paused ? 0 : expandTable.PCMU[~number & 0xff]);
    }
    fc.assert(
      fc.property(fc.nat({ max: size }), fc.nat({ max: 90_000 }), (from, length) => {
        const part = wavBytes(bytesOf(file), keys, timeline, from, from + length);
        expect(part.equals(whole.subarray(from, from + length))).toBe(true);
      }),
    );
  });
});
