/** Whether a text sounds as if a phrase had been said in it. Pure. */
import { words, type Lexicon } from './lexicon.ts';

const vowel = /^[AEIOU]/;

/** How different two phones sound: vowels are taken for one another sooner than anything else. */
function difference(a: string, b: string): number {
  if (a === b) return 0;
  return vowel.test(a) && vowel.test(b) ? 0.5 : 1;
}

function phones(text: string, lexicon: Lexicon): readonly string[] {
  return words(text).flatMap((word) => (lexicon.get(word)?.[0] ?? '').split(' ').filter((phone) => phone !== ''));
}

/**
 * The share of the phrase's phones that must be changed to find it somewhere in the text: 0 it is there, 1 nothing like
 * it is. A recogniser that wrote "is lands re found" for "and I want a refund" is near in sound, not in words.
 */
export function distanceInSound(text: string, phrase: string, lexicon: Lexicon): number {
  const wanted = phones(phrase, lexicon);
  if (wanted.length === 0) return 1;
  const heard = phones(text, lexicon);
  // Beginning anywhere in the text costs nothing.
  let above: number[] = Array.from({ length: heard.length + 1 }, () => 0);
  for (const [row, phone] of wanted.entries()) {
    const line = [row + 1];
    for (const [at, other] of heard.entries())
      line.push(Math.min((line[at] ?? 0) + 1, (above[at + 1] ?? 0) + 1, (above[at] ?? 0) + difference(phone, other)));
    above = line;
  }
  return Math.min(...above) / wanted.length;
}
