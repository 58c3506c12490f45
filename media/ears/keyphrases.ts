/** Compiles phrases into what keyphrase search reads: a small dictionary and a list with thresholds. Pure. */
import type { Phrase } from '../../protocol/media.ts';
import { words, type Lexicon } from './lexicon.ts';
import type { RejectedPhrase } from './ports.ts';

export interface Keyphrases {
  /** Dictionary text: only the words of the phrases. */
  readonly dictionary: string;
  /** List text: one `phrase /threshold/` a line. */
  readonly list: string;
  /** By the spelling in the list. */
  readonly phrases: ReadonlyMap<string, Keyphrase>;
  readonly rejected: readonly RejectedPhrase[];
}

/** A phrase as it is listed, in one of the ways of saying it. */
export interface Keyphrase {
  /** The phrases of the rules that are said so. */
  readonly phrases: readonly Phrase[];
  readonly phones: number;
}

/**
 * From how many phones on: `listed` is the decimal exponent of the threshold from which keyphrase search reports it,
 * `sure` the exponent from which it is believed without a text. The longer a phrase, the more its sound alone says.
 * Measured on test/data/tuning-sentences.txt: native/README.md.
 */
const thresholds: readonly { readonly phones: number; readonly listed: number; readonly sure: number }[] = [
  { phones: 0, listed: -20, sure: 4 },
  { phones: 7, listed: -28, sure: 3 },
  { phones: 9, listed: -40, sure: -12 },
  { phones: 11, listed: -45, sure: -30 },
];

function thresholdOf(phones: number): { readonly listed: number; readonly sure: number } {
  return thresholds.findLast((each) => phones >= each.phones) ?? { listed: 0, sure: 0 };
}

/** What the search subtracts from its scores, and how many of its units make a factor of ten. */
const scoreOffset = 1500;
const scorePerDecade = 22.49;

/** Whether a phrase of so many phones, found with this score, needs no further evidence. */
export function isSure(score: number, phones: number): boolean {
  return score + scoreOffset >= thresholdOf(phones).sure * scorePerDecade;
}

/** Shortest phrase that is listened for, in phones: shorter ones are in every second sentence. */
const fewestPhones = 3;
/** Most ways of saying one phrase that are listened for. */
const mostVariants = 8;

function variants(spelling: readonly string[], lexicon: Lexicon): readonly (readonly string[])[] {
  let ways: readonly (readonly string[])[] = [[]];
  for (const word of spelling) {
    const pronunciations = lexicon.get(word) ?? [];
    const names = pronunciations.map((_, index) => (index === 0 ? word : `${word}(${index + 1})`));
    ways = ways.flatMap((way) => names.map((name) => [...way, name])).slice(0, mostVariants);
  }
  return ways;
}

function phonesOf(way: readonly string[], lexicon: Lexicon): number {
  return way.reduce((sum, name) => {
    const [, word = name, number = '1'] = /^(.*?)(?:\((\d+)\))?$/.exec(name) ?? [];
    return sum + (lexicon.get(word)?.[Number(number) - 1] ?? '').split(' ').length;
  }, 0);
}

function reasonAgainst(spelling: readonly string[], lexicon: Lexicon): string | undefined {
  if (spelling.length === 0) return 'it has no words';
  const unknown = spelling.filter((word) => !lexicon.has(word));
  if (unknown.length > 0) return `not in the dictionary: ${unknown.join(', ')}`;
  const phones = phonesOf(spelling, lexicon);
  return phones < fewestPhones ? 'it is too short to be told from noise' : undefined;
}

/** Compiles English phrases. A phrase with an unknown or no word is rejected with the reason; the rest stand. */
export function compileKeyphrases(phrases: readonly Phrase[], lexicon: Lexicon): Keyphrases {
  const rejected: RejectedPhrase[] = [];
  const bySpelling = new Map<string, Keyphrase>();
  const lines = new Map<string, string>();
  const needed = new Set<string>();
  for (const phrase of phrases) {
    const spelling = words(phrase.text);
    const reason = reasonAgainst(spelling, lexicon);
    if (reason !== undefined) {
      rejected.push({ phraseId: phrase.phraseId, reason });
      continue;
    }
    for (const word of spelling) needed.add(word);
    for (const way of variants(spelling, lexicon)) {
      const written = way.join(' ');
      const phones = phonesOf(way, lexicon);
      lines.set(written, `${written} /1e${thresholdOf(phones).listed}/`);
      bySpelling.set(written, { phones, phrases: [...(bySpelling.get(written)?.phrases ?? []), phrase] });
    }
  }
  const dictionary = [...needed].flatMap((word) =>
    (lexicon.get(word) ?? []).map((phones, index) => `${index === 0 ? word : `${word}(${index + 1})`} ${phones}`),
  );
  return {
    dictionary: dictionary.map((line) => `${line}\n`).join(''),
    list: [...lines.values()].map((line) => `${line}\n`).join(''),
    phrases: bySpelling,
    rejected,
  };
}
