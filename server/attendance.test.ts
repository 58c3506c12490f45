import { expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { Attendance } from './attendance.ts';

it('signs in who comes, and signs out who stays away for half a minute, but not who is back by then', () => {
  const clock = new SimulatedClock();
  const told: string[] = [];
  const attendance = new Attendance({
    clock,
    signIn: (agentId) => told.push(`${agentId} in`),
    signOut: (agentId) => told.push(`${agentId} out`),
  });
  attendance.watched('alice', true);
  attendance.watched('alice', false);
  clock.advance(29_999);
  attendance.watched('alice', true);
  attendance.watched('bob', false);
  clock.advance(29_999);
  expect(told).toEqual(['alice in', 'alice in']);
  clock.advance(1);
  expect(told.at(-1)).toBe('bob out');
  attendance.watched('alice', false);
  attendance.close();
  clock.advance(60_000);
  expect(told).toHaveLength(3);
});
