import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { fitFrames } from './fit.ts';
import { loudness } from './loudness.ts';
import { ceilingPeak, normalise, targetLoudness } from './normalise.ts';
import { truePeaks } from './true-peak.ts';
import { writeWav } from './wav.ts';

function sine(hertz: number, dB: number, seconds: number, rate: number): Int16Array {
  const amplitude = 32_767 * 10 ** (dB / 20);
  return Int16Array.from({ length: seconds * rate }, (_, at) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hertz * at) / rate)),
  );
}

/** Bursts of noise like syllables, with pauses, the same every time. */
function babble(dB: number, seconds: number, rate: number): Int16Array {
  let seed = 7;
  let low = 0;
  return Int16Array.from({ length: seconds * rate }, (_, at) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    low += 0.3 * (seed / 2 ** 30 - 1 - low);
    const loud = Math.max(0, Math.sin((2 * Math.PI * 3 * at) / rate)) * (at % (3 * rate) < 2 * rate ? 1 : 0.001);
    return Math.round(32_767 * 10 ** (dB / 20) * low * loud);
  });
}

/** What ffmpeg's own meter of EBU R 128 says. */
function measured(samples: Int16Array, sampleRate: number): { readonly lufs: number; readonly peak: number } {
  const args = ['-hide_banner', '-f', 'wav', '-i', 'pipe:0', '-af', 'ebur128=peak=true', '-f', 'null', '-'];
  const { stderr } = spawnSync('ffmpeg', args, { input: writeWav({ sampleRate, samples }), encoding: 'utf8' });
  const summary = stderr.slice(stderr.lastIndexOf('Summary:'));
  return {
    lufs: Number(/I:\s+(-?[\d.]+) LUFS/.exec(summary)?.[1]),
    peak: Number(/Peak:\s+(-?[\d.]+) dBFS/.exec(summary)?.[1]),
  };
}

describe('loudness', () => {
  test('is what the standard says of a sine, at every rate', () => {
    for (const rate of [8000, 16_000, 48_000]) expect(loudness(sine(997, 0, 2, rate), rate)).toBeCloseTo(-3.01, 1);
  });

  test('is what ffmpeg measures, pauses included', () => {
    for (const [samples, rate] of [
      [babble(-6, 12, 16_000), 16_000],
      [babble(-25, 12, 48_000), 48_000],
      [sine(300, -30, 4, 8000), 8000],
    ] as const)
      expect(Math.abs((loudness(samples, rate) ?? 0) - measured(samples, rate).lufs)).toBeLessThan(0.25);
  });

  test('of silence is none, of a short sound is its own', () => {
    expect(loudness(new Int16Array(8000), 8000)).toBeUndefined();
    expect(loudness(sine(997, -20, 0.1, 8000), 8000)).toBeCloseTo(-23, 0);
  });
});

describe('true peaks', () => {
  test('are found between the samples', () => {
    // A quarter of the rate, sampled at its zero crossings plus 45 degrees: every sample is 3 dB below the peak.
    const samples = Int16Array.from({ length: 400 }, (_, at) =>
      Math.round(20_000 * Math.sin((Math.PI / 2) * at + Math.PI / 4)),
    );
    expect(Math.max(...samples)).toBeLessThan(14_200);
    expect(Math.max(...truePeaks(samples).subarray(50, 350))).toBeGreaterThan(19_500);
  });
});

describe('normalise', () => {
  test.each([-26, -16, -6])('makes speech of %i dB as loud as all others, as ffmpeg hears it', (dB) => {
    const { samples } = normalise({ sampleRate: 16_000, samples: babble(dB, 12, 16_000) });
    const { lufs, peak } = measured(samples, 16_000);
    expect(Math.abs(lufs - targetLoudness)).toBeLessThan(0.5);
    expect(peak).toBeLessThanOrEqual(ceilingPeak + 0.2);
  });

  test('holds back a peak without touching what is far from it', () => {
    const quiet = sine(300, -40, 3, 8000);
    const clap = quiet.slice();
    for (let at = 12_000; at < 12_040; at++) clap[at] = at % 2 === 0 ? 30_000 : -30_000;
    const made = normalise({ sampleRate: 8000, samples: clap }).samples;
    expect(Math.max(...truePeaks(made))).toBeLessThanOrEqual(32_768 * 10 ** ((ceilingPeak + 0.1) / 20));
    const gain = Math.max(...made.subarray(0, 8000)) / Math.max(...quiet.subarray(0, 8000));
    expect(Math.max(...made.subarray(16_000)) / Math.max(...quiet.subarray(16_000))).toBeCloseTo(gain, 2);
  });

  test('leaves silence alone, and lifts a whisper by no more than it may', () => {
    const silent = new Int16Array(8000);
    expect(normalise({ sampleRate: 8000, samples: silent }).samples).toEqual(silent);
    const whisper = sine(500, -65, 2, 8000);
    const { samples } = normalise({ sampleRate: 8000, samples: whisper });
    expect(20 * Math.log10(Math.max(...samples) / Math.max(...whisper))).toBeLessThan(24.5);
  });
});

describe('fitFrames', () => {
  test('makes whole frames without a seam where the end meets the beginning', () => {
    // 101 whole waves in 16 093 samples: as a ring there is no seam before, so there must be none after.
    const ring = Int16Array.from({ length: 16_093 }, (_, at) =>
      Math.round(10_000 * Math.sin((2 * Math.PI * 101 * at) / 16_093)),
    );
    const made = fitFrames(ring, 8000);
    expect(made.length).toBe(16_160);
    const worst = made.reduce(
      (most, sample, at) =>
        Math.max(most, Math.abs(sample - 10_000 * Math.sin((2 * Math.PI * 101 * at) / made.length))),
      0,
    );
    expect(worst).toBeLessThan(30);
  });

  test('fills a short sound up, and leaves whole frames as they are', () => {
    expect([...fitFrames(new Int16Array(170).fill(5), 8000)].slice(168, 172)).toEqual([5, 5, 0, 0]);
    const whole = new Int16Array(320);
    expect(fitFrames(whole, 8000)).toBe(whole);
  });
});
