import { describe, expect, it } from 'vitest';
import { strength, tone } from '../../test/support/audio-measure.ts';
import { addLouder, mixed, type Part } from './mixing.ts';

const part = (samples: Int16Array, gainDb = 0, speaking = true): Part => ({
  leg: { speaking, sound: () => samples },
  gainDb,
});
const sine = (hertz: number, amplitude: number): Int16Array => tone(hertz, 0.02, { amplitude });

describe('a mix', () => {
  it('is the plain sum of those who speak, each as loud as wanted', () => {
    const [a, b] = [sine(500, 6000), sine(1000, 4000)];
    const sum = mixed([part(a), part(b, -6), part(sine(1500, 9000), 0, false)], 8000);
    expect(sum).toEqual(Int16Array.from(a, (sample, at) => sample + (b[at] ?? 0) * 10 ** (-6 / 20)));
  });

  it('of one who speaks is what they say, untouched and not copied; of nobody it is nothing', () => {
    const loud = sine(500, 32_000);
    expect(mixed([part(loud), part(loud, 0, false)], 8000)).toBe(loud);
    expect(mixed([part(loud, 0, false)], 8000)).toBeUndefined();
  });

  it('that is too loud is bent, not cut: it stays in range, in order, and purer than a cut one', () => {
    const loud = sine(500, 20_000);
    const sum = Int16Array.from(mixed([part(loud), part(loud)], 8000) ?? []);
    const cut = Int16Array.from(loud, (sample) => Math.max(-32_768, Math.min(32_767, 2 * sample)));
    expect(Math.max(...sum.map(Math.abs))).toBeLessThanOrEqual(32_767);
    loud.forEach((sample, at) =>
      loud.forEach((other, to) => {
        if (sample < other) expect(sum[at]).toBeLessThanOrEqual(sum[to] ?? 0);
      }),
    );
    const overtone = (samples: Int16Array): number => strength(samples, 2500) / strength(samples, 500);
    expect(overtone(sum)).toBeLessThan(overtone(cut));
  });

  it('however loud never wraps around', () => {
    const into = new Int16Array(160).fill(32_767);
    for (let time = 0; time < 8; time++) addLouder(into, new Int16Array(160).fill(32_767), 20);
    expect(Math.min(...into)).toBeGreaterThan(32_000);
    const low = mixed(
      Array.from({ length: 8 }, () => part(new Int16Array(160).fill(-32_768))),
      8000,
    );
    expect(Math.max(...(low ?? []))).toBeLessThan(-32_000);
  });
});
