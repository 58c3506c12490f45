/** Measures what was heard, on the media clock. */

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

/** Normalised correlation (-1 to 1) of `wanted` with `heard` from `offset` on. */
function correlationAt(heard: Int16Array, wanted: Int16Array, offset: number): number {
  let product = 0;
  let heardEnergy = 0;
  let wantedEnergy = 0;
  for (let at = 0; at < wanted.length; at++) {
    const a = heard[offset + at] ?? 0;
    const b = wanted[at] ?? 0;
    product += a * b;
    heardEnergy += a * a;
    wantedEnergy += b * b;
  }
  return heardEnergy === 0 || wantedEnergy === 0 ? 0 : product / Math.sqrt(heardEnergy * wantedEnergy);
}

/** Where `wanted` is found best in `heard`, and how well (normalised: 1 is the same but for loudness). */
export function correlate(heard: Int16Array, wanted: Int16Array): { readonly offset: number; readonly peak: number } {
  let best = { offset: 0, peak: 0 };
  // First with a tenth of the chirp at every offset, then whole where that looked good.
  const piece = wanted.subarray(0, Math.max(400, Math.floor(wanted.length / 10)));
  const candidates: { offset: number; peak: number }[] = [];
  for (let offset = 0; offset + piece.length <= heard.length; offset++)
    candidates.push({ offset, peak: Math.abs(correlationAt(heard, piece, offset)) });
  candidates.sort((a, b) => b.peak - a.peak);
  for (const { offset } of candidates.slice(0, 200)) {
    const peak = Math.abs(correlationAt(heard, wanted, offset));
    if (peak > best.peak) best = { offset, peak };
  }
  return best;
}

/** 48 kHz to 8 kHz, beginning at sample `from`. */
export function telephone(samples: Int16Array, from = 0): Int16Array {
  const reach = 72;
  const taps = Array.from({ length: 2 * reach + 1 }, (_, index) => {
    const x = index - reach;
    const angle = (Math.PI * x * 0.92) / 6;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / (reach + 1));
    return (x === 0 ? 1 : Math.sin(angle) / angle) * window;
  });
  const whole = taps.reduce((total, tap) => total + tap, 0);
  return Int16Array.from({ length: Math.floor((samples.length - from) / 6) }, (_, at) => {
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap++) sum += (taps[tap] ?? 0) * (samples[from + at * 6 + tap - reach] ?? 0);
    return Math.round(sum / whole);
  });
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
    const peak = Math.abs(correlationAt(telephone(near, shift), wanted, 0));
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
