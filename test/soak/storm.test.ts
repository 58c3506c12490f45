import { expect, test } from 'vitest';
import { registrationStorm, wholeStorm } from '../../bench/sip/storm.ts';
import { table } from '../../bench/table.ts';

test('10,000 phones register and all answer OPTIONS, after the death of server and engine too; 1,000 pages come back', async () => {
  const found = await registrationStorm(wholeStorm, {});
  console.log(table(found));
  const counted = found.filter(({ name }) => /(missing|failed)$/.test(name));
  expect(counted).toHaveLength(6);
  expect(counted.filter(({ value }) => value !== 0)).toEqual([]);
});
