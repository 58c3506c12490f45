import { expect, it } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';
import { compress } from '../audio/g711.ts';
import { Speakers, type Heard } from './speakers.ts';

const says = (amplitude: number): Heard => ({ speaking: amplitude > 0, frame: new Int16Array(160).fill(amplitude) });

/** Steps of 20 ms in which `a` and `b` are so loud; what was told, with the step it was told in. */
function told(...steps: readonly (readonly [number, number, number])[]): (readonly [number, readonly string[]])[] {
  const speakers = new Speakers();
  const changes: (readonly [number, readonly string[]])[] = [];
  let step = 0;
  for (const [count, a, b] of steps)
    for (let index = 0; index < count; index++, step++) {
      const changed = speakers.step(
        new Map([
          ['a', says(a)],
          ['b', says(b)],
        ] as const),
      );
      if (changed !== undefined) changes.push([step, changed]);
    }
  return changes;
}

it('tells who begins after 120 ms, and who has stopped after 600 ms', () => {
  expect(told([20, 3000, 0], [20, 3000, 3000], [60, 0, 3000], [60, 0, 0])).toEqual([
    [5, ['a']],
    [25, ['a', 'b']],
    [69, ['b']],
    [129, []],
  ]);
});

it('does not tell of clicks, breaths, the pauses between words, and what is in between', () => {
  expect(told([50, 0, 0], [4, 8000, 0], [50, 0, 0])).toEqual([]);
  expect(told([50, 300, 0])).toEqual([]);
  const words = Array.from(
    { length: 10 },
    () =>
      [
        [20, 3000, 0],
        [25, 0, 0],
      ] as const,
  ).flat();
  expect(told(...words)).toEqual([[5, ['a']]]);
  expect(told([20, 3000, 0], [100, 300, 0])).toEqual([[5, ['a']]]);
});

it('forgets who has left', () => {
  const speakers = new Speakers();
  for (let step = 0; step < 10; step++)
    speakers.step(
      new Map([
        ['a', says(3000)],
        ['b', says(3000)],
      ] as const),
    );
  expect(speakers.step(new Map([['b', says(3000)]] as const))).toEqual(['b']);
});

it('a shard tells the speakers of a conference, and of no talk of two', async () => {
  const rig = new ShardRig();
  for (const name of ['a', 'b', 'c']) await rig.open(name);
  const pair = (from: string, to: string) => ({ from, to });
  const speak = (name: string, count: number, from: number): void =>
    rig.tick(count, (step) => {
      for (const each of ['a', 'b', 'c']) {
        const payload = compress('PCMU', new Int16Array(160).fill(each === name ? 4000 : 0));
        rig.say(each, { sequence: from + step, timestamp: (from + step) * 160, payload, ssrc: each.charCodeAt(0) });
      }
    });
  const speakers = () => rig.happened('speakers-changed').map(({ endpointIds }) => endpointIds);
  rig.apply({ edges: [pair('a', 'b'), pair('b', 'a')] });
  speak('a', 30, 0);
  expect(speakers()).toEqual([]);
  const names = ['a', 'b', 'c'];
  rig.apply({ edges: names.flatMap((from) => names.flatMap((to) => (from === to ? [] : [pair(from, to)]))) });
  speak('a', 40, 30);
  speak('c', 60, 70);
  expect(speakers()).toEqual([['a'], ['a', 'c'], ['c']]);
  // When it is a talk of two again nobody is told of any more.
  rig.apply({ edges: [pair('a', 'b'), pair('b', 'a')] });
  speak('c', 10, 130);
  expect(speakers().at(-1)).toEqual([]);
});
