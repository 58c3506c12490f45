/** Prompts that are texts: the media node speaks them. Pure. */
import { longestSpeech, speechUri } from '../../base/speech-uri.ts';
import type { BadSound } from './link.ts';
import type { Sound } from './plan.ts';

/** What speech takes, by what is written: a Hanzi is a syllable, a letter a part of one. */
const msOf = { han: 250, other: 65 };
const han = /\p{Script=Han}/u;

/** A text file as a prompt, `name` being `prompts/<language>/<prompt>.txt`. Its length is a guess, for simulations. */
export function spokenSound(name: string, content: string): Sound | BadSound {
  const text = content
    .replace(/^\uFEFF/, '')
    .replace(/\s+/g, ' ')
    .trim();
  const language = name.split('/')[1] ?? '';
  if (text === '') return { problem: 'there is nothing to be said in it' };
  if (text.length > longestSpeech) return { problem: `it is longer than ${longestSpeech} characters` };
  if (text.includes('\uFFFD')) return { problem: 'it is not UTF-8' };
  const lengthMs = [...text].reduce((sum, char) => sum + (han.test(char) ? msOf.han : msOf.other), 0);
  return { path: speechUri(language, text), lengthMs };
}
