/** Speech for tests, made by child processes and kept in the machine's temporary folder. A missing program is an error. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Speech {
  readonly samples: Int16Array;
  /** Samples a second. */
  readonly rate: number;
}

export interface Voice {
  /** A voice of flite (English: `slt awb rms kal16`) or of espeak-ng (Chinese: `cmn-latn-pinyin`). */
  readonly voice: string;
  readonly language: 'en-US' | 'zh-CN';
}

const execute = promisify(execFile);

function command(text: string, { voice, language }: Voice, file: string): readonly [string, readonly string[]] {
  return language === 'en-US'
    ? ['flite', ['-voice', voice, '-t', text, '-o', file]]
    : ['espeak-ng', ['-v', voice, '-w', file, text]];
}

/** PCM16 mono of a WAV file. */
function parse(file: Buffer): Speech {
  const rate = file.readUInt32LE(24);
  let at = 12;
  while (file.toString('latin1', at, at + 4) !== 'data') at += 8 + file.readUInt32LE(at + 4);
  const bytes = file.subarray(at + 8);
  const samples = new Int16Array(bytes.length >> 1);
  for (let n = 0; n < samples.length; n++) samples[n] = bytes.readInt16LE(n * 2);
  return { samples, rate };
}

/** Says `text` in a voice. Rejects if the program is not installed (Debian: `apt-get install flite espeak-ng`). */
export async function synthesise(text: string, voice: Voice): Promise<Speech> {
  const folder = join(tmpdir(), 'jackfield-test-speech');
  const name = createHash('sha256').update(`${voice.language} ${voice.voice} ${text}`).digest('hex').slice(0, 24);
  const kept = join(folder, `${name}.wav`);
  try {
    return parse(await readFile(kept));
  } catch {
    await mkdir(folder, { recursive: true });
  }
  const fresh = join(folder, `${name}.${randomBytes(4).toString('hex')}.wav`);
  const [program, args] = command(text, voice, fresh);
  await execute(program, [...args]);
  await rename(fresh, kept);
  return parse(await readFile(kept));
}

/** One sample at a fractional position, by a windowed sinc that passes what 8 kHz can carry. */
function at(samples: Int16Array, position: number, cutoff: number): number {
  const reach = 24;
  const first = Math.ceil(position - reach);
  let sum = 0;
  for (let n = first; n <= position + reach; n++) {
    const value = samples[n];
    if (value === undefined) continue;
    const x = n - position;
    const sinc = x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x);
    sum += value * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
  }
  return sum;
}

/** The same sound with 8000 samples a second. */
export function toTelephoneRate({ samples, rate }: Speech): Int16Array {
  const ratio = rate / 8000;
  const cutoff = (2 * 3700) / rate;
  return Int16Array.from({ length: Math.floor(samples.length / ratio) }, (_, n) =>
    Math.max(-32_768, Math.min(32_767, Math.round(at(samples, n * ratio, Math.min(1, cutoff))))),
  );
}
