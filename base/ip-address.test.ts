import { expect, it } from 'vitest';
import { addressBytes } from './ip-address.ts';

it.each([
  ['127.0.0.1', '7f000001'],
  ['::1', '00000000000000000000000000000001'],
  ['::', '00000000000000000000000000000000'],
  ['2001:db8::a:b', '20010db80000000000000000000a000b'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
])('writes %s as an IP header has it', (host, hex) => {
  const bytes = [...addressBytes(host)].map((byte) => byte.toString(16).padStart(2, '0'));
  expect(bytes.join('')).toBe(hex);
});
