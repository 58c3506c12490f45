/**
 * The voices that come with the system, as child processes (espeak-ng is GPL and must stay outside): English by flite,
 * Chinese by espeak-ng from pinyin, because its own reading of Hanzi is poor, everything else by espeak-ng.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ok, type Result } from '../../base/result.ts';
import { splitByScript } from '../../base/script-runs.ts';
import { Resampler } from '../audio/resampler.ts';
import type { Sound } from '../audio/wav.ts';
import { spoken } from './child.ts';
import type { SpeechError, SpeechProvider } from './ports.ts';

/** What every run is brought to, so that they can stand one after the other. */
const rate = 16_000;
/** Between what two voices say. */
const pauseMs = 120;
/** Quieter than this is not speech but the pause around it. */
const quietest = 100;

interface Run {
  readonly language: string;
  readonly text: string;
}

/** Hanzi to what espeak-ng's pinyin voice reads: tone numbers, 5 for the neutral tone. */
async function pinyinOf(text: string): Promise<string> {
  // Its dictionary is large, and most sites of one language never need it.
  const { pinyin } = await import('pinyin-pro');
  const syllables = pinyin(text, { toneType: 'num', type: 'array', nonZh: 'consecutive', v: true });
  return syllables.map((syllable) => syllable.replace(/([a-z])0$/, '$15')).join(' ');
}

/** Chinese and English are mixed in the texts of Chinese sites; all other languages are read by one voice. */
function runsOf(text: string, language: string): readonly Run[] {
  const main = language.toLowerCase().split('-')[0];
  return main === 'zh' || main === 'en' ? splitByScript(text, main) : [{ language, text }];
}

/** flite reads and writes files only. */
async function speakEnglish(text: string): Promise<Result<Sound, SpeechError>> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-speech-'));
  try {
    const [script, file] = [join(folder, 'text'), join(folder, 'sound.wav')];
    await writeFile(script, `${text}\n`);
    return await spoken({ program: 'flite', args: ['-voice', 'slt', '-o', file, '-f', script], input: '', file });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function speakRun({ language, text }: Run): Promise<Result<Sound, SpeechError>> {
  if (language === 'en') return speakEnglish(text);
  const chinese = language === 'zh';
  const voice = chinese ? 'cmn-latn-pinyin' : language.toLowerCase();
  const input = chinese ? await pinyinOf(text) : text;
  return spoken({ program: 'espeak-ng', args: ['-v', voice, '-s', '150', '--stdin', '--stdout'], input });
}

/** The speech without the silence around it, in frames that the resampler takes. */
function atRate({ sampleRate, samples }: Sound): Int16Array {
  const loud = (sample: number): boolean => Math.abs(sample) > quietest;
  const first = samples.findIndex(loud);
  if (first < 0) return new Int16Array(0);
  const cut = samples.subarray(first, samples.findLastIndex(loud) + 1);
  if (sampleRate === rate) return cut;
  const [resampler, frame] = [new Resampler(sampleRate, rate), sampleRate / 50];
  const made = new Int16Array(Math.ceil(cut.length / frame) * (rate / 50));
  for (let at = 0; at * frame < cut.length; at++) {
    const piece = new Int16Array(frame);
    piece.set(cut.subarray(at * frame, (at + 1) * frame));
    made.set(resampler.frame(piece), at * (rate / 50));
  }
  return made;
}

/** What flite and espeak-ng say. */
export const systemVoices: SpeechProvider = {
  id: 'flite slt, espeak-ng cmn-latn-pinyin 150, 1',
  async speak(text, language) {
    const pieces: Int16Array[] = [];
    for (const run of runsOf(text, language)) {
      const made = await speakRun(run);
      if (!made.ok) return made;
      pieces.push(atRate(made.value), new Int16Array((rate * pauseMs) / 1000));
    }
    const samples = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      samples.set(piece, at);
      at += piece.length;
    }
    return ok({ sampleRate: rate, samples });
  },
};
