/** Foreign clocks through the whole path: de-jitter, decoding, encoding, sending, in simulated time. */
import { expect, test } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';
import { compress } from '../audio/g711.ts';
import { G722Decoder } from '../audio/g722.ts';

/** A bang every 30 s, in packets. */
const between = 1500;
/** Its place among them: the far side has been heard by then. */
const first = 50;

/** 20 ms of a bang, and 20 ms of nothing. */
const bang = compress(
  'PCMU',
  Int16Array.from({ length: 160 }, (_, at) => 16_000 * Math.sin((2 * Math.PI * 1000 * at) / 8000)),
);
const hush = compress('PCMU', new Int16Array(160));

/** How long each bang was on its way from a leg in PCMU to one in G.722, in ms. */
async function delaysWith(ppm: number, bangs: number) {
  const rig = new ShardRig();
  await rig.open('a');
  await rig.open('b', { codec: 'G722' });
  rig.apply({ edges: [{ from: 'a', to: 'b' }] });
  const began = rig.now;
  /** When packet `index` of the far side comes: its 20 ms are longer or shorter than ours, and it travels for 3 ms. */
  const arrival = (index: number): number => began + index * 20 * (1 + ppm / 1e6) + 3;
  const { sent } = rig.leg('b');
  const decoder = new G722Decoder();
  const delays: number[] = [];
  let index = 0;
  while (delays.length < bangs && index < bangs * between) {
    const before = rig.now;
    for (; arrival(index) <= before + 20; index++) {
      rig.now = arrival(index);
      rig.say('a', { timestamp: index * 160, payload: index % between === first ? bang : hush });
    }
    rig.now = before;
    rig.tick();
    const last = between * delays.length + first;
    for (const { payload } of sent.splice(0)) {
      if (index < last - 10) continue;
      const onset = decoder.decode(payload).findIndex((sample) => Math.abs(sample) > 4000);
      if (onset >= 0 && index > last) delays.push(rig.now + onset / 16 - arrival(last));
    }
  }
  return { delays, from: rig.counters('a'), to: rig.counters('b'), steps: (rig.now - began) / 20 };
}

test.each([
  ['50 ppm slow, for ten minutes', 50, 20],
  ['50 ppm fast, for ten minutes', -50, 20],
  // As far as fifty minutes of 50 ppm: 150 ms, were nothing done about it.
  ['500 ppm slow, for five minutes', 500, 10],
  ['500 ppm fast, for five minutes', -500, 10],
])('a clock %s', async (_what, ppm, bangs) => {
  const { delays, from, to, steps } = await delaysWith(ppm, bangs);
  const figures = delays.map((ms) => ms.toFixed(1)).join(' ');
  expect(delays, figures).toHaveLength(bangs);
  // The first ones wait for what might be late; then the wait swings by what is taken out or added at a time.
  const settled = delays.slice(2);
  expect(Math.max(...delays), figures).toBeLessThan(100);
  expect(Math.min(...delays), figures).toBeGreaterThan(0);
  expect(Math.max(...settled) - Math.min(...settled), figures).toBeLessThan(45);
  expect(to.sends).toBe('transcoded');
  expect(Math.abs(to.packetsSent - steps), `${to.packetsSent} packets in ${steps} steps`).toBeLessThanOrEqual(2);
  expect({ lost: from.playout.lost, late: from.playout.late }).toEqual({ lost: 0, late: 0 });
});
