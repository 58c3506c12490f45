/** Measures what was heard, on the media clock. */
import { crossCorrelation } from './fourier.ts';

/** A linear chirp, by default 300 to 3,000 Hz in one second at 8 kHz: its correlation has one sharp peak. */
export function chirp(seconds = 1, { from = 300, to = 3000, rate = 8000, amplitude = 12_000 } = {}): Int16Array {
  const length = Math.round(seconds * rate);
  return Int16Array.from({ length }, (_, at) => {
    const time = at / rate;
    return Math.round(amplitude * Math.sin(2 * Math.PI * (from * time + ((to - from) * time * time) / (2 * seconds))));
  });
}

/** A sine. */
export function tone(frequency: number, seconds: number, { rate = 8000, amplitude = 8000 } = {}): Int16Array {
  return Int16Array.from({ length: Math.round(seconds * rate) }, (_, at) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequency * at) / rate)),
  );
}

/** Puts pieces one after the other. */
export function join(...pieces: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** `count` zeros. */
export function hush(seconds: number, rate = 8000): Int16Array {
  return new Int16Array(Math.round(seconds * rate));
}

/** Root mean square. */
export function rms(samples: Int16Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

/** Sum of the squares: exact, samples are whole numbers. */
function energyOf(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}

/** Absolute normalised correlation (0 to 1) of `wanted` with `heard` from `offset` on; what stands behind its end is silence. */
function correlationAt(heard: Int16Array, wanted: Int16Array, offset: number, energy = energyOf(wanted)): number {
  const piece = heard.subarray(offset, offset + wanted.length);
  let product = 0;
  let heardEnergy = 0;
  for (let at = 0; at < piece.length; at++) {
    const sample = piece[at] ?? 0;
    product += sample * (wanted[at] ?? 0);
    heardEnergy += sample * sample;
  }
  return heardEnergy === 0 || energy === 0 ? 0 : Math.abs(product) / Math.sqrt(heardEnergy * energy);
}

/** How many places are looked at whole. */
const candidates = 200;

/** Where `wanted` is found best in `heard`, and how well (normalised: 1 is the same but for loudness). */
export function correlate(heard: Int16Array, wanted: Int16Array): { readonly offset: number; readonly peak: number } {
  // First with a tenth of the chirp at every offset, then whole where that looked good.
  const piece = wanted.subarray(0, Math.max(400, Math.floor(wanted.length / 10)));
  const looks = normalised(heard, piece);
  const energy = energyOf(wanted);
  const least = Float64Array.from(looks).sort().at(-candidates) ?? 0;
  // Silence looks alike everywhere: no more of those than there is room for.
  let alike = candidates - looks.filter((look) => look > least).length;
  let best = { offset: 0, peak: 0 };
  for (let offset = 0; offset < looks.length; offset++) {
    const look = looks[offset] ?? 0;
    if (look < least || (look === least && alike-- <= 0)) continue;
    const peak = correlationAt(heard, wanted, offset, energy);
    if (peak > best.peak) best = { offset, peak };
  }
  return best;
}

/** The absolute normalised correlation of `piece` at every offset where it fits whole. */
function normalised(heard: Int16Array, piece: Int16Array): Float64Array {
  const length = Math.max(0, heard.length - piece.length + 1);
  const products = crossCorrelation(heard, piece, length);
  const wantedEnergy = energyOf(piece);
  let energy = 0;
  for (let at = 0; at < piece.length; at++) energy += (heard[at] ?? 0) ** 2;
  for (let offset = 0; offset < length; offset++) {
    const scale = Math.sqrt(energy * wantedEnergy);
    products[offset] = scale === 0 ? 0 : Math.abs(products[offset] ?? 0) / scale;
    energy += (heard[offset + piece.length] ?? 0) ** 2 - (heard[offset] ?? 0) ** 2;
  }
  return products;
}

const reach = 72;
/** A windowed sinc that passes what a telephone does; its sum is 1. */
const taps = ((): Float64Array => {
  const shape = Float64Array.from({ length: 2 * reach + 1 }, (_, index) => {
    const x = index - reach;
    const angle = (Math.PI * x * 0.92) / 6;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / (reach + 1));
    return (x === 0 ? 1 : Math.sin(angle) / angle) * window;
  });
  const whole = shape.reduce((total, tap) => total + tap, 0);
  return shape.map((tap) => tap / whole);
})();

/** 48 kHz to 8 kHz, beginning at sample `from`. */
export function telephone(samples: Int16Array, from = 0): Int16Array {
  const length = Math.floor((samples.length - from) / 6);
  // What stands before and behind is silence.
  const padded = new Float64Array(samples.length + 2 * reach);
  padded.set(samples, reach);
  const made = new Int16Array(Math.max(0, length));
  for (let at = 0; at < made.length; at++) {
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap++) sum += (taps[tap] ?? 0) * (padded[from + at * 6 + tap] ?? 0);
    made[at] = Math.round(sum);
  }
  return made;
}

/**
 * How well an eighth of a second of `wanted` (8 kHz) is found in `heard` as a rule: the median of all of them. What a busy machine
 * brings late, and is concealed, spoils some; what is distorted spoils most.
 */
export function typicalPeak(heard: Int16Array, wanted: Int16Array): number {
  const length = 1000;
  const peaks: number[] = [];
  for (let at = 0; at + length <= wanted.length; at += length)
    peaks.push(correlate(heard, wanted.subarray(at, at + length)).peak);
  return peaks.sort((one, other) => one - other)[Math.floor(peaks.length / 2)] ?? 0;
}

/**
 * Like {@link correlate}, for something heard at 48 kHz: a browser resamples, so the two are aligned to a sixth of a
 * sample. The offset counts samples at 8 kHz.
 */
export function correlateWide(
  heard: Int16Array,
  wanted: Int16Array,
): { readonly offset: number; readonly peak: number } {
  let best = correlate(telephone(heard), wanted);
  const around = Math.max(0, best.offset - 1) * 6;
  const near = heard.subarray(around, around + (wanted.length + 3) * 6);
  for (let shift = 0; shift < 12; shift++) {
    const peak = correlationAt(telephone(near, shift), wanted, 0);
    if (peak > best.peak) best = { offset: around / 6, peak };
  }
  return best;
}

/** The strength of one frequency (Goertzel), as the amplitude of a sine. */
export function strength(samples: Int16Array, frequency: number, rate = 8000): number {
  const step = (2 * Math.PI * frequency) / rate;
  let real = 0;
  let imaginary = 0;
  for (let at = 0; at < samples.length; at++) {
    real += (samples[at] ?? 0) * Math.cos(step * at);
    imaginary += (samples[at] ?? 0) * Math.sin(step * at);
  }
  return samples.length === 0 ? 0 : (2 * Math.hypot(real, imaginary)) / samples.length;
}

/** The longest stretch, in ms, in which nothing louder than `floor` is heard. For sounds that never pause. */
export function longestGapMs(samples: Int16Array, { floor = 200, rate = 8000 } = {}): number {
  let longest = 0;
  let run = 0;
  for (const sample of samples) {
    run = Math.abs(sample) <= floor ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return (longest * 1000) / rate;
}

/** How loud one's own voice comes back, in dB relative to how loud it was said; -Infinity for nothing. */
export function echoDb(heard: Int16Array, said: Int16Array): number {
  const { offset, peak } = correlate(heard, said);
  const back = rms(heard.subarray(offset, offset + said.length)) * peak;
  return 20 * Math.log10(back / rms(said));
}
