import { expect, it } from 'vitest';
import { KeyFrameWish } from './key-frame-wish.ts';

/** When it is asked for, from `fromMs` on, while nothing comes. */
function asks(wish: KeyFrameWish, fromMs: number, most = 100): number[] {
  const times: number[] = [];
  let now = fromMs;
  for (let due = wish.due(300); due !== undefined && times.length < most; due = wish.due(300)) {
    now = Math.max(now, due);
    times.push(now);
    wish.asked(now);
  }
  return times;
}

it('is asked for at once, then ever more slowly, until a key frame comes', () => {
  const wish = new KeyFrameWish();
  expect([wish.due(300), wish.stands]).toEqual([undefined, false]);
  wish.want();
  expect(asks(wish, 1000, 6)).toEqual([1000, 1300, 1900, 3100, 5500, 7900]);
  wish.want();
  expect(wish.due(300), 'the same wish once more').toBe(7900 + 2400);
  wish.came();
  expect([wish.due(300), wish.stands]).toEqual([undefined, false]);
});

it('is given up in the end, until somebody wants one again', () => {
  const wish = new KeyFrameWish();
  wish.want();
  expect(asks(wish, 0)).toHaveLength(10);
  wish.want();
  expect(asks(wish, 60_000)[0]).toBe(60_000);
});

it('keeps its distance from the request before, also where a key frame came in between', () => {
  const wish = new KeyFrameWish();
  wish.want();
  wish.asked(1000);
  wish.came();
  wish.want();
  expect(wish.due(300)).toBe(1300);
});
