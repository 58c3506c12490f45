import { expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { Turnstile } from './turnstile.ts';

it('lets an address begin so many calls a minute, and the next when its time has come', () => {
  const clock = new SimulatedClock(1_000_000);
  const turnstile = new Turnstile(clock, { perMinute: 6, perMinuteOfAll: 100 });
  const passed = Array.from({ length: 6 }, () => turnstile.pass('192.0.2.1'));
  expect(passed).toEqual([0, 0, 0, 0, 0, 0]);
  expect(turnstile.pass('192.0.2.1')).toBe(10_000);
  expect(turnstile.pass('192.0.2.2'), 'somebody else is not held up').toBe(0);
  clock.advance(9_999);
  expect(turnstile.pass('192.0.2.1')).toBe(1);
  clock.advance(1);
  expect(turnstile.pass('192.0.2.1')).toBe(0);
  expect(turnstile.pass('192.0.2.1')).toBe(10_000);
});

it('holds all of them up when too many come together, and forgets nobody who waits', () => {
  const clock = new SimulatedClock(1_000_000);
  const turnstile = new Turnstile(clock, { perMinute: 6, perMinuteOfAll: 10 });
  for (let host = 1; host <= 10; host++) expect(turnstile.pass(`192.0.2.${host}`)).toBe(0);
  expect(turnstile.pass('192.0.2.11')).toBe(6_000);
  clock.advance(6_000);
  expect(turnstile.pass('192.0.2.11')).toBe(0);
});
