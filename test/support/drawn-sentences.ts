/** Sentences drawn from the held-out file, phrases drawn from them, and how much of them was heard. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const heldOut = join(import.meta.dirname, '..', 'data', 'held-out-sentences.txt');
/** Debian's pocketsphinx-en-us. */
const dictionaryFile = '/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict';

/** A small repeatable random source (mulberry32): numbers from 0 to below 1. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The words of a text as a recogniser writes them. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z']+/g) ?? [];
}

/** `count` different sentences of the held-out file. */
export function drawSentences(count: number, random: () => number): string[] {
  const all = readFileSync(heldOut, 'utf8')
    .split('\n')
    .map((line) => line.trim());
  const left = all.filter((line) => line !== '' && !line.startsWith('#'));
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0] ?? '');
}

/** Syllables per word of the dictionary: a vowel carries a stress digit or is one of the vowel phones. */
export function readSyllables(): ReadonlyMap<string, number> {
  const vowels = /^(AA|AE|AH|AO|AW|AY|EH|ER|EY|IH|IY|OW|OY|UH|UW)/;
  const lines = readFileSync(dictionaryFile, 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [word = '', ...phones] = line.trim().split(/\s+/);
      return word === '' ? [] : [[word, phones.filter((phone) => vowels.test(phone)).length] as const];
    }),
  );
}

/** Runs of one to four words that have three syllables or more, every word in the dictionary. */
function phrasesOf(sentence: string, syllables: ReadonlyMap<string, number>): string[] {
  const words = wordsOf(sentence);
  const found: string[] = [];
  for (let from = 0; from < words.length; from++)
    for (let length = 1; length <= 4 && from + length <= words.length; length++) {
      const run = words.slice(from, from + length);
      const known = run.every((word) => syllables.has(word));
      const sum = run.reduce((total, word) => total + (syllables.get(word) ?? 0), 0);
      if (known && sum >= 3) found.push(run.join(' '));
    }
  return found;
}

function contains(sentence: string, phrase: string): boolean {
  return ` ${wordsOf(sentence).join(' ')} `.includes(` ${phrase} `);
}

/** For each sentence a phrase of its own: drawn at random, and said in no other of them. */
export function drawPhrases(sentences: readonly string[], random: () => number): string[] {
  const syllables = readSyllables();
  return sentences.map((sentence) => {
    const own = phrasesOf(sentence, syllables).filter(
      (phrase) => sentences.filter((each) => contains(each, phrase)).length === 1,
    );
    const drawn = own[Math.floor(random() * own.length)];
    if (drawn === undefined) throw new Error(`no phrase can be drawn from "${sentence}"`);
    return drawn;
  });
}

/** Words of `said` that are found, in order, in `heard`: words minus substitutions and deletions of the best alignment. */
export function wordsHeard(said: readonly string[], heard: readonly string[]): number {
  let before = Array.from({ length: heard.length + 1 }, () => 0);
  for (const word of said) {
    const row = [0];
    for (let at = 1; at <= heard.length; at++) {
      const same = (before[at - 1] ?? 0) + (heard[at - 1] === word ? 1 : 0);
      row.push(Math.max(same, before[at] ?? 0, row[at - 1] ?? 0));
    }
    before = row;
  }
  return before.at(-1) ?? 0;
}

/** Word errors (substitutions, deletions and insertions) of the best alignment: what WER counts. */
export function wordErrors(said: readonly string[], heard: readonly string[]): number {
  let before = Array.from({ length: heard.length + 1 }, (_, at) => at);
  for (const [index, word] of said.entries()) {
    const row = [index + 1];
    for (let at = 1; at <= heard.length; at++) {
      const same = (before[at - 1] ?? 0) + (heard[at - 1] === word ? 0 : 1);
      row.push(Math.min(same, (before[at] ?? 0) + 1, (row[at - 1] ?? 0) + 1));
    }
    before = row;
  }
  return before.at(-1) ?? 0;
}
