import { describe, expect, it } from 'vitest';
import { type Tone, toneUri } from '../../protocol/media.ts';
import { toneOfUri } from './progress-tones.ts';

/** Lengths of sound and silence in a period, ms, told apart by 5 ms of samples. */
function lengths(samples: Int16Array): number[] {
  const loud = Array.from({ length: samples.length / 40 }, (_, at) =>
    samples.subarray(at * 40, at * 40 + 40).some((each) => Math.abs(each) > 200),
  );
  const runs: { loud: boolean; ms: number }[] = [];
  for (const each of loud) {
    const last = runs.at(-1);
    if (last?.loud === each) last.ms += 5;
    else runs.push({ loud: each, ms: 5 });
  }
  return runs.map(({ ms }) => ms);
}

/** How strong a frequency is in the first 200 ms, of all power there (Goertzel). */
function share(samples: Int16Array, hertz: number): number {
  const part = samples.subarray(0, 1600);
  let [real, imaginary, power] = [0, 0, 0];
  for (const [at, sample] of part.entries()) {
    real += sample * Math.cos((2 * Math.PI * hertz * at) / 8000);
    imaginary += sample * Math.sin((2 * Math.PI * hertz * at) / 8000);
    power += sample * sample;
  }
  return (2 * (real ** 2 + imaginary ** 2)) / part.length / power;
}

const table: readonly (readonly [Tone, string, readonly number[], readonly number[]])[] = [
  ['ringback', 'CN', [450], [1000, 4000]],
  ['busy', 'CN', [450], [350, 350]],
  ['congestion', 'cn', [450], [700, 700]],
  ['ringback', 'US', [440, 480], [2000, 4000]],
  ['busy', 'US', [480, 620], [500, 500]],
  ['congestion', 'US', [480, 620], [250, 250]],
  ['ringback', 'GB', [400, 450], [400, 200, 400, 2000]],
  ['busy', 'DE', [425], [480, 480]],
  ['ringback', 'ZZ', [425], [1000, 4000]],
];

describe('call progress tones', () => {
  it.each(table)('%s of %s', (name, country, hertz, ms) => {
    const samples = toneOfUri(toneUri(name, country)) ?? new Int16Array();
    expect(lengths(samples)).toEqual(ms);
    for (const each of hertz) expect(share(samples, each)).toBeCloseTo(1 / hertz.length, 1);
  });

  it('are nothing else', () => {
    for (const uri of ['tone:dial/CN', 'tone:busy', '/tone:busy/CN', 'tone:busy/CHN'])
      expect(toneOfUri(uri)).toBeUndefined();
  });
});
