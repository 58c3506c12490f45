/** Hears the dual tones of ITU-T Q.23 in a voice signal, by the limits of ITU-T Q.24. */

const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477, 1633];
const keys = ['123A', '456B', '789C', '*0#D'];
const sampleRate = 8000;
/** A look at the last 12.75 ms every 5 ms: short enough for 1.5 % off pitch, often enough to time a tone. */
const window = 102;
const hop = 40;
/** Each tone at least -33 dBm0 (Q.24 asks for -25 to be heard and -55 not to be), as the square of its amplitude. */
const faintest = (22_800 * 10 ** (-33 / 20)) ** 2;
/** Both tones together are at least this share of what is heard: speech and music have more beside them. */
const share = 0.6;
/** Within its group a tone is this much stronger (power) than the others: 8 dB. */
const peak = 6.3;
/** Q.24: the high tone up to 4 dB above the low one and up to 8 dB below, with a margin for tones off pitch. */
const highAbove = 10 ** (6 / 10);
const highBelow = 10 ** (9.5 / 10);
/** Looks in which a tone must have been the same: refuses up to 23 ms, accepts from 40 ms. */
const needed = 6;
/** Looks without it that end it: more than an interruption of 10 ms makes, fewer than a pause of 40 ms. */
const ending = 6;
/** Q.24: 1.5 % off pitch must be heard, 3.5 % must not. */
const offPitch = 0.025;

/** A digit that was heard as a tone. */
export interface TonePressed {
  readonly digit: string;
  readonly durationMs: number;
}

interface Bin {
  readonly hertz: number;
  readonly double: number;
  readonly cos: number;
  readonly sin: number;
  /** Turn of a tone on pitch from one look to the next. */
  readonly stepCos: number;
  readonly stepSin: number;
}

interface Turn {
  re: number;
  im: number;
}

function bin(hertz: number): Bin {
  const angle = (2 * Math.PI * hertz) / sampleRate;
  return {
    hertz,
    double: 2 * Math.cos(angle),
    cos: Math.cos(angle),
    sin: Math.sin(angle),
    stepCos: Math.cos(angle * hop),
    stepSin: Math.sin(angle * hop),
  };
}

const bins: readonly Bin[] = [...rows, ...columns].map(bin);

/** What one look found: the key, and the phases of its two tones. */
interface Look {
  readonly row: number;
  readonly column: number;
}

/**
 * Takes 20 ms frames of one far side at 8 kHz and tells each digit once, when it has ended. How far a tone is off pitch
 * shows in how its phase turns from look to look, which a short window measures better than its own width says.
 */
export class DualToneDetector {
  /** The window of the next look, oldest sample first. */
  readonly #heard = new Float64Array(window);
  readonly #re = new Float64Array(bins.length);
  readonly #im = new Float64Array(bins.length);
  readonly #power = new Float64Array(bins.length);
  readonly #beforeRe = new Float64Array(bins.length);
  readonly #beforeIm = new Float64Array(bins.length);
  #candidate: Look | undefined;
  #hits = 0;
  #misses = 0;
  #accepted: { readonly digit: string; looks: number } | undefined;
  readonly #turns: readonly [Turn, Turn] = [
    { re: 0, im: 0 },
    { re: 0, im: 0 },
  ];

  /** The next samples (a multiple of 40). Returns the digits that ended, oldest first. */
  frame(samples: Int16Array): TonePressed[] {
    const ended: TonePressed[] = [];
    for (let at = 0; at + hop <= samples.length; at += hop) {
      this.#heard.copyWithin(0, hop);
      for (let index = 0; index < hop; index++) this.#heard[window - hop + index] = samples[at + index] ?? 0;
      ended.push(...this.#step(this.#look()));
    }
    return ended;
  }

  #step(look: Look | undefined): TonePressed[] {
    const same = look !== undefined && look.row === this.#candidate?.row && look.column === this.#candidate.column;
    if (same) {
      this.#turn(look);
      this.#hits++;
      this.#misses = 0;
      if (this.#accepted !== undefined) this.#accepted.looks++;
      else if (this.#hits >= needed && this.#onPitch(look)) this.#accepted = { digit: keyOf(look), looks: this.#hits };
      return [];
    }
    this.#misses++;
    // An interruption leaves the tone in doubt; another tone ends it at once.
    if (look === undefined && this.#misses < ending && this.#candidate !== undefined) return [];
    const ended = this.#finish();
    this.#candidate = look;
    this.#hits = look === undefined ? 0 : 1;
    this.#misses = 0;
    if (look !== undefined) this.#remember(look);
    return ended;
  }

  #finish(): TonePressed[] {
    const accepted = this.#accepted;
    this.#accepted = undefined;
    for (const turn of this.#turns) {
      turn.re = 0;
      turn.im = 0;
    }
    return accepted === undefined
      ? []
      : [{ digit: accepted.digit, durationMs: (accepted.looks * hop * 1000) / sampleRate }];
  }

  /** The key whose two tones fill the window, if any. */
  #look(): Look | undefined {
    let energy = 0;
    for (let at = 0; at < window; at++) energy += (this.#heard[at] ?? 0) ** 2;
    // Sine waves of amplitude A have A squared / 2 per sample.
    if (energy < faintest * window) return undefined;
    for (let index = 0; index < bins.length; index++) this.#goertzel(index);
    const row = strongest(this.#power, 0, rows.length);
    const column = strongest(this.#power, rows.length, bins.length);
    if (row === undefined || column === undefined) return undefined;
    const low = this.#power[row] ?? 0;
    const high = this.#power[column] ?? 0;
    // |X|^2 of amplitude A over N samples is (A N / 2)^2.
    const least = (faintest * window * window) / 4;
    if (low < least || high < least) return undefined;
    if (high > low * highAbove || low > high * highBelow) return undefined;
    if ((low + high) * 2 < share * energy * window) return undefined;
    return { row, column };
  }

  #goertzel(index: number): void {
    const { double, cos, sin } = bins[index] as Bin;
    let one = 0;
    let two = 0;
    for (let at = 0; at < window; at++) {
      const next = (this.#heard[at] as number) + double * one - two;
      two = one;
      one = next;
    }
    const re = one - two * cos;
    const im = two * sin;
    this.#re[index] = re;
    this.#im[index] = im;
    this.#power[index] = re * re + im * im;
  }

  /** Adds how far both tones turned since the last look, beyond what a tone on pitch does. */
  #turn(look: Look): void {
    if (this.#misses === 0)
      for (const [which, index] of [look.row, look.column].entries()) {
        const { stepCos, stepSin } = bins[index] as Bin;
        const [re, im] = [this.#re[index] ?? 0, this.#im[index] ?? 0];
        const [oldRe, oldIm] = [this.#beforeRe[index] ?? 0, this.#beforeIm[index] ?? 0];
        const [byRe, byIm] = [re * oldRe + im * oldIm, im * oldRe - re * oldIm];
        const turn = this.#turns[which] as Turn;
        turn.re += byRe * stepCos + byIm * stepSin;
        turn.im += byIm * stepCos - byRe * stepSin;
      }
    this.#remember(look);
  }

  #remember({ row, column }: Look): void {
    for (const index of [row, column]) {
      this.#beforeRe[index] = this.#re[index] ?? 0;
      this.#beforeIm[index] = this.#im[index] ?? 0;
    }
  }

  #onPitch({ row, column }: Look): boolean {
    return [row, column].every((index, which) => {
      const { re, im } = this.#turns[which] as Turn;
      const off = (Math.atan2(im, re) * sampleRate) / (2 * Math.PI * hop);
      return Math.abs(off) <= offPitch * (bins[index] as Bin).hertz;
    });
  }
}

function keyOf({ row, column }: Look): string {
  return keys[row]?.[column - rows.length] ?? '';
}

/** The index of the tone that stands out of its group. */
function strongest(power: Float64Array, from: number, to: number): number | undefined {
  let best = from;
  for (let index = from + 1; index < to; index++) if ((power[index] ?? 0) > (power[best] ?? 0)) best = index;
  for (let index = from; index < to; index++)
    if (index !== best && (power[index] ?? 0) * peak > (power[best] ?? 0)) return undefined;
  return best;
}
