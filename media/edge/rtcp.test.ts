import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Reception } from './reception.ts';
import { middleOfNtp, readCompound, writeBye, writeReport } from './rtcp.ts';

const packet = (sequence: number, timestamp = sequence * 160, ssrc = 9) => ({
  payloadType: 0,
  marker: false,
  sequence: sequence & 0xffff,
  timestamp: timestamp >>> 0,
  ssrc,
  payload: new Uint8Array(160),
});

describe('Reception', () => {
  test('counts loss, and the share since the last report', () => {
    const reception = new Reception();
    for (const sequence of [1, 2, 4, 5]) reception.packet(packet(sequence), sequence * 160);
    expect(reception.block(0)).toMatchObject({ lost: 1, fractionLost: 51, highestSequence: 5, jitter: 0 });
    for (const sequence of [6, 7]) reception.packet(packet(sequence), sequence * 160);
    expect(reception.block(0)).toMatchObject({ lost: 1, fractionLost: 0, highestSequence: 7 });
  });

  test('counts turns of the sequence, and takes a late packet for no loss', () => {
    const reception = new Reception();
    for (const sequence of [65_534, 65_535, 65_537, 65_536]) reception.packet(packet(sequence), sequence * 160);
    expect(reception.block(0)).toMatchObject({ lost: 0, highestSequence: 65_537 });
  });

  test('measures jitter in samples, not fooled by a leap', () => {
    const reception = new Reception();
    for (let sequence = 0; sequence < 400; sequence++)
      reception.packet(packet(sequence), sequence * 160 + (sequence % 2) * 40);
    const before = reception.block(0)?.jitter ?? 0;
    expect(before).toBeGreaterThan(30);
    expect(before).toBeLessThan(45);
    reception.packet(packet(400, 400 * 160 + 900_000), 400 * 160);
    expect(reception.block(0)?.jitter).toBeLessThan(45);
  });

  test('a new source is told and starts anew; nothing received is no block', () => {
    const reception = new Reception();
    expect(reception.block(0)).toBeUndefined();
    expect(reception.packet(packet(1), 0)).toBe(true);
    expect(reception.packet(packet(2), 0)).toBe(false);
    expect(reception.packet(packet(40_000, 0, 10), 0)).toBe(true);
    expect(reception.block(0)).toMatchObject({ ssrc: 10, lost: 0 });
  });

  test('tells when it heard the last sender report', () => {
    const reception = new Reception();
    reception.packet(packet(1), 0);
    reception.senderReport(0x1234_5678, 1000);
    expect(reception.block(3000)).toMatchObject({ lastSenderReport: 0x1234_5678, delaySinceLast: 131_072 });
  });
});

describe('writeReport', () => {
  const counts = { packets: 100, octets: 16_000, timestamp: 4_000_000_000 };
  const block = {
    ssrc: 5,
    fractionLost: 51,
    lost: 1,
    highestSequence: 70_000,
    jitter: 12,
    lastSenderReport: 7,
    delaySinceLast: 8,
  };

  test('is a sender report with a block and a name, in whole words', () => {
    const report = writeReport(42, counts, block, 1_700_000_000_500);
    expect(report.length % 4).toBe(0);
    expect([report[0], report[1], report.readUInt16BE(2)]).toEqual([0x81, 200, 12]);
    expect(report.readUInt32BE(8)).toBe(1_700_000_000 + 2_208_988_800);
    expect(report.readUInt32BE(12)).toBe(2 ** 31);
    expect([report.readUInt32BE(16), report.readUInt32BE(20), report.readUInt32BE(24)]).toEqual([
      4_000_000_000, 100, 16_000,
    ]);
    expect([report.readUInt32BE(28), report.readUInt8(32), report.readUIntBE(33, 3)]).toEqual([5, 51, 1]);
    expect([report[52], report[53]]).toEqual([0x81, 202]);
    expect(52 + 4 * (report.readUInt16BE(54) + 1)).toBe(report.length);
  });

  test('is a receiver report while nothing was sent', () => {
    const report = writeReport(42, { ...counts, packets: 0 }, undefined, 0);
    expect([report[0], report[1], report.readUInt16BE(2)]).toEqual([0x80, 201, 1]);
  });

  test('is read back', () => {
    const report = writeReport(42, counts, block, 1_700_000_000_500);
    const ntpMiddle = (((1_700_000_000 + 2_208_988_800) & 0xffff) * 65_536 + 32_768) >>> 0;
    expect(middleOfNtp(1_700_000_000_500)).toBe(ntpMiddle);
    expect(readCompound(report)).toEqual({ ssrc: 42, ntpMiddle, blocks: [block], bye: false });
    expect(readCompound(Buffer.concat([report, writeBye(42)]))).toMatchObject({ ssrc: 42, bye: true });
  });

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['less than a header', Buffer.alloc(3)],
    ['a length beyond its end', Buffer.from([0x80, 200, 0xff, 0xff, 0, 0, 0, 0])],
    ['a report shorter than its blocks', Buffer.concat([Buffer.from([0x82, 201, 0, 1]), Buffer.alloc(4)])],
    ['a sender report without its sender part', Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 1])],
    ['another version', Buffer.from([0x40, 201, 0, 1, 0, 0, 0, 1])],
    ['rubbish at the end', Buffer.concat([writeReport(1, counts, block, 0), Buffer.from([1, 2])])],
  ])('is not found in %s', (_, bytes) => expect(readCompound(bytes)).toBeUndefined());

  test('never throws at any bytes, and reads what was written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readCompound(Buffer.from(bytes))),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff >> 1 }), fc.nat(255), fc.nat(), (lost, fractionLost, jitter) => {
        const made = { ...block, lost, fractionLost, jitter };
        expect(readCompound(writeReport(7, counts, made, 0))?.blocks).toEqual([made]);
      }),
    );
  });
});
