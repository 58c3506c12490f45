import { describe, expect, it } from 'vitest';
import { asUser, normalise, userOf } from './numbers.ts';

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
    ['bob-desk', 'bob-desk'],
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
