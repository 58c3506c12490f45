/** Peaks between the samples (ITU-R BS.1770-5 annex 2): four times as many places are looked at. */
import { weightsBetween } from './between-samples.ts';

const places = 4;
/** Samples on each side of a place that say what is there. */
const reach = 12;

const rows = weightsBetween(places, reach);

/** The greatest magnitude from each sample to the next, in the unit of the samples. */
export function truePeaks(samples: ArrayLike<number>): Float64Array {
  const made = new Float64Array(samples.length);
  for (let at = 0; at < made.length; at++) {
    let most = Math.abs(samples[at] as number);
    for (let place = 1; place < places; place++) {
      const row = rows[place] as Float64Array;
      let sum = 0;
      for (let tap = 0; tap < row.length; tap++) sum += (row[tap] as number) * (samples[at + tap - reach + 1] ?? 0);
      most = Math.max(most, Math.abs(sum));
    }
    made[at] = most;
  }
  return made;
}
