/** Peaks between the samples (ITU-R BS.1770-5 annex 2): four times as many places are looked at. */

const places = 4;
/** Samples on each side of a place that say what is there. */
const reach = 12;

/** A sinc under a Hann window for each place between two samples. */
const rows = Array.from({ length: places }, (_, place) => {
  const row = Float64Array.from({ length: 2 * reach }, (_unused, tap) => {
    const x = tap - reach + 1 - place / places;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return sinc * 0.5 * (1 + Math.cos((Math.PI * x) / reach));
  });
  const sum = row.reduce((before, each) => before + each, 0);
  return row.map((each) => each / sum);
});

/** The greatest magnitude from each sample to the next, in the unit of the samples. */
export function truePeaks(samples: ArrayLike<number>): Float64Array {
  const made = new Float64Array(samples.length);
  for (let at = 0; at < made.length; at++) {
    let most = Math.abs(samples[at] as number);
    for (let place = 1; place < places; place++) {
      const row = rows[place] as Float64Array;
      let sum = 0;
      for (let tap = 0; tap < row.length; tap++) sum += (row[tap] as number) * (samples[at + tap - reach + 1] ?? 0);
      most = Math.max(most, Math.abs(sum));
    }
    made[at] = most;
  }
  return made;
}
