/** WAV files: PCM16 in, PCM16 mono out, and the change of sample rate between. */

export interface Wav {
  readonly sampleRate: number;
  /** One channel; more than one are averaged. */
  readonly samples: Int16Array;
}

/** Why a file is not a WAV we can play. */
export type WavFault = 'not-wav' | 'not-pcm16' | 'empty';

interface Format {
  readonly encoding: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
}

function readFormat(bytes: Buffer, at: number): Format {
  return {
    encoding: bytes.readUInt16LE(at),
    channels: bytes.readUInt16LE(at + 2),
    sampleRate: bytes.readUInt32LE(at + 4),
    bits: bytes.readUInt16LE(at + 14),
  };
}

function toMono(bytes: Buffer, channels: number): Int16Array {
  const frames = Math.floor(bytes.length / 2 / channels);
  const samples = new Int16Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += bytes.readInt16LE((frame * channels + channel) * 2);
    samples[frame] = Math.round(sum / channels);
  }
  return samples;
}

/** Reads a RIFF/WAVE file of 16-bit PCM. A data chunk that states too much (a stream's header) ends with the file. */
export function readWav(bytes: Buffer): Wav | WavFault {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE')
    return 'not-wav';
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = bytes.toString('latin1', at, at + 4);
    const length = bytes.readUInt32LE(at + 4);
    const start = at + 8;
    if (name === 'fmt ' && length >= 16 && start + 16 <= bytes.length) format = readFormat(bytes, start);
    if (name === 'data') return readSamples(bytes.subarray(start, Math.min(bytes.length, start + length)), format);
    at = start + length + (length % 2);
  }
  return 'not-wav';
}

function readSamples(bytes: Buffer, format: Format | undefined): Wav | WavFault {
  if (format === undefined) return 'not-wav';
  // 0xfffe is WAVE_FORMAT_EXTENSIBLE, which sox and Audacity write for plain PCM too.
  const pcm = format.encoding === 1 || format.encoding === 0xfffe;
  if (!pcm || format.bits !== 16 || format.channels < 1 || format.sampleRate < 4000) return 'not-pcm16';
  const samples = toMono(bytes, format.channels);
  return samples.length === 0 ? 'empty' : { sampleRate: format.sampleRate, samples };
}

/** Writes PCM16 mono. */
export function writeWav(samples: Int16Array, sampleRate: number): Buffer {
  const bytes = Buffer.alloc(44 + samples.length * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
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
  for (let i = 0; i < samples.length; i++) bytes.writeInt16LE(samples[i] ?? 0, 44 + i * 2);
  return bytes;
}

/** Zero crossings of the sinc on either side: 16 keeps images about 60 dB down, plenty for a telephone. */
const lobes = 16;

/** Changes the sample rate by a Hann-windowed sinc, cut below the lower Nyquist frequency. Offline use only. */
export function resample(samples: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return samples;
  const step = from / to;
  const cut = Math.min(1, 1 / step) * 0.95;
  const reach = lobes / cut;
  const out = new Int16Array(Math.floor(samples.length / step));
  for (let i = 0; i < out.length; i++) {
    const centre = i * step;
    let sum = 0;
    for (let j = Math.max(0, Math.ceil(centre - reach)); j <= Math.min(samples.length - 1, centre + reach); j++) {
      const x = j - centre;
      const sinc = x === 0 ? cut : Math.sin(Math.PI * x * cut) / (Math.PI * x);
      sum += (samples[j] ?? 0) * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
    }
    out[i] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return out;
}
