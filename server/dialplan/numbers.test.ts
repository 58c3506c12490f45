import { describe, expect, it } from 'vitest';
import { clash, compareParticular, meets, parseNumber, readings } from './numbers.ts';
import type { NumberPattern } from './plan.ts';

const china = { countryCode: '86', nationalPrefix: '0', internationalPrefix: '00' };

function pattern(source: string): NumberPattern {
  const parsed = parseNumber(source);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe('a dialled number', () => {
  it.each(['+8653100000', '008653100000', '8653100000', '053100000', '53100000', '+86 531-00000', '+86 (531) 00000'])(
    '%s is +8653100000',
    (dialled) => {
      expect(meets(pattern('+8653100000'), readings(dialled, china))).toBe(true);
    },
  );

  it.each(['+8653100001', '+153100000', '0053100000', 'alice', '', '+'])('%s is not', (dialled) => {
    expect(meets(pattern('+8653100000'), readings(dialled, china))).toBe(false);
  });

  it('is read without a national prefix where there is none', () => {
    const singapore = { countryCode: '65', nationalPrefix: '', internationalPrefix: '001' };
    expect(readings('61234567', singapore)).toContain('+6561234567');
    expect(readings('0016561234567', singapore)).toContain('+6561234567');
  });
});

describe('a pattern', () => {
  it.each([
    ['+8653100000', ['+8653100000'], ['+8653100001']],
    ['1000', ['1000'], ['10000', '100']],
    ['+8653100000-99', ['+8653100000', '+8653100099', '053100042'], ['+8653100100', '+86531000']],
    ['1000-1099', ['1000', '1050', '1099'], ['999', '1100', '10500']],
    ['1000..1009', ['1005'], ['1010']],
    ['_9.', ['91', '9123456'], ['9', '8123']],
    ['_9!', ['9', '9123'], ['8']],
    ['_NXXNXXXXXX', ['2125551234'], ['1125551234', '2121551234', '212555123', '21255512345']],
    ['_[13-5]Z#', ['11#', '49#'], ['21#', '40#', '119']],
    ['_1-800-XXX', ['1800123'], ['1-80012']],
    ['_x.', ['12'], ['1', 'ab']],
    ['_+86531.', ['+8653100000', '053100000'], ['+8610000000']],
  ])('%s', (source, inside, outside) => {
    for (const number of inside)
      expect([number, meets(pattern(source), readings(number, china))]).toEqual([number, true]);
    for (const number of outside)
      expect([number, meets(pattern(source), readings(number, china))]).toEqual([number, false]);
  });

  it.each(['', '_', 'abc', '+0123', '+', '_9.1', '_[', '_[9-1]', '_[a]', '_Q', '120-10', '1000-+1099', '+1-+12'])(
    '%j is none',
    (source) => {
      expect(parseNumber(source).ok).toBe(false);
    },
  );
});

describe('of two patterns that meet a number', () => {
  it.each([
    ['+8653100000', '+8653100000-99'],
    ['+8653100000-09', '+8653100000-99'],
    ['+8653100000-99', '_8653.'],
    ['_91X', '_9X1'],
    ['_9XX', '_9X.'],
    ['_9X', '_9.'],
    ['_9.', '_X.'],
    ['_9X.', '_9X!'],
  ])('%s comes before %s', (first, second) => {
    expect(compareParticular(pattern(first), pattern(second))).toBeLessThan(0);
    expect(compareParticular(pattern(second), pattern(first))).toBeGreaterThan(0);
  });

  it.each([
    ['1000', '1000', true],
    ['1000-1050', '1050-1099', true],
    ['1000-1049', '1050-1099', false],
    ['_9[1-5]', '_9[3-7]', true],
    ['_9[1-3]', '_9[5-7]', false],
    ['_9X', '_9.', false],
    ['1000', '1000-1099', false],
  ])('%s and %s clash: %s', (a, b, expected) => {
    expect(clash(pattern(a), pattern(b))).toBe(expected);
  });
});
