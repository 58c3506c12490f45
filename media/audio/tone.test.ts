import { expect, test } from 'vitest';
import { join, strength } from '../../test/support/audio-measure.ts';
import { toneFrame } from './tone.ts';

test.each([
  ['1', 697, 1209],
  ['5', 770, 1336],
  ['#', 941, 1477],
  ['D', 941, 1633],
])('%s is %i Hz and %i Hz, without a step between frames', (digit, low, high) => {
  const sound = join(...Array.from({ length: 8 }, (_, index) => toneFrame(digit, index)));
  expect(strength(sound, low)).toBeGreaterThan(6500);
  expect(strength(sound, high)).toBeGreaterThan(6500);
  for (const other of [697, 770, 852, 941, 1209, 1336, 1477, 1633])
    if (other !== low && other !== high) expect(strength(sound, other)).toBeLessThan(1500);
});
