import { fail, ok, type Result } from '../../base/result.ts';

/** Mono PCM16. */
export interface Sound {
  readonly sampleRate: number;
  readonly samples: Int16Array;
}

/** The rates of files that are taken: whole numbers of samples in 20 ms. */
const rates = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/** Reads a WAV file (RIFF, PCM16, 8 to 48 kHz, mono or stereo, which is mixed down). The error says what is wrong, as a phrase. */
export function readWav(file: Buffer): Result<Sound, string> {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE')
    return fail('not a WAV file');
  let format:
    { readonly code: number; readonly channels: number; readonly rate: number; readonly bits: number } | undefined;
  for (let at = 12; at + 8 <= file.length;) {
    const name = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, Math.min(file.length, at + 8 + size));
    if (name === 'fmt ' && body.length >= 16)
      format = {
        code: body.readUInt16LE(0),
        channels: body.readUInt16LE(2),
        rate: body.readUInt32LE(4),
        bits: body.readUInt16LE(14),
      };
    if (name === 'data') {
      if (format === undefined) return fail('the WAV file has no format before its data');
      const extensible = format.code === 0xfffe;
      if ((format.code !== 1 && !extensible) || format.bits !== 16) return fail('the WAV file is not PCM of 16 bits');
      const { channels, rate } = format;
      if (channels !== 1 && channels !== 2) return fail(`the WAV file has ${channels} channels, not one or two`);
      if (!rates.includes(rate)) return fail(`the WAV file has ${rate} samples a second, not ${rates.join(', ')}`);
      return ok({ sampleRate: rate, samples: channels === 1 ? pcm16(body) : mixedDown(pcm16(body)) });
    }
    // Chunks are padded to even lengths.
    at += 8 + size + (size & 1);
  }
  return fail('the WAV file has no data');
}

function pcm16(bytes: Buffer): Int16Array {
  const samples = new Int16Array(bytes.length >> 1);
  for (let at = 0; at < samples.length; at++) samples[at] = bytes.readInt16LE(at * 2);
  return samples;
}

function mixedDown(stereo: Int16Array): Int16Array {
  return Int16Array.from({ length: stereo.length >> 1 }, (_, at) =>
    Math.round(((stereo[2 * at] ?? 0) + (stereo[2 * at + 1] ?? 0)) / 2),
  );
}

/** A WAV file of mono PCM16. */
export function writeWav({ sampleRate, samples }: Sound): Buffer {
  const bytes = Buffer.alloc(44 + samples.length * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + samples.length * 2, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples.length * 2, 40);
  for (const [at, sample] of samples.entries()) bytes.writeInt16LE(sample, 44 + at * 2);
  return bytes;
}
