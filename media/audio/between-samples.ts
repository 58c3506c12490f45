/**
 * Weights that read a sound between its samples: a sinc under a Hann window of `2 * reach` taps for each of `count` places,
 * which lie a `places`th of a sample apart. The first tap is the sample `reach - 1` before the place. Each row sums to 1.
 */
export function weightsBetween(places: number, reach: number, count = places): readonly Float64Array[] {
  return Array.from({ length: count }, (_, place) => {
    const row = Float64Array.from({ length: 2 * reach }, (_unused, tap) => {
      const x = tap - reach + 1 - place / places;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      return sinc * 0.5 * (1 + Math.cos((Math.PI * x) / reach));
    });
    const sum = row.reduce((before, each) => before + each, 0);
    return row.map((each) => each / sum);
  });
}
