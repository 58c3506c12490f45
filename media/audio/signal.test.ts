/** The detectors of test/support/signal.ts find what was put in, and nothing else. */
import { describe, expect, test } from 'vitest';
import { clicksIn, gapsIn, spectralDistance } from '../../test/support/signal.ts';
import { compress, expandInto } from './g711.ts';

const rates = [8000, 16_000];

/** A voice without pauses: one wave of 600 to 1,000 Hz whose pitch moves. */
function voice(seconds: number, rate: number): Int16Array {
  return Int16Array.from(
    { length: seconds * rate },
    (_, at) => 7000 * Math.sin(2 * Math.PI * ((800 * at) / rate + 20 * Math.sin((2 * Math.PI * 1.5 * at) / rate))),
  );
}

function coded(samples: Int16Array): Int16Array {
  const heard = new Int16Array(samples.length);
  expandInto('PCMU', compress('PCMU', samples), heard);
  return heard;
}

/** Noise of one loudness, always the same. */
function noise(length: number, loudness: number): Int16Array {
  let state = 9;
  return Int16Array.from(
    { length },
    () => ((state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) / 2 ** 31) * loudness,
  );
}

describe.each(rates)('at %d samples a second', (rate) => {
  const clean = coded(voice(3, rate));

  test('nothing is found where nothing is wrong', () => {
    expect(clicksIn(clean, rate)).toEqual([]);
    expect(gapsIn(clean, rate)).toEqual([]);
  });

  test('each of 20 injected steps is a click, and only those', () => {
    for (let nth = 0; nth < 20; nth++) {
      const at = Math.round((0.2 + nth * 0.13) * rate) + nth;
      const step = (nth % 2 === 0 ? 1 : -1) * (2500 + nth * 50);
      const broken = clean.map((value, index) =>
        index >= at ? Math.max(-32_768, Math.min(32_767, value + step)) : value,
      );
      const found = clicksIn(broken, rate).map(({ ms }) => ms);
      expect(found.length, `step ${step} at ${at}`).toBeGreaterThan(0);
      for (const ms of found) expect(Math.abs(ms - (at * 1000) / rate)).toBeLessThan(3);
    }
  });

  test('a voice that is cut off is a click, one that fades within 5 ms is none', () => {
    const at = Math.round(1.5003 * rate);
    const cut = clean.map((value, index) => (index < at ? value : 0));
    expect(clicksIn(cut, rate).length).toBeGreaterThan(0);
    const fade = rate / 200;
    const soft = clean.map((value, index) =>
      index < at ? value : index < at + fade ? value * (0.5 + 0.5 * Math.cos((Math.PI * (index - at)) / fade)) : 0,
    );
    expect(clicksIn(soft, rate)).toEqual([]);
  });

  test('each of 20 injected gaps of 5 ms is found where it is', () => {
    const [at, gap] = [(nth: number) => Math.round((0.2 + nth * 0.131) * rate), rate / 200];
    const broken = clean.slice();
    for (let nth = 0; nth < 20; nth++) broken.fill(0, at(nth), at(nth) + gap);
    const found = gapsIn(broken, rate);
    expect(found).toHaveLength(20);
    for (const [nth, { ms }] of found.entries()) expect(Math.abs(ms - (at(nth) * 1000) / rate)).toBeLessThan(5);
  });

  test('the distance of a sound from itself is nothing, however late; noise is far from it, and more noise farther', () => {
    const band = { rate, from: 200, to: 3400 };
    const said = voice(2, rate).map(
      (value, at) => value * (0.6 + 0.4 * Math.sin((9 * at) / rate)) + ((at * 7919) % 400),
    );
    const late = new Int16Array(said.length + rate);
    late.set(said, rate * 0.123);
    expect(spectralDistance(late, said, band)).toBeLessThan(0.01);
    const distances = [30, 300, 3000].map((loudness) => {
      const hiss = noise(late.length, loudness);
      return spectralDistance(
        late.map((value, at) => value + (hiss[at] ?? 0)),
        said,
        band,
      );
    });
    expect(distances).toEqual(distances.toSorted((a, b) => a - b));
    expect(distances[2]).toBeGreaterThan((distances[0] ?? 0) + 3);
  });
});
