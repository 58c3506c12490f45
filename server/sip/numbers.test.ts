import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { keyOf, Locations } from './locations.ts';
import { asUser, normalise, userOf } from './numbers.ts';
import type { Binding } from './ports.ts';

const home = { country: 'CN', areaCode: '531' };

describe('numbers', () => {
  it.each([
    ['+8653188880000', '+8653188880000'],
    ['8653188880000', '+8653188880000'],
    ['053188880000', '+8653188880000'],
    ['88880000', '+8653188880000'],
    ['13812345678', '+8613812345678'],
    ['+1 (212) 555-0123', '+12125550123'],
    ['1001', '1001'],
    ['alice', 'alice'],
  ])('%s is %s', (given, wanted) => {
    expect(normalise(given, home)).toBe(wanted);
  });

  it.each([
    ['sip:+86531@host;user=phone', '+86531'],
    ['sips:a%20b@host', 'a b'],
    ['tel:+86531;phone-context=x', '+86531'],
    ['sip:host.example', ''],
    ['sip:%zz@host', '%zz'],
  ])('the user of %s is %s', (uri, user) => {
    expect(userOf(uri)).toBe(user);
  });

  it('keeps out of a From what does not belong there', () => {
    expect(asUser('+86 531;x>')).toBe('+86531x');
    expect(asUser('<>')).toBe('anonymous');
  });
});

describe('locations', () => {
  const binding = (contact: string, expiresAt: number): Binding => ({ agentId: 'alice', contact, expiresAt });

  it('keeps the newest contact last, forgets what expires, and tells each change', () => {
    const clock = new SimulatedClock();
    const told: string[][] = [];
    const locations = new Locations(clock, (_agent, bindings) => told.push(bindings.map((each) => each.contact)));
    locations.bind(binding('sip:a@x.invalid;transport=ws', 100));
    locations.bind(binding('sip:b@x.invalid', 200));
    locations.bind(binding('sip:a@x.invalid;transport=ws', 300));
    expect(locations.of('alice').at(-1)?.contact).toBe('sip:a@x.invalid;transport=ws');
    clock.advance(250);
    expect(locations.of('alice').map((each) => each.contact)).toEqual(['sip:a@x.invalid;transport=ws']);
    clock.advance(100);
    expect(told.at(-1)).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  it('drops the contacts of a lost connection, whatever their parameters', () => {
    const locations = new Locations(new SimulatedClock(), () => undefined);
    locations.bind(binding('<sip:a@x.invalid;transport=ws>', 100));
    locations.bind(binding('sip:b@x.invalid', 100));
    locations.drop(['sip:a@x.invalid']);
    expect(locations.all().map((each) => keyOf(each.contact))).toEqual(['b@x.invalid']);
    locations.keepOnly([]);
    expect(locations.all()).toEqual([]);
  });
});
