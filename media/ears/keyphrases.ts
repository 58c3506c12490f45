/** Compiles phrases into what keyphrase search reads: a small dictionary and a list with thresholds. Pure. */
import type { Phrase } from '../../protocol/media.ts';
import { words, type Lexicon } from './lexicon.ts';
import type { RejectedPhrase } from './ports.ts';

export interface Keyphrases {
  /** Dictionary text: only the words of the phrases. */
  readonly dictionary: string;
  /** List text: one `phrase /threshold/` a line. */
  readonly list: string;
  /** By the spelling in the list: the phrases it stands for. */
  readonly phrases: ReadonlyMap<string, readonly Phrase[]>;
  readonly rejected: readonly RejectedPhrase[];
}

/** How easily a phrase is believed: the decimal exponent of its threshold, from its number of phones. */
export interface Sensitivity {
  /** Exponent for a phrase without phones. */
  readonly base: number;
  /** Added for each phone: the longer, the more evidence there is and the lower the threshold may be. */
  readonly perPhone: number;
  readonly lowest: number;
}

export const defaultSensitivity: Sensitivity = { base: -5, perPhone: -1.5, lowest: -25 };

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

function exponent(phones: number, sensitivity: Sensitivity): number {
  return Math.max(sensitivity.lowest, Math.round(sensitivity.base + sensitivity.perPhone * phones));
}

function reasonAgainst(spelling: readonly string[], lexicon: Lexicon): string | undefined {
  if (spelling.length === 0) return 'it has no words';
  const unknown = spelling.filter((word) => !lexicon.has(word));
  if (unknown.length > 0) return `not in the dictionary: ${unknown.join(', ')}`;
  const phones = phonesOf(spelling, lexicon);
  return phones < fewestPhones ? 'it is too short to be told from noise' : undefined;
}

/** Compiles English phrases. A phrase with an unknown or no word is rejected with the reason; the rest stand. */
export function compileKeyphrases(
  phrases: readonly Phrase[],
  lexicon: Lexicon,
  sensitivity: Sensitivity = defaultSensitivity,
): Keyphrases {
  const rejected: RejectedPhrase[] = [];
  const bySpelling = new Map<string, Phrase[]>();
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
      lines.set(written, `${written} /1e${exponent(phonesOf(way, lexicon), sensitivity)}/`);
      bySpelling.set(written, [...(bySpelling.get(written) ?? []), phrase]);
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
