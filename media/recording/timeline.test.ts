import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { frameOf, recordingOf, ringOf, timelineOf } from './fixture.test-support.ts';
import { bytesOf, chunkFrames, wavBytes, wavSize } from './index.ts';
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
