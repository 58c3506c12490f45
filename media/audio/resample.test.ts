import { expect, test } from 'vitest';
import { rms, tone } from '../../test/support/audio-measure.ts';
import { halve } from './resample.ts';

const middle = (samples: Int16Array): Int16Array => samples.subarray(200, samples.length - 200);

test.each([100, 300, 1000, 2000, 3000, 3400])('%i Hz passes unharmed', (frequency) => {
  const made = middle(halve(tone(frequency, 0.5, { rate: 16_000 })));
  const wanted = middle(tone(frequency, 0.5));
  const wrong = Int16Array.from(made, (value, at) => value - (wanted[at] ?? 0));
  expect(20 * Math.log10(rms(wrong) / rms(wanted))).toBeLessThan(-55);
});

test.each([4600, 5000, 6000, 7500])('%i Hz does not fold back', (frequency) => {
  const made = middle(halve(tone(frequency, 0.5, { rate: 16_000 })));
  expect(20 * Math.log10(Math.max(rms(made), 0.1) / rms(tone(frequency, 0.5)))).toBeLessThan(-55);
});

test('the length is half, and nothing makes nothing', () => {
  expect(halve(new Int16Array(321))).toHaveLength(161);
  expect(halve(new Int16Array(0))).toHaveLength(0);
});
