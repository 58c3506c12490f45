import { describe, expect, it } from 'vitest';
import { inBlock, parseBlock, parseIp } from './ip.ts';

describe('addresses', () => {
  it.each([
    ['192.0.2.1', 4, 0xc0000201n],
    ['::ffff:192.0.2.1', 4, 0xc0000201n],
    ['[::1]', 6, 1n],
    ['fe80::1%eth0', 6, (0xfe80n << 112n) | 1n],
    ['1:2:3:4:5:6:7:8', 6, 0x00010002000300040005000600070008n],
    ['64:ff9b::192.0.2.1', 6, (0x64n << 112n) | (0xff9bn << 96n) | 0xc0000201n],
  ])('%s', (text, family, value) => {
    expect(parseIp(text)).toEqual({ family, value });
  });
  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    'host',
    '1:2:3',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '::g',
    '1:2:3:4:5:6:7::8:9',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });
});

describe('blocks', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.77', true],
    ['192.0.2.0/24', '192.0.3.1', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '::1', false],
    ['2001:db8::/32', '2001:db8:1::5', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
  ])('%s has %s: %s', (block, address, wanted) => {
    const [within, ip] = [parseBlock(block), parseIp(address)];
    expect(within !== undefined && ip !== undefined && inBlock(within, ip)).toBe(wanted);
  });
  it.each(['192.0.2.0/33', '192.0.2', 'localhost', '2001:db8::/129', '1.2.3.4/5/6', '1.2.3.4/x'])(
    '%s is none',
    (text) => {
      expect(parseBlock(text)).toBeUndefined();
    },
  );
});
