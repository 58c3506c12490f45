import { describe, expect, test } from 'vitest';
import { delayImpairment, equipmentImpairment, mosOf, rate } from './e-model.ts';

/** ITU-T G.107 Table B.1 (limits of user satisfaction) and the default connection of section 7.7, as published. */
const published: [number, number][] = [
  [93.2, 4.41],
  [90, 4.34],
  [80, 4.03],
  [70, 3.6],
  [60, 3.1],
  [50, 2.58],
];

/**
 * The formulas of G.107 worked out apart from this code (in Python), with Ie and Bpl of G.113 Appendix I:
 * Ie, Bpl, loss in percent, BurstR, one-way delay in ms, R, MOS.
 */
const workedOut: [number, number, number, number, number, number, number][] = [
  [0, 25.1, 0, 1, 0, 93.2, 4.409],
  [0, 25.1, 1, 1, 0, 89.56, 4.328],
  [0, 25.1, 2, 1, 0, 86.19, 4.235],
  [0, 25.1, 3, 1, 0, 83.06, 4.134],
  [0, 25.1, 5, 1, 0, 77.42, 3.923],
  [0, 25.1, 10, 1, 0, 66.13, 3.411],
  [0, 25.1, 20, 1, 0, 51.07, 2.631],
  [0, 4.3, 1, 1, 0, 75.28, 3.834],
  [0, 4.3, 2, 1, 0, 63.04, 3.256],
  [0, 4.3, 5, 1, 0, 42.12, 2.169],
  [0, 25.1, 5, 2, 0, 75.99, 3.864],
  [0, 25.1, 5, 4, 0, 75.17, 3.829],
  [11, 19, 0, 1, 0, 82.2, 4.104],
  [11, 19, 1, 1, 0, 78.0, 3.946],
  [11, 19, 3, 1, 0, 70.75, 3.632],
  [15, 16.1, 0, 1, 0, 78.2, 3.954],
  [5, 10, 0, 1, 0, 88.2, 4.292],
  [5, 10, 2, 1, 0, 73.2, 3.743],
  [0, 25.1, 0, 1, 100, 93.2, 4.409],
  [0, 25.1, 0, 1, 150, 93.04, 4.406],
  [0, 25.1, 0, 1, 200, 90.16, 4.343],
  [0, 25.1, 0, 1, 250, 84.28, 4.175],
  [0, 25.1, 0, 1, 300, 78.44, 3.964],
  [0, 25.1, 0, 1, 400, 69.13, 3.556],
  [0, 25.1, 0, 1, 600, 57.95, 2.993],
  [0, 25.1, 2, 1, 200, 83.14, 4.137],
  [0, 25.1, 5, 2, 300, 61.23, 3.163],
  [11, 19, 2, 1, 150, 74.04, 3.78],
];

describe('the E-model', () => {
  test.each(published)('R %d is MOS %d (G.107 as published)', (r, mos) => {
    expect(Math.abs(mosOf(r) - mos)).toBeLessThan(0.01);
  });

  test.each(workedOut)('Ie %d Bpl %d loss %d %% BurstR %d delay %d ms is R %d MOS %d', (...row) => {
    const [ie, bpl, percent, burst, delay, r, mos] = row;
    const got = 93.2 - delayImpairment(delay) - equipmentImpairment({ ie, bpl }, percent / 100, burst);
    expect(got).toBeCloseTo(r, 1);
    expect(mosOf(got)).toBeCloseTo(mos, 2);
  });

  test('never leaves 1 to 4.5, and never rises with loss, burst or delay', () => {
    for (const codec of ['PCMU', 'PCMA', 'G722', 'opus'] as const) {
      let before = 5;
      for (let step = 0; step <= 100; step++) {
        const { mos } = rate({ codec, lossRatio: step / 100, burstRatio: 1 + step / 10, oneWayMs: step * 20 });
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThanOrEqual(before);
        before = mos;
      }
    }
    expect(rate({ codec: 'PCMA', lossRatio: 0, oneWayMs: 0 })).toEqual({ r: 93.2, mos: mosOf(93.2) });
    expect(mosOf(-5)).toBe(1);
    expect(mosOf(120)).toBe(4.5);
  });
});
