import { describe, expect, it } from 'vitest';
import { type Clock, SimulatedClock } from '../../../base/clock.ts';
import { Seconds } from './seconds.ts';

describe('the seconds of the page', () => {
  it('is the whole second of the clock, and tells its listeners of each', () => {
    const clock = new SimulatedClock(5400);
    const seconds = new Seconds(clock);
    const told: number[] = [];
    expect(seconds.get()).toBe(5000);
    const cancel = seconds.subscribe(() => told.push(seconds.get()));
    clock.advance(2800);
    expect(told).toEqual([6000, 7000, 8000]);
    cancel();
    cancel();
    clock.advance(5000);
    expect(told).toHaveLength(3);
    expect(clock.armed).toBe(0);
    expect(seconds.get()).toBe(13_000);
  });

  it('stays the same between two ticks, however long a rendering takes: else React would never be done', () => {
    const simulated = new SimulatedClock(1000);
    let slowness = 0;
    const clock: Clock = {
      now: () => simulated.now() + (slowness += 1000),
      at: (time, run) => simulated.at(time, run),
    };
    const seconds = new Seconds(clock);
    seconds.get();
    seconds.subscribe(() => undefined);
    expect(new Set([1, 2, 3].map(() => seconds.get())).size).toBe(1);
  });

  it('ticks on for whoever is left', () => {
    const clock = new SimulatedClock();
    const seconds = new Seconds(clock);
    let told = 0;
    seconds.get();
    const first = seconds.subscribe(() => undefined);
    seconds.subscribe(() => told++);
    first();
    clock.advance(1000);
    expect(told).toBe(1);
  });
});
