/** Lets 70 dB less through beyond the edge (Kaiser's window). */
const beta = 7;
/** Half the filter, in samples of the slower side. */
const reach = 24;
/** The edge of the pass band, as a share of the slower side's Nyquist frequency. */
const cutoff = 0.93;

function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let at = 1; at < 40; at++) {
    term *= (x / (2 * at)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** The filter of a pair of rates, one row of taps for each place an output can have between two inputs. */
interface Phases {
  readonly up: number;
  readonly down: number;
  readonly taps: number;
  readonly rows: readonly Float64Array[];
}

function phasesOf(from: number, to: number): Phases {
  const common = divisor(from, to);
  const [up, down] = [to / common, from / common];
  const slower = Math.max(up, down);
  const half = reach * slower;
  const taps = Math.ceil((2 * half) / up);
  const rows = Array.from({ length: up }, (_, phase) => {
    const row = Float64Array.from({ length: taps }, (_unused, tap) => {
      const x = tap * up + phase - (taps * up) / 2;
      const angle = (Math.PI * x * cutoff) / slower;
      const window = Math.abs(x) > half ? 0 : bessel(beta * Math.sqrt(1 - (x / half) ** 2)) / bessel(beta);
      return (x === 0 ? 1 : Math.sin(angle) / angle) * window;
    });
    const sum = row.reduce((before, each) => before + each, 0);
    return row.map((each) => each / sum);
  });
  return { up, down, taps, rows };
}

const known = new Map<string, Phases>();

/**
 * Changes the rate of a stream by a polyphase filter; keeps its state from frame to frame. Delays by 3 ms at 8 kHz (24
 * samples of the slower side). A frame must be a whole number of output samples.
 */
export class Resampler {
  readonly #phases: Phases;
  #line: Float64Array;

  constructor(from: number, to: number) {
    const key = `${from} ${to}`;
    const phases = known.get(key) ?? phasesOf(from, to);
    known.set(key, phases);
    this.#phases = phases;
    this.#line = new Float64Array(phases.taps);
  }

  /** The next frame at the new rate. */
  frame(samples: Int16Array): Int16Array<ArrayBuffer> {
    const { up, down, taps, rows } = this.#phases;
    if (this.#line.length !== taps + samples.length) {
      const line = new Float64Array(taps + samples.length);
      line.set(this.#line.subarray(this.#line.length - taps));
      this.#line = line;
    } else this.#line.copyWithin(0, samples.length);
    const line = this.#line;
    line.set(samples, taps);
    const made = new Int16Array((samples.length * up) / down);
    for (let at = 0; at < made.length; at++) {
      const place = at * down;
      const row = rows[place % up] as Float64Array;
      const newest = taps + Math.floor(place / up);
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += (row[tap] as number) * (line[newest - tap] as number);
      made[at] = sum > 32_767 ? 32_767 : sum < -32_768 ? -32_768 : Math.round(sum);
    }
    return made;
  }
}
