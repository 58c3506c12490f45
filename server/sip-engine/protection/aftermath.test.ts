import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { Aftermath } from './aftermath.ts';

function watched() {
  const clock = new SimulatedClock(1_000_000);
  const over: number[] = [];
  const aftermath = new Aftermath(clock, () => over.push(clock.now() - 1_000_000));
  const drop = (times: number): void => {
    for (let at = 0; at < times; at++) aftermath.note();
  };
  return { aftermath, clock, over, drop };
}

describe('the end of a flood', () => {
  it('is noticed once, three calm seconds after it', () => {
    const { clock, over, drop } = watched();
    for (let second = 0; second < 5; second++) {
      drop(2000);
      clock.advance(1000);
    }
    expect(over).toEqual([]);
    clock.advance(60_000);
    expect(over).toEqual([8000]);
  });

  it('is not that of a few dropped messages, nor of a pause in between', () => {
    const { clock, over, drop } = watched();
    drop(499);
    clock.advance(10_000);
    expect(over).toEqual([]);
    for (let second = 0; second < 3; second++) {
      drop(1000);
      clock.advance(2000);
    }
    expect(over).toEqual([]);
    clock.advance(5000);
    expect(over).toHaveLength(1);
  });

  it('is not waited for after closing', () => {
    const { aftermath, clock, over, drop } = watched();
    drop(1000);
    clock.advance(1000);
    aftermath.close();
    clock.advance(60_000);
    expect(over).toEqual([]);
  });
});
