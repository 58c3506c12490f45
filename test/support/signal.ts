/** Detectors of what ears would mind: how far a spectrum is off, clicks, gaps. Each is proven in `signal.test.ts` beside the media. */

const turns = 512;
const table = Array.from({ length: turns }, (_, at) => ({
  cos: Math.cos((-2 * Math.PI * at) / turns),
  sin: Math.sin((-2 * Math.PI * at) / turns),
}));

function turn(at: number): { readonly cos: number; readonly sin: number } {
  return table[at] ?? { cos: 1, sin: 0 };
}

/** A power spectrum by a radix-2 FFT; the length must be a power of two up to 512. Bins 0 to half. */
function powers(frame: Float64Array): Float64Array {
  const count = frame.length;
  const [re, im] = [Float64Array.from(frame), new Float64Array(count)];
  for (let at = 1, to = 0; at < count; at++) {
    let bit = count >> 1;
    for (; (to & bit) !== 0; bit >>= 1) to ^= bit;
    to ^= bit;
    if (at < to) [re[at], re[to]] = [re[to] as number, re[at] as number];
  }
  for (let size = 2; size <= count; size *= 2)
    for (let start = 0; start < count; start += size)
      for (let at = 0; at < size / 2; at++) {
        const { cos, sin } = turn((at * turns) / size);
        const [a, b] = [start + at, start + at + size / 2];
        const real = (re[b] as number) * cos - (im[b] as number) * sin;
        const imaginary = (re[b] as number) * sin + (im[b] as number) * cos;
        [re[b], im[b]] = [(re[a] as number) - real, (im[a] as number) - imaginary];
        [re[a], im[a]] = [(re[a] as number) + real, (im[a] as number) + imaginary];
      }
  return Float64Array.from({ length: count / 2 }, (_, at) => (re[at] as number) ** 2 + (im[at] as number) ** 2);
}

export interface Band {
  /** Samples a second. */
  readonly rate: number;
  /** Hertz. */
  readonly from: number;
  readonly to: number;
}

function spectrum(samples: Int16Array, start: number, { rate, from, to }: Band): Float64Array {
  const length = rate / 31.25;
  const frame = Float64Array.from(
    { length },
    (_, at) => (samples[start + at] ?? 0) * (0.54 - 0.46 * Math.cos((2 * Math.PI * at) / (length - 1))),
  );
  return powers(frame).subarray(Math.round((from * length) / rate), Math.round((to * length) / rate));
}

/** How alike a piece of `wanted` and what was heard `delay` samples later are; of every `stride`th sample. */
function likeness(heard: Int16Array, wanted: Int16Array, delay: number, stride: number): number {
  let [product, energy] = [0, 1];
  for (let at = 0; at < wanted.length; at += stride) {
    const value = heard[at + delay] ?? 0;
    product += value * (wanted[at] ?? 0);
    energy += value * value;
  }
  return product / Math.sqrt(energy);
}

/** The delay (samples) around `near` at which a piece of `wanted` is found best in `heard`: coarsely first, then exactly. */
function delayOf(heard: Int16Array, wanted: Int16Array, near: number, reach: number): number {
  const best = (from: number, to: number, step: number, stride: number): number => {
    let [found, most] = [from, -Infinity];
    for (let delay = Math.max(0, from); delay <= to; delay += step) {
      const alike = likeness(heard, wanted, delay, stride);
      if (alike > most) [found, most] = [delay, alike];
    }
    return found;
  };
  const about = best(near - reach, near + reach, 2, 5);
  return best(about - 2, about + 2, 1, 1);
}

const blockMs = 320;

/**
 * Log-spectral distance in dB of what was heard from what was said: the mean over frames of 32 ms in which something is
 * said. The delay is followed block by block (a jitter buffer may change it). What is 50 dB under the loudest of a frame
 * is taken as equally silent. `longestMs` is the longest delay looked for.
 */
export function spectralDistance(heard: Int16Array, said: Int16Array, band: Band, longestMs = 400): number {
  const { rate } = band;
  const [block, length, hop] = [(blockMs * rate) / 1000, rate / 31.25, rate / 62.5];
  const loudest = Math.max(...framesOf(said, length).map((frame) => energyOf(frame)));
  const delays: { start: number; delay: number }[] = [];
  for (let start = 0; start + block <= said.length; start += block) {
    const wanted = said.subarray(start, start + block);
    if (energyOf(wanted) < loudest / 300) continue;
    const before = delays.at(-1)?.delay;
    const reach = before === undefined ? (longestMs * rate) / 2000 : rate / 40;
    delays.push({ start, delay: delayOf(heard.subarray(start), wanted, before ?? reach, reach) });
  }
  const distances: number[] = [];
  for (const [index, { start }] of delays.entries())
    for (let at = start; at + length <= start + block; at += hop) {
      if (energyOf(said.subarray(at, at + length)) < loudest / 1000) continue;
      const wanted = spectrum(said, at, band);
      // A delay that changes within a block is the one of the block before or after in a part of it.
      const near = new Set(delays.slice(Math.max(0, index - 1), index + 2).map(({ delay }) => delay));
      const found = [...near].map((delay) => frameDistance(wanted, spectrum(heard, at + delay, band)));
      distances.push(Math.min(...found));
    }
  return distances.reduce((sum, each) => sum + each, 0) / distances.length;
}

function frameDistance(a: Float64Array, b: Float64Array): number {
  const floor = a.reduce((most, each) => Math.max(most, each), 1) * 1e-5;
  let sum = 0;
  for (let at = 0; at < a.length; at++)
    sum += (10 * Math.log10(((a[at] as number) + floor) / ((b[at] as number) + floor))) ** 2;
  return Math.sqrt(sum / a.length);
}

function energyOf(samples: Int16Array): number {
  return samples.reduce((sum, each) => sum + each * each, 0) / samples.length;
}

function framesOf(samples: Int16Array, length: number): Int16Array[] {
  return Array.from({ length: Math.floor(samples.length / length) }, (_, at) =>
    samples.subarray(at * length, (at + 1) * length),
  );
}

function median(values: Float64Array): number {
  return values.toSorted()[values.length >> 1] ?? 0;
}

/** What is above 2.4 kHz of 8 (a share of 0.6 of what the rate carries). */
function sharp(samples: Int16Array): Float64Array {
  const reach = 16;
  const taps = Array.from({ length: 2 * reach + 1 }, (_, index) => {
    const x = index - reach;
    const low = x === 0 ? 0.6 : Math.sin(Math.PI * 0.6 * x) / (Math.PI * x);
    return ((x === 0 ? 1 : 0) - low) * (0.5 + 0.5 * Math.cos((Math.PI * x) / (reach + 1)));
  });
  return Float64Array.from(samples, (_, at) => {
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap++)
      sum += (taps[tap] ?? 0) * (samples[at + tap - reach] ?? samples[at] ?? 0);
    return sum;
  });
}

export interface Mark {
  readonly ms: number;
  /** A click: its peak above 0.6 of the band. A gap: what is left of the loudness, as a share. */
  readonly size: number;
}

/**
 * Clicks in a sound that has nothing above half of its band: bursts of a millisecond up there which are more than five
 * times what is there within 40 ms before and after (the noise of a codec), and more than `floor`.
 */
export function clicksIn(samples: Int16Array, rate: number, floor = 150): Mark[] {
  const high = sharp(samples);
  const step = rate / 1000;
  const peaks = Float64Array.from({ length: Math.floor(samples.length / step) }, (_, at) => {
    let most = 0;
    for (const value of high.subarray(at * step, (at + 1) * step)) most = Math.max(most, Math.abs(value));
    return most;
  });
  const marks: Mark[] = [];
  // Nobody knows what was before the first sample and after the last: no click is told of in the 2 ms beside them.
  for (const [ms, size] of peaks.entries()) {
    if (ms < 2 || ms >= peaks.length - 2) continue;
    const usual = Math.max(
      median(peaks.subarray(Math.max(0, ms - 41), Math.max(0, ms - 1))),
      median(peaks.subarray(ms + 2, ms + 42)),
    );
    if (size > Math.max(floor, 5 * usual)) marks.push({ ms, size: Math.round(size) });
  }
  return marks;
}

/**
 * Gaps in a sound that never pauses and whose waves are shorter than 2.5 ms: moments in which less than a fifth of the
 * loudness of the 40 ms before and after is left.
 */
export function gapsIn(samples: Int16Array, rate: number): Mark[] {
  const [length, hop] = [rate / 400, rate / 800];
  const levels = Float64Array.from({ length: Math.floor((samples.length - length) / hop) + 1 }, (_, at) =>
    Math.sqrt(energyOf(samples.subarray(at * hop, at * hop + length))),
  );
  const marks: Mark[] = [];
  let last = -Infinity;
  for (const [at, level] of levels.entries()) {
    const usual = median(levels.subarray(Math.max(0, at - 32), at + 33));
    if (level >= usual / 5 || usual < 100) continue;
    // One gap is one mark, however many windows lie in it.
    if (at - last > 2) marks.push({ ms: at * 1.25, size: level / usual });
    last = at;
  }
  return marks;
}
