import { expect, test } from 'vitest';
import { SilenceWatch } from './silence-watch.ts';

function watched() {
  let told = 0;
  const flags: string[] = [];
  const watch = new SilenceWatch(1000, {
    lost: () => told++,
    flagged: (silent, ms) => flags.push(`${silent ? 'silent' : 'heard'} ${ms}`),
  });
  return { watch, told: () => told, flags };
}

test('silence is told once, when the time is full', () => {
  const { watch, told } = watched();
  for (let ms = 0; ms < 1000; ms += 20) watch.step(true, ms);
  expect(told()).toBe(0);
  for (let ms = 1000; ms < 5000; ms += 20) watch.step(true, ms);
  expect(told()).toBe(1);
});

test('a report puts it off, and only voice makes it worth telling again', () => {
  const { watch, told } = watched();
  watch.step(true, 0);
  watch.report(900);
  watch.step(true, 1800);
  expect(told()).toBe(0);
  watch.step(true, 1900);
  watch.report(2000);
  watch.step(true, 4000);
  expect(told()).toBe(1);
  watch.voice(4000);
  watch.step(true, 5000);
  expect(told()).toBe(2);
});

test('the time in which no voice is expected does not count', () => {
  const { watch, told } = watched();
  watch.step(true, 0);
  watch.step(false, 900);
  watch.step(true, 1800);
  expect(told()).toBe(0);
  watch.step(true, 2800);
  expect(told()).toBe(1);
});

test('what is agreed anew is watched anew', () => {
  const { watch, told } = watched();
  watch.step(true, 0);
  watch.step(true, 1000);
  watch.anew();
  watch.step(true, 1020);
  watch.step(true, 2019);
  expect(told()).toBe(1);
  watch.step(true, 2020);
  expect(told()).toBe(2);
});

test('by its policy a leg is only flagged, once, and told of when it is heard again', () => {
  const { watch, told, flags } = watched();
  watch.anew({ afterMs: 400, then: 'flag' });
  watch.step(true, 0);
  watch.step(true, 400);
  expect(flags).toEqual(['silent 400']);
  // A re-INVITE and RTCP do not make it heard.
  watch.anew({ afterMs: 400, then: 'flag' });
  watch.report(500);
  watch.step(true, 500);
  watch.step(true, 2000);
  watch.voice(3000);
  watch.voice(3020);
  expect(flags).toEqual(['silent 400', 'heard 3000']);
  watch.step(true, 3420);
  expect(flags.at(-1)).toBe('silent 400');
  expect(told()).toBe(0);
});
