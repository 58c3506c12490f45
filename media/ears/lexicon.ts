import { readFile } from 'node:fs/promises';

/** How words are said: for each word its pronunciations, as space-separated phones. */
export type Lexicon = ReadonlyMap<string, readonly string[]>;

/** Reads a dictionary in CMU's format: `word phones`, further pronunciations as `word(2) phones`. */
export function parseLexicon(text: string): Lexicon {
  const lexicon = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space <= 0) continue;
    const word = line.slice(0, space).replace(/\(\d+\)$/, '');
    const phones = line.slice(space + 1).trim();
    const known = lexicon.get(word);
    if (known === undefined) lexicon.set(word, [phones]);
    else known.push(phones);
  }
  return lexicon;
}

/** Reads a dictionary file; rejects if it cannot be read. */
export async function loadLexicon(path: string): Promise<Lexicon> {
  return parseLexicon(await readFile(path, 'utf8'));
}

/** English text as the dictionary spells it: lower case, apostrophes kept, hyphens and punctuation as spaces. */
export function words(text: string): readonly string[] {
  return text
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .split(/[^\p{L}\p{N}']+/u)
    .map((word) => word.replace(/^'+|'+$/g, ''))
    .filter((word) => word !== '');
}
