import { longestPeriod, periodBefore } from './period.ts';

/** Full loudness at first, silence after this time: nobody holds a vowel longer by accident. */
const fullMs = 10;
const silentMs = 60;
/** A longer loss has stretched the period longer ago, so the way back takes longer too; most of it. */
const returnMs = 4;
const longestReturnMs = 10;

/**
 * Fills losses of a codec that cannot do so itself by repeating the last period of the voice ever more softly (the way of
 * ITU-T G.711 appendix I, without its delay), and fades back into what comes next.
 */
export class Concealment {
  readonly #rate: number;
  readonly #history: Int16Array;
  #cycle: Float64Array | undefined;
  #place = 0;
  #lost = 0;
  /** How far the first sample of the repetition is from what came before it; fades away within 2 ms. */
  #step = 0;

  constructor(rate: number) {
    this.#rate = rate;
    this.#history = new Int16Array(3 * longestPeriod(rate));
  }

  /** Passes sound that came, in place: its beginning is blended with the repetition if something was lost before it. */
  heard(samples: Int16Array): Int16Array {
    if (this.#cycle !== undefined) {
      const ms = Math.min(longestReturnMs, returnMs * (1 + Math.floor((this.#lost * 1000) / this.#rate / 10)));
      this.#blend(samples, this.#cycle, ms);
      this.#cycle = undefined;
    }
    this.#keep(samples);
    return samples;
  }

  /** Passes sound of somebody else, in place: its beginning is blended with how the sound before would have gone on. */
  joined(samples: Int16Array, ms: number): Int16Array {
    this.#blend(samples, this.#cycle ?? this.#begin(), ms);
    this.#cycle = undefined;
    this.#keep(samples);
    return samples;
  }

  /** The next samples of a loss. */
  lost(count: number): Int16Array {
    const cycle = (this.#cycle ??= this.#begin());
    const made = new Int16Array(count);
    for (let at = 0; at < count; at++) made[at] = Math.round(this.#next(cycle));
    return made;
  }

  #blend(samples: Int16Array, cycle: Float64Array, ms: number): void {
    const length = Math.min(samples.length, (ms * this.#rate) / 1000);
    for (let at = 0; at < length; at++) {
      const share = 0.5 - 0.5 * Math.cos((Math.PI * (at + 0.5)) / length);
      samples[at] = Math.round((samples[at] as number) * share + this.#next(cycle) * (1 - share));
    }
  }

  #begin(): Float64Array {
    const { length } = this.#history;
    const history = this.#history;
    const period = periodBefore(history, length, longestPeriod(this.#rate), this.#rate);
    const cycle = Float64Array.from(history.subarray(length - period));
    // The end of a period leads into its own beginning.
    const seam = period >> 2;
    for (let at = 0; at < seam; at++) {
      const share = (at + 0.5) / seam;
      const before = history[length - period - seam + at] as number;
      cycle[period - seam + at] = (cycle[period - seam + at] as number) * (1 - share) + before * share;
    }
    this.#place = 0;
    this.#lost = 0;
    this.#step = (history[length - 1] as number) - (history[length - period - 1] as number);
    return cycle;
  }

  #next(cycle: Float64Array): number {
    const ms = (this.#lost * 1000) / this.#rate;
    const loudness = ms <= fullMs ? 1 : Math.max(0, (silentMs - ms) / (silentMs - fullMs));
    const value = ((cycle[this.#place] as number) + this.#step * Math.max(0, 1 - ms / 2)) * loudness;
    this.#place = (this.#place + 1) % cycle.length;
    this.#lost++;
    return Math.max(-32_768, Math.min(32_767, value));
  }

  #keep(samples: Int16Array): void {
    const { length } = this.#history;
    const kept = samples.length > length ? samples.subarray(samples.length - length) : samples;
    this.#history.copyWithin(0, kept.length);
    this.#history.set(kept, length - kept.length);
  }
}
