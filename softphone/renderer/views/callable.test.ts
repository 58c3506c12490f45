import { describe, expect, it } from 'vitest';
import { callablesOf } from './callable.ts';

const contact = (name: string, ...numbers: string[]) => ({ id: name, name, numbers, createdAt: 1 });

describe('what a typed text may mean', () => {
  it('is every number of the contacts found, those that hold the digits first', () => {
    const people = [contact('Li Lei', '+8653100001', '+8613800000'), contact('Han Mei', '+8613811111')];
    expect(callablesOf(people, 'li').map(({ number }) => number)).toEqual([
      '+8653100001',
      '+8613800000',
      '+8613811111',
    ]);
    expect(callablesOf(people, '138')[0]).toEqual({ name: 'Li Lei', number: '+8613800000' });
    expect(callablesOf([contact('Many', ...Array.from({ length: 9 }, (_, at) => `+86${at}`))], 'ma')).toHaveLength(6);
  });
});
