/**
 * Text to 8 kHz speech by programs of the system, as child processes (espeak-ng is GPL and must stay outside): English
 * by flite, because recognisers hear it well, Chinese by espeak-ng from pinyin, because its own reading of Hanzi is
 * poor.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ScriptRun, splitByScript } from '../../base/script-runs.ts';
import { readWav, resample } from './wav.ts';

export { splitByScript } from '../../base/script-runs.ts';

export type SpokenLanguage = ScriptRun['language'];

export interface Speech {
  /** 8 kHz. */
  readonly samples: Int16Array;
  /** Programs that are not installed; the canned English demo sentence is spoken instead. */
  readonly missing: readonly string[];
}

/** What the canned file says, for when no speech program is there. */
export const cannedText = 'hello, my order has not arrived and I want a refund';
const cannedFile = new URL('./assets/demo-en.wav', import.meta.url);

/** Hanzi to what espeak-ng's pinyin voice reads: tone numbers, 5 for the neutral tone. */
export async function toPinyin(text: string): Promise<string> {
  // Its dictionary is large, and most commands say nothing in Chinese.
  const { pinyin } = await import('pinyin-pro');
  const syllables = pinyin(text, { toneType: 'num', type: 'array', nonZh: 'consecutive', v: true });
  return syllables.map((syllable) => syllable.replace(/([a-z])0$/, '$15')).join(' ');
}

type Spoken = { readonly samples: Int16Array } | { readonly missing: string };

async function speakRun(run: ScriptRun, folder: string, name: string): Promise<Spoken> {
  const file = join(folder, `${name}.wav`);
  const program = run.language === 'en' ? 'flite' : 'espeak-ng';
  // The text goes by a file, so that it can neither be too long nor be taken for an option.
  const script = join(folder, `${name}.txt`);
  await writeFile(script, `${run.language === 'en' ? run.text : await toPinyin(run.text)}\n`);
  const options =
    run.language === 'en'
      ? ['-voice', 'slt', '-o', file, '-f', script]
      : ['-v', 'cmn-latn-pinyin', '-s', '150', '-w', file, '-f', script];
  const started = await runProgram(program, options);
  if (!started) return { missing: program };
  const wav = readWav(await readFile(file));
  if (wav === 'empty') return { samples: new Int16Array(0) };
  if (typeof wav === 'string') throw new SpeechError(`${program} wrote no usable WAV (${wav})`);
  return { samples: trimSilence(resample(wav.samples, wav.sampleRate, 8000)) };
}

/** A speech program is there but failed. */
export class SpeechError extends Error {
  readonly code = 'speech';
  readonly retryable = false;
}

/** Runs a program to its end; false if it is not installed. */
function runProgram(program: string, options: readonly string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (bytes: Buffer) => (complaint = (complaint + bytes.toString()).slice(-500)));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(false);
      else reject(new SpeechError(`${program} cannot be started: ${error.message}`, { cause: error }));
    });
    child.on('close', (code) => {
      if (code === 0) resolve(true);
      else if (code !== null && code > 0)
        reject(new SpeechError(`${program} ended with ${String(code)}: ${complaint}`));
    });
  });
}

/** Cuts near silence off both ends: the pauses between runs are ours to choose. */
function trimSilence(samples: Int16Array): Int16Array {
  const loud = (sample: number): boolean => Math.abs(sample) > 100;
  const start = samples.findIndex(loud);
  return start < 0 ? new Int16Array(0) : samples.subarray(start, samples.findLastIndex(loud) + 1);
}

/** Half the range: loud enough for a recogniser, far from clipping. */
const peak = 16_000;

/** Joins with a short pause between, each part brought to the same peak. */
export function joinSpeech(parts: readonly Int16Array[], pauseMs = 120): Int16Array {
  const heard = parts.filter((part) => part.length > 0);
  const pause = pauseMs * 8;
  const out = new Int16Array(heard.reduce((sum, part) => sum + part.length + pause, 0));
  let at = 0;
  for (const part of heard) {
    const highest = part.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
    out.set(
      part.map((sample) => Math.round((sample * peak) / highest)),
      at,
    );
    at += part.length + pause;
  }
  return out;
}

/** The canned English demo sentence. */
export async function cannedSpeech(): Promise<Int16Array> {
  const wav = readWav(await readFile(cannedFile));
  if (typeof wav === 'string') throw new SpeechError(`the canned demo sentence is damaged (${wav})`);
  return resample(wav.samples, wav.sampleRate, 8000);
}

/** Speaks a text. Throws `SpeechError` when a program fails; one that is not installed is told in `missing`. */
export async function renderSpeech(text: string, language?: SpokenLanguage): Promise<Speech> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-speech-'));
  try {
    const runs = splitByScript(text, language);
    const spoken = await Promise.all(runs.map((run, index) => speakRun(run, folder, String(index))));
    const missing = [...new Set(spoken.flatMap((part) => ('missing' in part ? [part.missing] : [])))];
    if (missing.length > 0) return { samples: joinSpeech([await cannedSpeech()]), missing };
    return { samples: joinSpeech(spoken.flatMap((part) => ('samples' in part ? [part.samples] : []))), missing };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
