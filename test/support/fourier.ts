/** The fast Fourier transform, for comparing long sounds in little time. */

const known = new Map<number, readonly [cosines: Float64Array, sines: Float64Array]>();

/** The first half of a full turn in `span` steps. */
function turnsOf(span: number): readonly [cosines: Float64Array, sines: Float64Array] {
  const kept = known.get(span);
  if (kept !== undefined) return kept;
  const made = [Math.cos, Math.sin].map((of) =>
    Float64Array.from({ length: span / 2 }, (_, turn) => of((2 * Math.PI * turn) / span)),
  ) as [Float64Array, Float64Array];
  known.set(span, made);
  return made;
}

/** In place, of a length that is a power of two; `sign` -1 forwards, 1 backwards (not scaled). */
function transform(real: Float64Array, imaginary: Float64Array, sign: 1 | -1): void {
  const size = real.length;
  const swap = (values: Float64Array, a: number, b: number): void => {
    const kept = values[a] ?? 0;
    values[a] = values[b] ?? 0;
    values[b] = kept;
  };
  for (let at = 1, mirrored = 0; at < size; at++) {
    let bit = size >> 1;
    for (; (mirrored & bit) !== 0; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (at >= mirrored) continue;
    swap(real, at, mirrored);
    swap(imaginary, at, mirrored);
  }
  for (let span = 2; span <= size; span *= 2) {
    const half = span / 2;
    const [cosines, sines] = turnsOf(span);
    for (let from = 0; from < size; from += span) {
      for (let turn = 0; turn < half; turn++) {
        const low = from + turn;
        const high = low + half;
        const cosine = cosines[turn] ?? 0;
        const sine = sign * (sines[turn] ?? 0);
        const re = (real[high] ?? 0) * cosine - (imaginary[high] ?? 0) * sine;
        const im = (real[high] ?? 0) * sine + (imaginary[high] ?? 0) * cosine;
        real[high] = (real[low] ?? 0) - re;
        imaginary[high] = (imaginary[low] ?? 0) - im;
        real[low] = (real[low] ?? 0) + re;
        imaginary[low] = (imaginary[low] ?? 0) + im;
      }
    }
  }
}

/** The sum of products of `piece` with `heard` from each of the first `length` offsets on. */
export function crossCorrelation(heard: Int16Array, piece: Int16Array, length: number): Float64Array {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, heard.length + piece.length)));
  const [a, ai, b, bi] = Array.from({ length: 4 }, () => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  a.set(heard);
  b.set(piece);
  transform(a, ai, -1);
  transform(b, bi, -1);
  for (let at = 0; at < size; at++) {
    const ar = a[at] ?? 0;
    const am = ai[at] ?? 0;
    const br = b[at] ?? 0;
    const bm = bi[at] ?? 0;
    a[at] = (ar * br + am * bm) / size;
    ai[at] = (am * br - ar * bm) / size;
  }
  transform(a, ai, 1);
  return a.slice(0, length);
}
