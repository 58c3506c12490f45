import { describe, expect, it } from 'vitest';
import { spread } from './spread.ts';

describe('a number spread by a key', () => {
  it('is the same for the same key', () => {
    expect(spread('one', 3, 8)).toBe(spread('one', 3, 8));
  });
  it.each([
    ['numbered keys', (at: number) => `call-${String(at)}@phone`],
    ['keys that differ in front', (at: number) => `${String(at)}@192.0.2.7`],
    ['one letter', (at: number) => String.fromCharCode(at)],
  ])('takes each value for a fair share of %s, and no other', (_, key) => {
    const counts = new Map<number, number>();
    for (let at = 0; at < 6000; at++) {
      const value = spread(key(at), 3, 8);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6, 7, 8]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(250);
  });
});
