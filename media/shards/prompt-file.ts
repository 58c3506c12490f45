import { readFileSync, statSync } from 'node:fs';
import { fail, ok, type Result } from '../../base/result.ts';
import { openEncoder } from '../audio/codecs.ts';
import { toneOfUri } from '../audio/progress-tones.ts';
import { halve } from '../audio/resample.ts';
import { Resampler } from '../audio/resampler.ts';
import { voiceRate } from '../audio/voice.ts';
import { readWav } from '../audio/wav.ts';
import type { Codec } from '../sdp/index.ts';

/** Half an hour at 16 kHz; a longer file is surely not a prompt. */
const mostBytes = 64 * 1024 * 1024;

/** Reads a WAV file (or makes a tone) and encodes it, into memory that threads can share. Blocks: for the prompt thread only. */
export function encodePromptFile(path: string, codec: Codec): Result<Uint8Array, string> {
  try {
    const tone = toneOfUri(path);
    if (tone !== undefined) return ok(share(encoded(tone, 8000, codec)));
    if (statSync(path).size > mostBytes) return fail('the file is too large');
    const sound = readWav(readFileSync(path));
    if (!sound.ok) return sound;
    const { sampleRate, samples } = sound.value;
    return ok(share(encoded(samples, sampleRate, codec)));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return fail(code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`);
  }
}

function atRate(samples: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return samples;
  if (from === 2 * to) return halve(samples);
  const frame = from / 50;
  const resampler = new Resampler(from, to);
  const pieces = Array.from({ length: Math.ceil(samples.length / frame) }, (_, at) => {
    const piece = new Int16Array(frame);
    piece.set(samples.subarray(at * frame, (at + 1) * frame));
    return resampler.frame(piece);
  });
  return Int16Array.from(pieces.flatMap((piece) => [...piece]));
}

/** The whole sound in a codec. Packets of Opus have their length before them, 16 bits. */
function encoded(samples: Int16Array, sampleRate: number, codec: Codec): Uint8Array {
  const rate = voiceRate[codec];
  const sound = atRate(samples, sampleRate, rate);
  const encoder = openEncoder(codec);
  if (encoder === undefined) throw new Error('the codec is still being loaded');
  if (codec !== 'opus') return encoder.encode(sound);
  const frame = rate / 50;
  const packets = Array.from({ length: Math.ceil(sound.length / frame) }, (_, at) => {
    const piece = new Int16Array(frame);
    piece.set(sound.subarray(at * frame, (at + 1) * frame));
    const packet = encoder.encode(piece);
    return Buffer.concat([Buffer.from([packet.length >> 8, packet.length & 0xff]), packet]);
  });
  encoder.close();
  return Buffer.concat(packets);
}

function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
