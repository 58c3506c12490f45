import { expect, it } from 'vitest';
import { wavLength } from './wav.ts';

function wav(
  over: { format?: number; channels?: number; rate?: number; bits?: number; bytes?: number; list?: boolean } = {},
): Buffer {
  const { format = 1, channels = 1, rate = 8000, bits = 16, bytes = 16_000, list = false } = over;
  const fmt = Buffer.alloc(24);
  fmt.write('fmt ');
  fmt.writeUInt32LE(16, 4);
  fmt.writeUInt16LE(format, 8);
  fmt.writeUInt16LE(channels, 10);
  fmt.writeUInt32LE(rate, 12);
  fmt.writeUInt16LE(bits, 22);
  const extra = list ? Buffer.from('LIST\x03\0\0\0abc\0', 'latin1') : Buffer.alloc(0);
  const data = Buffer.alloc(8);
  data.write('data');
  data.writeUInt32LE(bytes, 4);
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), fmt, extra, data, Buffer.alloc(bytes)]);
}

it.each([
  [wav(), 1000],
  [wav({ rate: 16_000 }), 500],
  [wav({ channels: 2, rate: 44_100, bytes: 176_400 }), 1000],
  [wav({ list: true }), 1000],
])('tells the length', (file, ms) => {
  expect(wavLength(file.subarray(0, 4096), file.length)).toEqual({ ok: true, value: ms });
});

it('believes the file more than its header', () => {
  const file = wav();
  expect(wavLength(file, file.length - 8000)).toEqual({ ok: true, value: 500 });
});

it.each([
  [Buffer.from('hello there, not a sound'), 'it is not a WAV file'],
  [Buffer.alloc(0), 'it is not a WAV file'],
  [wav({ format: 7 }), 'it is not 16-bit PCM'],
  [wav({ bits: 8 }), 'it is not 16-bit PCM'],
  [wav({ channels: 6 }), 'it has 6 channels, not one or two'],
  [wav({ rate: 96_000 }), 'its rate is 96000 Hz, not 8000, 16000, 22050, 24000, 32000, 44100, 48000'],
  [wav({ bytes: 0 }), 'it has no sound in it'],
  [wav().subarray(0, 20), 'it has no sound in it'],
])('refuses what cannot be played', (file, reason) => {
  expect(wavLength(file, file.length)).toEqual({ ok: false, error: reason });
});
