import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { LedgerBench } from '../../test/support/ledger-bench.ts';
import { openStore } from '../store/index.ts';
import { Crm } from './index.ts';

let bench: LedgerBench;
let crm: Crm;
beforeEach(async () => {
  bench = new LedgerBench();
  const { contacts } = openStore(await bench.open(), systemClock);
  crm = new Crm({ contacts, normalise: (number) => number.replace(/^0/, '+86').replaceAll(' ', '') });
});
afterEach(() => bench.scope.close());

it('knows a person by any form of a number', async () => {
  const put = await crm.put({ name: 'Zhang', numbers: ['0531 100000', '+86531100000', 'alice'] });
  expect(put).toMatchObject({ type: 'created', contact: { numbers: ['+86531100000', 'alice'] } });
  expect(crm.find('0531100000')?.name).toBe('Zhang');
  expect(crm.find('alice')?.name).toBe('Zhang');
});

it.each([[''], [';x'], ['+'], ['a b@c'], ['<sip:x>']])('refuses %j as a number', async (number) => {
  expect(await crm.put({ name: 'x', numbers: ['+861', number] })).toEqual({ type: 'bad-number', index: 1 });
  expect(crm.list(10)).toEqual([]);
});

it('finds people by a part of their name or number', async () => {
  await crm.put({ name: '张三丰', numbers: ['+8613900002222'] });
  await crm.put({ name: 'Li Lei', numbers: ['+8613800000001', '1001'] });
  const names = (text: string): string[] => crm.search(text, 5).map(({ name }) => name);
  expect([names('张三'), names('lei'), names('139 0000'), names('0000'), names('nobody')]).toEqual([
    ['张三丰'],
    ['Li Lei'],
    ['张三丰'],
    ['Li Lei', '张三丰'],
    [],
  ]);
  expect(crm.search('0000', 1)).toHaveLength(1);
});
