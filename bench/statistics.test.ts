import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, quantile, rounded, spread } from './statistics.ts';

const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);

describe('quantile', () => {
  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
    [0.001, 1],
    [0.995, 100],
    [7, 100],
    [-1, 1],
  ])('%d of 1 to 100 is %d, in whatever order they came', (part, expected) => {
    expect(quantile(hundred, part)).toBe(expected);
  });

  it('is not a number of nothing, and the value itself of one', () => {
    expect(quantile([], 0.5)).toBeNaN();
    expect([0, 0.5, 1].map((part) => quantile([7], part))).toEqual([7, 7, 7]);
  });

  it('is one of the values, with at least that share at or below it', () => {
    const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, part) => {
        const found = quantile(list, part);
        expect(list).toContain(found);
        expect(list.filter((value) => value <= found).length).toBeGreaterThanOrEqual(Math.ceil(list.length * part));
      }),
    );
  });
});

describe('median and spread', () => {
  it.each([
    [[3], 3, 0],
    [[1, 2], 1.5, 2 / 3],
    [[9, 1, 5], 5, 8 / 5],
    [[4, 1, 3, 2], 2.5, 3 / 2.5],
  ] as const)('of %j', (values, middle, apart) => {
    expect(median(values)).toBeCloseTo(middle);
    expect(spread(values)).toBeCloseTo(apart);
  });

  it('leave the values as they were', () => {
    const values = [3, 1, 2];
    median(values);
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });

  it('are not numbers of nothing', () => {
    expect([median([]), spread([])]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('rounded', () => {
  it.each([
    [0, 0],
    [1234.6, 1235],
    [99.96, 100],
    [12.345, 12.3],
    [0.012345, 0.0123],
    [-4567.8, -4568],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('%d is %d', (value, expected) => {
    expect(rounded(value)).toBe(expected);
  });
});
