import { expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { LostPicture } from './lost-picture.ts';

/** How often it asked, after each of these looks: packets that came so far, or nothing where they cannot be counted. */
async function asked(...looks: readonly (number | undefined)[]): Promise<number[]> {
  const clock = new SimulatedClock(0);
  let count = 0;
  let packets: number | undefined;
  const lost = new LostPicture({
    clock,
    packets: () => (packets === undefined ? Promise.reject(new Error('no statistics')) : Promise.resolve(packets)),
    ask: () => count++,
  });
  const counts: number[] = [];
  for (const look of looks) {
    packets = look;
    clock.advance(500);
    // The count comes a turn later, and the look after it is armed then.
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    counts.push(count);
  }
  lost.close();
  clock.advance(5000);
  return counts;
}

it('asks when nothing has come for a second, and twice a second while nothing comes', async () => {
  expect(await asked(10, 20, 20, 20, 20, 20)).toEqual([0, 0, 0, 1, 2, 3]);
});

it('does not ask before the first packet, nor while some come', async () => {
  expect(await asked(0, 0, 0, 0, 0)).toEqual([0, 0, 0, 0, 0]);
  expect(await asked(10, 10, 11, 11, 12)).toEqual([0, 0, 0, 0, 0]);
});

it('gives up after five seconds, and begins anew when something came', async () => {
  const counts = await asked(10, ...Array<number>(15).fill(10), 11, 11, 11);
  expect(counts.slice(-4)).toEqual([8, 8, 8, 9]);
});

it('takes no answer for none', async () => {
  expect(await asked(10, 10, undefined, undefined, 10)).toEqual([0, 0, 0, 0, 1]);
});
