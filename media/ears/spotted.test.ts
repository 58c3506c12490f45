import { describe, expect, it } from 'vitest';
import { distanceInSound } from './confirm.ts';
import { isSure } from './keyphrases.ts';
import { parseLexicon } from './lexicon.ts';
import { Doubts } from './spotted.ts';

const lexicon = parseLexicon(
  ['refund R IY F AH N D', 'the DH AH', 'found F AW N D', 're R IY', 'cat K AE T', 'sat S AE T', ''].join('\n'),
);

describe('a phrase in a text', () => {
  it.each([
    ['the refund', 'refund', 0],
    ['the re found cat', 'refund', 0.5 / 6],
    ['the cat sat', 'refund', 5 / 6],
    ['', 'refund', 1],
    ['cat', '!', 1],
  ])('%j is as far from %j as its phones differ', (text, phrase, expected) => {
    expect(distanceInSound(text, phrase, lexicon)).toBeCloseTo(expected);
  });
});

describe('doubtful phrases', () => {
  const phrase = { phraseId: 'p', text: 'refund', language: 'en-US' as const };
  const keyphrase = { phones: 6, phrases: [phrase] };
  const at = { tap: 1, utterance: 3, start: 10, end: 50 };
  const spotted = { type: 'spotted', tap: 1, utterance: 3, phraseId: 'p', text: 'refund', startMs: 100, endMs: 500 };

  it('are no doubt when the search is sure, sooner for long phrases', () => {
    expect(isSure(-1410, 6)).toBe(true);
    expect(isSure(-1411, 6)).toBe(false);
    expect(isSure(-2000, 12)).toBe(true);
    expect(new Doubts().weigh({ ...at, score: -1300 }, keyphrase)).toEqual([spotted]);
  });

  it('wait for a text that sounds like them', () => {
    const doubts = new Doubts();
    expect(doubts.weigh({ ...at, score: -1800 }, keyphrase)).toEqual([]);
    expect(doubts.confirm({ tap: 1, utterance: 2, text: 'refund' }, lexicon)).toEqual([]);
    expect(doubts.confirm({ tap: 1, utterance: 3, text: 'the re found' }, lexicon)).toEqual([spotted]);
    expect(doubts.confirm({ tap: 1, utterance: 3, text: 'refund' }, lexicon)).toEqual([]);
  });

  it('are given up when the text is another one', () => {
    const doubts = new Doubts();
    doubts.weigh({ ...at, score: -1800 }, keyphrase);
    expect(doubts.confirm({ tap: 1, utterance: 3, text: 'the cat sat' }, lexicon)).toEqual([]);
  });
});
