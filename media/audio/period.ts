/** Finds the period of a voice, for whoever has to repeat one or to leave one out. */

/** The periods that are looked for: 200 to 67 hertz. */
const shortestMs = 5;
const longestMs = 15;

/** Samples of the longest period at a rate. */
export function longestPeriod(rate: number): number {
  return (longestMs * rate) / 1000;
}

/**
 * The distance between 5 and 15 ms at which `length` samples ending at `end` are most alike those before them. Needs
 * `length` + 15 ms of samples before `end`.
 */
export function periodBefore(samples: Int16Array, end: number, length: number, rate: number): number {
  const step = rate / 8000;
  const likeness = (lag: number): number => {
    let product = 0;
    let energy = 1;
    for (let at = end - length; at < end; at += step) {
      const old = samples[at - lag] as number;
      product += (samples[at] as number) * old;
      energy += old * old;
    }
    return product / Math.sqrt(energy);
  };
  let [best, most] = [(shortestMs * rate) / 1000, -Infinity];
  for (let lag = best; lag <= longestPeriod(rate); lag += step) {
    const found = likeness(lag);
    if (found > most) [best, most] = [lag, found];
  }
  return best;
}

/**
 * Leaves out one period near the beginning of `samples`, in place, so that nobody hears where. Needs 30 ms. Returns how
 * many samples are gone; the rest has moved up.
 */
export function leaveOut(samples: Int16Array, count: number, rate: number): number {
  const longest = longestPeriod(rate);
  if (count < 2 * longest) return 0;
  const period = periodBefore(samples, 2 * longest, longest, rate);
  for (let at = 0; at < period; at++) {
    const share = (at + 0.5) / period;
    samples[at] = Math.round((samples[at] as number) * (1 - share) + (samples[at + period] as number) * share);
  }
  samples.copyWithin(period, 2 * period, count);
  return period;
}
