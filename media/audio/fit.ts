/** Sounds made a little longer, so that they end where a frame does: what is played over and over then has no gap. */
import { weightsBetween } from './between-samples.ts';

/** Samples on each side of a place that say what is there, and places between two samples that are kept ready. */
const reach = 16;
const places = 256;
/** Shorter sounds are filled up instead: they would be heard to be slower. */
const leastMs = 2000;

const rows = weightsBetween(places, reach, places + 1);

/** The sound in exactly `length` samples, read as a ring: its end leads to its beginning. */
function stretched(samples: Int16Array, length: number): Int16Array {
  const count = samples.length;
  const made = new Int16Array(length);
  for (let at = 0; at < length; at++) {
    const place = (at * count) / length;
    const whole = Math.floor(place);
    const between = (place - whole) * places;
    const [row, next] = [rows[Math.floor(between)] as Float64Array, rows[Math.floor(between) + 1] as Float64Array];
    const share = between - Math.floor(between);
    let sum = 0;
    for (let tap = 0; tap < row.length; tap++) {
      const weight = (row[tap] as number) * (1 - share) + (next[tap] as number) * share;
      sum += weight * (samples[(whole + tap - reach + 1 + count) % count] as number);
    }
    made[at] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return made;
}

/** The sound in whole frames of 20 ms: slower by less than 1 %, or with silence after it where it is short. */
export function fitFrames(samples: Int16Array, rate: number): Int16Array {
  const frame = rate / 50;
  const length = Math.ceil(samples.length / frame) * frame;
  if (length === samples.length) return samples;
  if (samples.length >= (rate * leastMs) / 1000) return stretched(samples, length);
  const made = new Int16Array(length);
  made.set(samples);
  return made;
}
