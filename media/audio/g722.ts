/** ITU-T G.722 at 64 kbit/s: 16 kHz sound in two bands of ADPCM. Names of the steps are the recommendation's. */

/** Decision levels of the lower band's 60-level quantiser (table 11). */
const q6 = Int32Array.of(
  ...[
    0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
  ],
  ...[1458, 1612, 1765, 1980, 2195, 2557, 2919],
);
/** Codes of each interval of it, for differences below and above zero. */
const codesBelow = Int32Array.of(0, 63, 62, ...Array.from({ length: 28 }, (_, at) => 31 - at));
const codesAbove = Int32Array.of(0, ...Array.from({ length: 30 }, (_, at) => 61 - at));
/** Inverse quantisers: 6 bits, 4 bits (what the predictor sees), 2 bits of the upper band. */
const sixBits = [
  ...[24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944],
  ...[4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136],
];
const qm6 = Int32Array.of(
  ...[-136, -136, -136, -136],
  ...sixBits.slice(0, 28).map((level) => -level),
  ...sixBits,
  ...[-432, -136],
);
const fourBits = [20456, 12896, 8968, 6288, 4240, 2584, 1200];
const qm4 = Int32Array.of(0, ...fourBits.map((level) => -level), ...fourBits, 0);
const qm2 = Int32Array.of(-7408, -1616, 7408, 1616);
/** Steps of the scale factors' logarithms, by code. */
const stepsLow = Int32Array.of(-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60);
const stepsHigh = Int32Array.of(798, -214, 798, -214);
/** 2048 times the powers of two from 0 to 31/32, rounded as the recommendation's table is (not always to the nearest). */
const ilb = Int32Array.of(
  ...[2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025],
  ...[3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008],
);
/** One half of the 24 taps of the quadrature mirror filter; the other is its mirror. */
const qmf = Int32Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11);
const taps = 24;

function saturate(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

/** The predictor and the scale factor of one band: two poles, six zeros. */
class Band {
  /** The prediction of the next sample. */
  s = 0;
  /** The scale factor. */
  det: number;
  readonly #highest: number;
  readonly #shift: number;
  #sz = 0;
  #log = 0;
  #r1 = 0;
  #p1 = 0;
  #p2 = 0;
  #a1 = 0;
  #a2 = 0;
  readonly #b = new Int32Array(6);
  readonly #d = new Int32Array(6);

  constructor(det: number, highest: number, shift: number) {
    this.det = det;
    this.#highest = highest;
    this.#shift = shift;
  }

  /** LOGSC and SCALE: the scale factor follows the size of the codes. */
  scale(step: number): void {
    const log = ((this.#log * 127) >> 7) + step;
    this.#log = log < 0 ? 0 : log > this.#highest ? this.#highest : log;
    const mantissa = ilb[(this.#log >> 6) & 31] as number;
    const by = this.#shift - (this.#log >> 11);
    this.det = (by < 0 ? mantissa << -by : mantissa >> by) << 2;
  }

  /** Takes the quantised difference and predicts the next sample. */
  predict(difference: number): void {
    const r0 = saturate(this.s + difference);
    const p0 = saturate(this.#sz + difference);
    const sameSign = p0 >> 15 === this.#p1 >> 15;
    // UPPOL2
    const four = saturate(this.#a1 << 2);
    const turn = sameSign ? (four === -32_768 ? 32_767 : -four) : four;
    let a2 = (p0 >> 15 === this.#p2 >> 15 ? 128 : -128) + (turn >> 7) + ((this.#a2 * 32_512) >> 15);
    a2 = a2 > 12_288 ? 12_288 : a2 < -12_288 ? -12_288 : a2;
    // UPPOL1
    let a1 = saturate((sameSign ? 192 : -192) + ((this.#a1 * 32_640) >> 15));
    const most = saturate(15_360 - a2);
    a1 = a1 > most ? most : a1 < -most ? -most : a1;
    const sz = this.#zeros(difference);
    // FILTEP
    const sp = saturate(((a1 * saturate(r0 + r0)) >> 15) + ((a2 * saturate(this.#r1 + this.#r1)) >> 15));
    this.#a1 = a1;
    this.#a2 = a2;
    this.#r1 = r0;
    this.#p2 = this.#p1;
    this.#p1 = p0;
    this.#sz = sz;
    this.s = saturate(sp + sz);
  }

  /** UPZERO, DELAYA and FILTEZ in one pass. */
  #zeros(difference: number): number {
    const [b, d] = [this.#b, this.#d];
    const by = difference === 0 ? 0 : 128;
    const sign = difference >> 15;
    let sz = 0;
    for (let at = 5; at >= 0; at--) {
      const old = d[at] as number;
      const weight = saturate((old >> 15 === sign ? by : -by) + (((b[at] as number) * 32_640) >> 15));
      b[at] = weight;
      const next = at === 0 ? difference : (d[at - 1] as number);
      d[at] = next;
      sz += (weight * saturate(next + next)) >> 15;
    }
    return saturate(sz);
  }
}

const lowBand = (): Band => new Band(32, 18_432, 8);
const highBand = (): Band => new Band(8, 22_528, 10);

/** Encodes a stream of 16 kHz samples; keeps its state from call to call. */
export class G722Encoder {
  readonly #low = lowBand();
  readonly #high = highBand();
  readonly #line = new Int32Array(taps);

  /** One byte for every two samples. */
  encode(samples: Int16Array): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(samples.length >> 1);
    const line = this.#line;
    for (let at = 0; at < bytes.length; at++) {
      line.copyWithin(0, 2);
      line[taps - 2] = samples[2 * at] as number;
      line[taps - 1] = samples[2 * at + 1] as number;
      let odd = 0;
      let even = 0;
      for (let tap = 0; tap < 12; tap++) {
        odd += (line[2 * tap] as number) * (qmf[tap] as number);
        even += (line[2 * tap + 1] as number) * (qmf[11 - tap] as number);
      }
      bytes[at] = (this.#upper((even - odd) >> 14) << 6) | this.#lower((even + odd) >> 14);
    }
    return bytes;
  }

  #lower(x: number): number {
    const band = this.#low;
    const difference = saturate(x - band.s);
    const size = difference >= 0 ? difference : -(difference + 1);
    let level = 1;
    while (level < 30 && size >= ((q6[level] as number) * band.det) >> 12) level++;
    const code = (difference < 0 ? codesBelow[level] : codesAbove[level]) as number;
    const four = code >> 2;
    const quantised = (band.det * (qm4[four] as number)) >> 15;
    band.scale(stepsLow[four] as number);
    band.predict(quantised);
    return code;
  }

  #upper(x: number): number {
    const band = this.#high;
    const difference = saturate(x - band.s);
    const size = difference >= 0 ? difference : -(difference + 1);
    const large = size >= (564 * band.det) >> 12;
    const code = difference < 0 ? (large ? 0 : 1) : large ? 2 : 3;
    const quantised = (band.det * (qm2[code] as number)) >> 15;
    band.scale(stepsHigh[code] as number);
    band.predict(quantised);
    return code;
  }
}

/** Decodes a stream of bytes to 16 kHz samples; keeps its state from call to call. */
export class G722Decoder {
  readonly #low = lowBand();
  readonly #high = highBand();
  readonly #line = new Int32Array(taps);

  /** Two samples for every byte. */
  decode(bytes: Uint8Array): Int16Array<ArrayBuffer> {
    const samples = new Int16Array(bytes.length * 2);
    const line = this.#line;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      const low = this.#lower(byte & 63);
      const high = this.#upper(byte >> 6);
      line.copyWithin(0, 2);
      line[taps - 2] = low + high;
      line[taps - 1] = low - high;
      let first = 0;
      let second = 0;
      for (let tap = 0; tap < 12; tap++) {
        second += (line[2 * tap] as number) * (qmf[tap] as number);
        first += (line[2 * tap + 1] as number) * (qmf[11 - tap] as number);
      }
      samples[2 * at] = saturate(first >> 11);
      samples[2 * at + 1] = saturate(second >> 11);
    }
    return samples;
  }

  #lower(code: number): number {
    const band = this.#low;
    const four = code >> 2;
    const sum = band.s + ((band.det * (qm6[code] as number)) >> 15);
    const quantised = (band.det * (qm4[four] as number)) >> 15;
    band.scale(stepsLow[four] as number);
    band.predict(quantised);
    return sum > 16_383 ? 16_383 : sum < -16_384 ? -16_384 : sum;
  }

  #upper(code: number): number {
    const band = this.#high;
    const quantised = (band.det * (qm2[code] as number)) >> 15;
    const sum = quantised + band.s;
    band.scale(stepsHigh[code] as number);
    band.predict(quantised);
    return sum > 16_383 ? 16_383 : sum < -16_384 ? -16_384 : sum;
  }
}
