import { expect, test } from 'vitest';
import { costOfLeg, measureCosts } from './costs.ts';

test('every codec is measured', async () => {
  const costs = await measureCosts();
  expect(Object.keys(costs)).toEqual(['PCMU', 'PCMA', 'G722', 'opus']);
  for (const cost of Object.values(costs))
    for (const us of [cost.decodeUs, cost.encodeUs]) expect(Number.isFinite(us) && us >= 0).toBe(true);
});

test('a leg costs what is done with samples for it', () => {
  const cost = { decodeUs: 20, encodeUs: 100 };
  const costs = { PCMU: cost, PCMA: cost, G722: cost, opus: cost };
  expect(costOfLeg({ codec: 'opus', sends: 'forwarded', decoded: false }, costs)).toBe(0);
  expect(costOfLeg({ codec: 'opus', sends: 'forwarded', decoded: true }, costs)).toBe(20);
  expect(costOfLeg({ codec: 'opus', sends: 'transcoded', decoded: true }, costs)).toBe(120);
  expect(costOfLeg({ codec: 'opus', sends: 'mixed', decoded: false }, costs)).toBe(100);
  expect(costOfLeg({ codec: 'opus', sends: 'played', decoded: false }, costs)).toBe(0);
  expect(costOfLeg({}, costs)).toBe(0);
  expect(costOfLeg({ codec: 'G722', sends: 'transcoded' }, { opus: cost })).toBeUndefined();
});
