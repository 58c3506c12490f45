/** Comparing what was said with what is written in a rule. Pure. */
import type { Language } from '../../protocol/media.ts';

function englishWords(text: string): readonly string[] {
  return text
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .split(/[^\p{L}\p{N}']+/u)
    .map((word) => word.replace(/^'+|'+$/g, ''))
    .filter((word) => word !== '');
}

/** A text as units to compare: words in English, characters (without spaces and punctuation) in Chinese. */
export function units(text: string, language: Language): readonly string[] {
  switch (language) {
    case 'en-US':
      return englishWords(text);
    case 'zh-CN':
      return [...text.normalize('NFKC').toLowerCase()].filter((character) => /[\p{L}\p{N}]/u.test(character));
  }
}

/** Whether `phrase` is in `text`, unit by unit and without a gap. */
export function contains(text: readonly string[], phrase: readonly string[]): boolean {
  if (phrase.length === 0) return false;
  return text.some((_, at) => phrase.every((unit, offset) => text[at + offset] === unit));
}
