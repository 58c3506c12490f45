import { expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { LateByes } from './late-byes.ts';

it('the end of the audio is told when no BYE can be on its way any more, and not at all once nobody listens', () => {
  const clock = new SimulatedClock();
  const lateByes = new LateByes(clock);
  const told: string[] = [];
  lateByes.wait((since) => told.push(`first, since ${since}`));
  clock.advance(299);
  lateByes.wait(() => told.push('second'));
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual(['first, since 0']);
  lateByes.close();
  clock.advance(1000);
  expect(told).toEqual(['first, since 0']);
  expect(clock.armed).toBe(0);
});
