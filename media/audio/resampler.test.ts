import { describe, expect, test } from 'vitest';
import { Resampler } from './resampler.ts';

const pairs = [
  [8000, 16_000],
  [16_000, 8000],
  [8000, 48_000],
  [48_000, 8000],
  [16_000, 48_000],
  [48_000, 16_000],
] as const;

/** A tone through the filter, 20 ms at a time, without the first 100 ms. */
function through(from: number, to: number, hertz: number): Int16Array {
  const resampler = new Resampler(from, to);
  const made: number[] = [];
  for (let frame = 0; frame < 25; frame++)
    made.push(
      ...resampler.frame(
        Int16Array.from(
          { length: from / 50 },
          (_, at) => 10_000 * Math.sin((2 * Math.PI * hertz * (frame * (from / 50) + at)) / from),
        ),
      ),
    );
  return Int16Array.from(made).subarray(to / 10);
}

/** Decibels of one frequency, and of everything else, relative to what was put in. */
function levels(samples: Int16Array, rate: number, hertz: number) {
  let [re, im, all] = [0, 0, 0];
  for (const [at, value] of samples.entries()) {
    const angle = (2 * Math.PI * hertz * at) / rate;
    re += value * Math.cos(angle);
    im += value * Math.sin(angle);
    all += value * value;
  }
  const power = (2 * (re * re + im * im)) / samples.length ** 2;
  const rest = Math.max(1e-9, all / samples.length - power);
  const reference = 10_000 ** 2 / 2;
  return { own: 10 * Math.log10(power / reference), rest: 10 * Math.log10(rest / reference) };
}

describe.each(pairs)('from %d to %d Hz', (from, to) => {
  test('a frame gives as much time as it had', () => {
    expect(new Resampler(from, to).frame(new Int16Array(from / 50))).toHaveLength(to / 50);
  });

  test.each([300, 1000, 3000])('%d Hz stays what it was', (hertz) => {
    const { own, rest } = levels(through(from, to, hertz), to, hertz);
    expect(Math.abs(own)).toBeLessThan(0.1);
    expect(rest).toBeLessThan(-60);
  });

  test('a constant stays the same', () => {
    const resampler = new Resampler(from, to);
    const frames = Array.from({ length: 10 }, () => resampler.frame(new Int16Array(from / 50).fill(1234)));
    expect(new Set(frames.at(-1))).toEqual(new Set([1234]));
  });
});

test('what the slower side cannot hold is left out', () => {
  for (const hertz of [4600, 5500, 7000])
    expect(levels(through(16_000, 8000, hertz), 8000, 8000 - hertz).own).toBeLessThan(-60);
  for (const hertz of [9200, 12_000, 20_000])
    expect(levels(through(48_000, 16_000, hertz), 16_000, Math.abs(16_000 - hertz)).own).toBeLessThan(-60);
});
