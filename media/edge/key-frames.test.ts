import { expect, it } from 'vitest';
import { keyFrameRequestIn, writeFir, writePli } from './key-frames.ts';
import { readCompound, writeReport } from './rtcp.ts';

const report = writeReport(1, { packets: 0, octets: 0, timestamp: 0 }, undefined, 0);

it('reads what it writes, behind a report, of this source and no other', () => {
  const broken = Buffer.concat([report, writePli(1, 7)]);
  expect(readCompound(broken), 'a compound packet that adds up').toBeDefined();
  expect(keyFrameRequestIn(broken, 7)).toEqual({ type: 'pli' });
  expect(keyFrameRequestIn(broken, 8)).toBeUndefined();
  const whole = Buffer.concat([report, writeFir(1, 7, 258)]);
  expect(readCompound(whole)).toBeDefined();
  expect(keyFrameRequestIn(whole, 7)).toEqual({ type: 'fir', count: 2 });
  expect(keyFrameRequestIn(whole, 0)).toBeUndefined();
});

it('has the bytes of the RFCs', () => {
  expect(writePli(0x01020304, 0x05060708).toString('hex')).toBe('81ce00020102030405060708');
  expect(writeFir(0x01020304, 0x05060708, 9).toString('hex')).toBe('84ce000401020304000000000506070809000000');
});

it('finds nothing in what is damaged, and does not throw', () => {
  const whole = Buffer.concat([report, writeFir(1, 7, 2)]);
  for (let length = 0; length < whole.length; length++)
    expect(keyFrameRequestIn(whole.subarray(0, length), 7)).toBeUndefined();
  expect(keyFrameRequestIn(Buffer.alloc(40, 0xff), 7)).toBeUndefined();
  expect(keyFrameRequestIn(Buffer.alloc(40), 7)).toBeUndefined();
});
