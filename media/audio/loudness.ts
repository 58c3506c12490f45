/** How loud a sound is to the ear: the gated loudness of ITU-R BS.1770-5, as EBU R 128 uses it, of one channel. */

/** A second-order filter, its first denominator coefficient being one. */
interface Biquad {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

/** The head's effect: a shelf that lifts what is above 1.7 kHz by 4 dB (the standard's table at 48 kHz, for any rate). */
function shelf(rate: number): Biquad {
  const k = Math.tan((Math.PI * 1681.974450955533) / rate);
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const q = 0.7071752369554196;
  const a0 = 1 + k / q + k * k;
  return {
    b: [(high + (band * k) / q + k * k) / a0, (2 * (k * k - high)) / a0, (high - (band * k) / q + k * k) / a0],
    a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0],
  };
}

/** What is too low to be loud: a high-pass at 38 Hz. */
function highPass(rate: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087602444) / rate);
  const q = 0.5003270373238773;
  const a0 = 1 + k / q + k * k;
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] };
}

function filtered(samples: Float64Array, { b, a }: Biquad): Float64Array {
  const made = new Float64Array(samples.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let at = 0; at < samples.length; at++) {
    const x = samples[at] ?? 0;
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    made[at] = y;
    [x2, x1, y2, y1] = [x1, x, y1, y];
  }
  return made;
}

/** Blocks of 400 ms, each beginning 100 ms after the one before. */
const blockMs = 400;
const hopMs = 100;
/** Blocks below this are silence (LUFS), and those so much below the rest are pauses (LU). */
const silentBelow = -70;
const pauseBelow = -10;

const loudnessOf = (power: number): number => -0.691 + 10 * Math.log10(power);

/** The mean power of each block; a sound shorter than a block is one. */
function blockPowers(samples: Float64Array, rate: number): number[] {
  const [block, hop] = [Math.round((rate * blockMs) / 1000), Math.round((rate * hopMs) / 1000)];
  const count = Math.max(1, Math.floor((samples.length - block) / hop) + 1);
  return Array.from({ length: count }, (_, index) => {
    const piece = samples.subarray(index * hop, index * hop + block);
    return piece.reduce((sum, value) => sum + value * value, 0) / Math.max(1, piece.length);
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

/** The integrated loudness in LUFS; undefined for silence. A sine of full scale at 1 kHz is at -3.0. */
export function loudness(samples: Int16Array, rate: number): number | undefined {
  const scaled = Float64Array.from(samples, (sample) => sample / 32_768);
  const powers = blockPowers(filtered(filtered(scaled, shelf(rate)), highPass(rate)), rate);
  const heard = powers.filter((power) => loudnessOf(power) > silentBelow);
  if (heard.length === 0) return undefined;
  const gate = loudnessOf(mean(heard)) + pauseBelow;
  return loudnessOf(mean(heard.filter((power) => loudnessOf(power) > gate)));
}
