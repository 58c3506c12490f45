import { describe, expect, it } from 'vitest';
import type { Phrase } from '../../protocol/media.ts';
import { compileKeyphrases } from './keyphrases.ts';
import { parseLexicon, words } from './lexicon.ts';

const lexicon = parseLexicon(
  ['a AH', 'a(2) EY', 'refund R IY F AH N D', 'refund(2) R IH F AH N D', 'want W AA N T', "don't D OW N T", ''].join(
    '\n',
  ),
);

function phrase(text: string, phraseId = text.replace(/\W/g, '-')): Phrase {
  return { phraseId, text, language: 'en-US' };
}

describe('keyphrases', () => {
  it('are listed in every way of saying them, with only their words in the dictionary', () => {
    const { list, dictionary, phrases, rejected } = compileKeyphrases([phrase('A Refund!', 'p')], lexicon);
    expect(rejected).toEqual([]);
    expect(list.trim().split('\n')).toEqual([
      'a refund /1e-28/',
      'a refund(2) /1e-28/',
      'a(2) refund /1e-28/',
      'a(2) refund(2) /1e-28/',
    ]);
    expect(dictionary).toBe('a AH\na(2) EY\nrefund R IY F AH N D\nrefund(2) R IH F AH N D\n');
    expect([...phrases.values()].every((each) => each.phrases[0]?.phraseId === 'p')).toBe(true);
  });

  it('of two rules with the same words are listed once and stand for both', () => {
    const { list, phrases } = compileKeyphrases([phrase('want', 'one'), phrase('Want', 'two')], lexicon);
    expect(list.trim().split('\n')).toHaveLength(1);
    expect(phrases.get('want')?.phrases.map(({ phraseId }) => phraseId)).toEqual(['one', 'two']);
  });

  it('that cannot be heard are rejected with the reason, the others stand', () => {
    const { rejected, list } = compileKeyphrases(
      [phrase('zorg refund blat', 'unknown'), phrase('!?', 'empty'), phrase('a', 'short'), phrase("don't", 'good')],
      lexicon,
    );
    expect(rejected).toEqual([
      { phraseId: 'unknown', reason: 'not in the dictionary: zorg, blat' },
      { phraseId: 'empty', reason: 'it has no words' },
      { phraseId: 'short', reason: 'it is too short to be told from noise' },
    ]);
    expect(list).toContain("don't /1e");
  });

  it('split text as the dictionary spells it', () => {
    expect(words('Don\u2019t RE-FUND me, \u2018now\u2019!')).toEqual(["don't", 're', 'fund', 'me', 'now']);
  });
});
