import { describe, expect, test } from 'vitest';
import { isRtcp, readRtp, sequenceAhead, timestampAhead, writeRtp } from './rtp.ts';

const packet = {
  payloadType: 101,
  marker: true,
  sequence: 65_535,
  timestamp: 4_294_967_295,
  ssrc: 3_000_000_000,
  payload: Buffer.from([1, 2, 3, 4]),
};

describe('readRtp', () => {
  test('reads what writeRtp wrote', () => {
    expect(readRtp(writeRtp(packet))).toEqual(packet);
  });

  test('leaves out sources, extension and padding', () => {
    const plain = writeRtp({ ...packet, payload: Buffer.from([9, 9, 9, 9, 0, 0, 0, 1, 7, 7, 7, 7, 42, 0, 0, 3]) });
    plain[0] = 0x80 | 0x30 | 1;
    expect(readRtp(plain)?.payload).toEqual(Buffer.from([42]));
  });

  const bytes = (first: number, length: number): Buffer => Buffer.alloc(length).fill(first, 0, 1);
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['too short', bytes(0x80, 11)],
    ['version 1', bytes(0x40, 20)],
    ['STUN', bytes(0x00, 20)],
    ['more sources than bytes', bytes(0x8f, 20)],
    ['an extension past the end', Buffer.concat([bytes(0x90, 12), Buffer.from([0, 0, 0xff, 0xff])])],
    ['half an extension header', bytes(0x90, 14)],
    ['no padding where it says so', bytes(0xa0, 20)],
    ['more padding than packet', Buffer.concat([bytes(0xa0, 15), Buffer.from([200])])],
  ])('refuses %s', (_, garbage) => {
    expect(readRtp(garbage)).toBeUndefined();
  });
});

test.each([
  [0x80, 200, true],
  [0x80, 201, true],
  [0x80, 0, false],
  [0x80, 0x80 | 8, false],
  [0x80, 0x80 | 101, false],
  [0x00, 200, false],
])('bytes %i %i: RTCP %s (RFC 5761)', (first, second, rtcp) => {
  expect(isRtcp(Buffer.from([first, second, 0, 0, 0, 0, 0, 0]))).toBe(rtcp);
});

test.each([
  [1, 2, 1],
  [65_535, 0, 1],
  [0, 65_535, -1],
  [10, 10, 0],
  [0, 32_767, 32_767],
])('sequence %i to %i is %i ahead', (from, to, ahead) => {
  expect(sequenceAhead(from, to)).toBe(ahead);
});

test('timestamps wrap', () => {
  expect(timestampAhead(2 ** 32 - 80, 80)).toBe(160);
  expect(timestampAhead(80, 2 ** 32 - 80)).toBe(-160);
});
