import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { compress, expandInto, expandTable, silenceByte, translate, translation } from './g711.ts';

const digest = (table: Int16Array): string => createHash('sha256').update(Buffer.from(table.buffer)).digest('hex');

describe('G.711', () => {
  test('expands as the reference does (digest of 256 levels by another implementation, little-endian PCM16)', () => {
    expect(digest(expandTable.PCMU)).toBe('3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827');
    expect(digest(expandTable.PCMA)).toBe('e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174');
  });

  test.each([
    ['PCMU', 0x00, -32_124],
    ['PCMU', 0x80, 32_124],
    ['PCMU', 0xff, 0],
    ['PCMU', 0xfe, 8],
    ['PCMA', 0xd5, 8],
    ['PCMA', 0x55, -8],
    ['PCMA', 0xaa, 32_256],
    ['PCMA', 0x2a, -32_256],
  ] as const)('%s byte %i is %i', (law, byte, level) => {
    expect(expandTable[law][byte]).toBe(level);
  });

  test.each(['PCMU', 'PCMA'] as const)('%s compresses every value to its nearest level', (law) => {
    const levels = [...expandTable[law]];
    const values = Int16Array.from({ length: 655 }, (_, index) => -32_768 + index * 100);
    for (const [at, byte] of compress(law, values).entries()) {
      const value = values[at] ?? 0;
      const nearest = Math.min(...levels.map((level) => Math.abs(level - value)));
      expect(Math.abs((expandTable[law][byte] ?? 0) - value)).toBe(nearest);
    }
  });

  test.each(['PCMU', 'PCMA'] as const)('%s: a level survives expanding and compressing', (law) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const samples = new Int16Array(256);
    expandInto(law, bytes, samples);
    const back = compress(law, samples);
    // Mu-law has two zeros; everything else is its own.
    for (const byte of bytes) if (samples[byte] !== 0) expect(back[byte]).toBe(byte);
  });

  test('zero is silence', () => {
    expect(compress('PCMU', new Int16Array(1))[0]).toBe(silenceByte.PCMU);
    expect(compress('PCMA', new Int16Array(1))[0]).toBe(silenceByte.PCMA);
  });
});

describe('translation', () => {
  test('of nothing is nothing: bytes pass untouched', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(translation('PCMU', 'PCMU')).toBeUndefined();
    expect(translate(undefined, bytes)).toBe(bytes);
  });

  test('keeps silence silent across laws', () => {
    expect(translate(translation('PCMU', 'PCMA'), Uint8Array.of(0xff, 0x7f))).toEqual(Uint8Array.of(0xd5, 0xd5));
  });

  test('changes the law within one step of the scale', () => {
    for (let byte = 0; byte < 256; byte++) {
      const level = expandTable.PCMA[byte] ?? 0;
      const [translated = 0] = translate(translation('PCMA', 'PCMU'), Uint8Array.of(byte));
      expect(Math.abs((expandTable.PCMU[translated] ?? 0) - level)).toBeLessThanOrEqual(8 + Math.abs(level) / 32);
    }
  });

  test('changes loudness, and clips instead of wrapping', () => {
    const half = translate(translation('PCMU', 'PCMU', -6.0206), compress('PCMU', Int16Array.of(8000, -8000)));
    expect([...half].map((byte) => Math.round((expandTable.PCMU[byte] ?? 0) / 400))).toEqual([10, -10]);
    const loud = translate(translation('PCMU', 'PCMU', 20), compress('PCMU', Int16Array.of(30_000, -30_000)));
    expect([...loud].map((byte) => expandTable.PCMU[byte])).toEqual([32_124, -32_124]);
  });
});
