import { expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { Goodbyes } from './goodbyes.ts';

it('the end of the audio is told when no BYE can be on its way any more, and not at all once nobody listens', () => {
  const clock = new SimulatedClock();
  const goodbyes = new Goodbyes(clock);
  const told: string[] = [];
  goodbyes.wait((since) => told.push(`first, since ${since}`));
  clock.advance(299);
  goodbyes.wait(() => told.push('second'));
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual(['first, since 0']);
  goodbyes.close();
  clock.advance(1000);
  expect(told).toEqual(['first, since 0']);
  expect(clock.armed).toBe(0);
});
