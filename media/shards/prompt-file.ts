import { readFileSync, statSync } from 'node:fs';
import { fail, ok, type Result } from '../../base/result.ts';
import { compress } from '../audio/g711.ts';
import { toneOfUri } from '../audio/progress-tones.ts';
import { halve } from '../audio/resample.ts';
import { readWav } from '../audio/wav.ts';
import type { Codec } from '../sdp/index.ts';

/** Half an hour at 16 kHz; a longer file is surely not a prompt. */
const mostBytes = 64 * 1024 * 1024;

/** Reads a WAV file (or makes a tone) and encodes it, into memory that threads can share. Blocks: for the prompt thread only. */
export function encodePromptFile(path: string, codec: Codec): Result<Uint8Array, string> {
  try {
    const tone = toneOfUri(path);
    if (tone !== undefined) return ok(share(compress(codec, tone)));
    if (statSync(path).size > mostBytes) return fail('the file is too large');
    const sound = readWav(readFileSync(path));
    if (!sound.ok) return sound;
    const { sampleRate, samples } = sound.value;
    return ok(share(compress(codec, sampleRate === 16_000 ? halve(samples) : samples)));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return fail(code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`);
  }
}

function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
