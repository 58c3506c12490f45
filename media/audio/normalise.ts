import { loudness } from './loudness.ts';
import { truePeaks } from './true-peak.ts';
import type { Sound } from './wav.ts';

/** How loud every prompt and all music is played, LUFS: what speech on a telephone line usually has. */
export const targetLoudness = -20;
/** No peak, between samples neither, is above this (dB of full scale): what companding and other rates add has room. */
export const ceilingPeak = -2;
/** A sound is never made louder by more than this, dB: what is quieter still is noise or a mistake. */
export const mostGain = 24;

/** A gain is lowered and raised over so much of a sound around a peak. */
const lookMs = 5;

/** The least of each value's neighbours within `reach`. */
function leastAround(values: Float64Array, reach: number): Float64Array {
  const made = new Float64Array(values.length);
  // The places of values that may still be the least, growing.
  const queue = new Int32Array(values.length);
  let [first, last] = [0, 0];
  for (let at = 0; at < values.length + reach; at++) {
    if (at < values.length) {
      while (last > first && (values[queue[last - 1] as number] as number) >= (values[at] as number)) last--;
      queue[last++] = at;
    }
    const centre = at - reach;
    if (centre < 0) continue;
    while ((queue[first] as number) < centre - reach) first++;
    made[centre] = values[queue[first] as number] as number;
  }
  return made;
}

/** The mean of each value's neighbours within `reach`; those beyond the ends count as the ends. */
function meanAround(values: Float64Array, reach: number): Float64Array {
  const last = values.length - 1;
  const value = (at: number): number => values[Math.max(0, Math.min(last, at))] as number;
  let sum = 0;
  for (let at = -reach; at <= reach; at++) sum += value(at);
  return values.map((_, at) => {
    const here = sum / (2 * reach + 1);
    sum += value(at + reach + 1) - value(at - reach);
    return here;
  });
}

/** What each sample is to be multiplied with, so that no peak passes the ceiling: the gain, lowered smoothly around peaks. */
function gains(samples: Int16Array, gain: number, rate: number): Float64Array {
  const ceiling = 32_768 * 10 ** (ceilingPeak / 20);
  const peaks = truePeaks(samples);
  const wanted = peaks.map((peak, at) => {
    const most = Math.max(peak, peaks[at - 1] ?? 0) * gain;
    return most > ceiling ? (gain * ceiling) / most : gain;
  });
  const reach = Math.round((rate * lookMs) / 1000);
  return meanAround(leastAround(wanted, reach), reach);
}

/** The sound as loud as all others (see `targetLoudness`), its peaks limited. Silence stays what it is. */
export function normalise({ sampleRate, samples }: Sound): Sound {
  const before = loudness(samples, sampleRate);
  if (before === undefined) return { sampleRate, samples };
  const gain = 10 ** (Math.min(mostGain, targetLoudness - before) / 20);
  const each = gains(samples, gain, sampleRate);
  return { sampleRate, samples: samples.map((sample, at) => Math.round(sample * (each[at] as number))) };
}
