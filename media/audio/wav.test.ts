import { describe, expect, test } from 'vitest';
import { readWav, writeWav } from './wav.ts';

const samples = Int16Array.of(0, 1, -1, 32_767, -32_768);

function patched(change: (file: Buffer) => Buffer): Buffer {
  return change(writeWav({ sampleRate: 8000, samples }));
}

describe('readWav', () => {
  test.each([8000, 16_000])('reads what writeWav wrote at %i', (sampleRate) => {
    expect(readWav(writeWav({ sampleRate, samples }))).toEqual({ ok: true, value: { sampleRate, samples } });
  });

  test.each([22_050, 24_000, 44_100, 48_000])('takes %i samples a second', (sampleRate) => {
    expect(readWav(writeWav({ sampleRate, samples })).ok).toBe(true);
  });

  test('mixes two channels down', () => {
    const stereo = patched((file) => (file.writeUInt16LE(2, 22), file));
    expect(readWav(stereo)).toEqual({ ok: true, value: { sampleRate: 8000, samples: Int16Array.of(1, 16_383) } });
  });

  test('skips chunks it does not know, odd lengths included', () => {
    const plain = writeWav({ sampleRate: 8000, samples });
    const extra = Buffer.from('LIST\u0003\0\0\0abc\0', 'latin1');
    const file = Buffer.concat([plain.subarray(0, 36), extra, plain.subarray(36)]);
    expect(readWav(file)).toEqual({ ok: true, value: { sampleRate: 8000, samples } });
  });

  test('takes what is there of a file that was cut off', () => {
    const read = readWav(writeWav({ sampleRate: 8000, samples }).subarray(0, 48));
    expect(read).toEqual({ ok: true, value: { sampleRate: 8000, samples: samples.subarray(0, 2) } });
  });

  test.each([
    ['nothing', Buffer.alloc(0), 'not a WAV file'],
    ['text', Buffer.from('hello, this is no audio at all'), 'not a WAV file'],
    ['surround', patched((file) => (file.writeUInt16LE(6, 22), file)), 'the WAV file has 6 channels, not one or two'],
    ['96 kHz', patched((file) => (file.writeUInt32LE(96_000, 24), file)), '96000 samples a second'],
    ['8 bit', patched((file) => (file.writeUInt16LE(8, 34), file)), 'not PCM of 16 bits'],
    ['mu-law', patched((file) => (file.writeUInt16LE(7, 20), file)), 'not PCM of 16 bits'],
    ['no data', patched((file) => file.subarray(0, 36)), 'has no data'],
    ['no format', patched((file) => (file.write('junk', 12, 'latin1'), file)), 'no format before its data'],
  ])('says what is wrong with %s', (_, file, reason) => {
    const read = readWav(file);
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.error).toContain(reason);
  });
});
