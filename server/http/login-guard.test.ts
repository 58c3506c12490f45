import { expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { Idempotency } from './idempotency.ts';
import { Gate, LoginGuard } from './login-guard.ts';

it('lets five attempts pass, then doubles the wait up to a minute, and forgets', () => {
  const clock = new SimulatedClock(0);
  const guard = new LoginGuard(clock);
  const waits = Array.from({ length: 13 }, () => {
    guard.attempted('10.0.0.1', 'Alice');
    const wait = guard.waitMs('10.0.0.1', 'alice');
    clock.advance(wait);
    return wait / 1000;
  });
  expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
  guard.attempted('10.0.0.1', 'alice');
  expect(guard.waitMs('10.0.0.2', 'alice')).toBe(0);
  expect(guard.waitMs('10.0.0.1', 'bob')).toBe(0);
  clock.advance(15 * 60_000);
  expect(guard.waitMs('10.0.0.1', 'alice')).toBe(0);
});

it('keeps a bounded memory', () => {
  const guard = new LoginGuard(new SimulatedClock(0));
  for (let n = 0; n < 5; n++) guard.attempted('10.0.0.1', 'first');
  expect(guard.waitMs('10.0.0.1', 'first')).toBeGreaterThan(0);
  for (let n = 0; n < 10_000; n++) guard.attempted('10.0.0.1', `name${n}`);
  expect(guard.waitMs('10.0.0.1', 'first')).toBe(0);
});

it('lets a few through at a time and refuses when the line is full', async () => {
  const gate = new Gate(1, 1);
  const first = Promise.withResolvers<object>();
  const running = gate.pass(() => first.promise);
  const waiting = gate.pass(() => Promise.resolve({ second: true }));
  expect(await gate.pass(() => Promise.resolve({}))).toBeUndefined();
  first.reject(new Error('boom'));
  await expect(running).rejects.toThrow('boom');
  expect(await waiting).toEqual({ second: true });
  expect(await gate.pass(() => Promise.resolve({ third: true }))).toEqual({ third: true });
});

it('gives the first answer again for a day, but not the failures of the server', async () => {
  const clock = new SimulatedClock(0);
  const idempotency = new Idempotency(clock);
  let count = 0;
  const ask = (body: unknown, status = 200) =>
    idempotency.once('k', { account: 'a', path: '/p', body }, () => Promise.resolve({ status, body: ++count }));
  expect(await ask(1)).toEqual({ status: 200, body: 1 });
  expect(await ask(1)).toEqual({ status: 200, body: 1 });
  expect(ask(2)).toBe('mismatch');
  clock.advance(24 * 3_600_000);
  expect(await ask(2, 503)).toEqual({ status: 503, body: 2 });
  await Promise.resolve();
  expect(await ask(2)).toEqual({ status: 200, body: 3 });
});
