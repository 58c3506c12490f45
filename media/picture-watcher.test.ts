import { expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import type { Endpoint } from './endpoint.ts';
import { PictureWatcher } from './picture-watcher.ts';

/** A call of a caller and an agent, whose networks lose what the test says. */
function rig() {
  const clock = new SimulatedClock(0);
  const told: string[] = [];
  const losses = { shows: 0, shown: 0, sound: 0 };
  const counts = { expected: 0, lost: 0 };
  let looks = 0;
  const endpointOf = (endpointId: string): Endpoint =>
    ({
      endpointId,
      picture: { loss: () => Promise.resolve(endpointId === 'c1.a1' ? { ...losses } : { shows: 0, shown: 0 }) },
      statistics: () => {
        looks++;
        if (endpointId === 'c1.a1') counts.expected += 25;
        if (endpointId === 'c1.a1') counts.lost += 25 * losses.sound;
        return Promise.resolve({ received: { ...counts, jitterMs: 0 } });
      },
    }) as unknown as Endpoint;
  const endpoints = [endpointOf('c1.c'), endpointOf('c1.a1')];
  const watcher = new PictureWatcher({
    clock,
    endpoints: () => endpoints,
    tell: (event) => told.push(JSON.stringify(event)),
  });
  const pass = async (seconds: number): Promise<void> => {
    for (let half = 0; half < seconds * 2; half++) {
      clock.advance(500);
      // What was asked is answered before the next look.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  return { watcher, told, losses, pass, looks: () => looks };
}

it('tells within a second what loses too much, and that it is well again eight good seconds later', async () => {
  const { watcher, told, losses, pass } = rig();
  watcher.watch('c1');
  await pass(10);
  expect(told).toEqual([]);
  losses.shown = 0.3;
  losses.sound = 0.2;
  await pass(1);
  expect(told.splice(0)).toEqual(['{"type":"video-poor","callId":"c1","endpointId":"c1.a1","lossPercent":30}']);
  losses.shown = 0;
  await pass(20);
  expect(told, 'sound is still lost').toEqual([]);
  losses.sound = 0;
  await pass(9);
  expect(told).toEqual(['{"type":"video-clear","callId":"c1"}']);
});

it('looks at nothing once the call is over', async () => {
  const { watcher, pass, looks } = rig();
  watcher.watch('c1');
  await pass(1);
  const before = looks();
  expect(before).toBeGreaterThan(0);
  watcher.forget('c1');
  await pass(5);
  expect(looks()).toBe(before);
});
