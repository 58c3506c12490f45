/**
 * Decides which of the phrases that keyphrase search came upon were said. Sure ones are believed at once; doubtful ones
 * wait for the text of their utterance and are believed if it sounds like them.
 */
import { distanceInSound } from './confirm.ts';
import { isSure, type Keyphrase } from './keyphrases.ts';
import type { Lexicon } from './lexicon.ts';
import { childFrameMs } from './messages.ts';
import type { Heard } from './recogniser.ts';

export type Spotted = Extract<Heard, { readonly type: 'spotted' }>;

/** What the search came upon; `start` and `end` in its frames. */
export interface Candidate {
  readonly tap: number;
  readonly utterance: number;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

/** A text nearer in sound than this confirms a doubtful phrase. */
const nearEnough = 0.3;
/** Doubtful phrases kept for an utterance. */
const mostDoubts = 100;

export class Doubts {
  /** By tap: those of its utterance that is being written down. */
  readonly #waiting = new Map<number, Spotted[]>();

  /** What is believed at once of a candidate. The rest waits for the text, if there will be one. */
  weigh(candidate: Candidate, keyphrase: Keyphrase): readonly Spotted[] {
    const { tap, utterance, start, end } = candidate;
    const found = keyphrase.phrases.map(({ phraseId, text }): Spotted => ({
      type: 'spotted',
      tap,
      utterance,
      phraseId,
      text,
      startMs: start * childFrameMs,
      endMs: end * childFrameMs,
    }));
    if (isSure(candidate.score, keyphrase.phones)) return found;
    const waiting = this.#waiting.get(tap) ?? [];
    if (waiting.length < mostDoubts) this.#waiting.set(tap, [...waiting, ...found]);
    return [];
  }

  /** The doubtful phrases that the text of their utterance confirms. */
  confirm(
    final: { readonly tap: number; readonly utterance: number; readonly text: string },
    lexicon: Lexicon,
  ): readonly Spotted[] {
    const waiting = this.#waiting.get(final.tap) ?? [];
    this.#waiting.set(
      final.tap,
      waiting.filter(({ utterance }) => utterance > final.utterance),
    );
    const near = new Map<string, boolean>();
    return waiting.filter(({ utterance, text }) => {
      if (utterance !== final.utterance) return false;
      const known = near.get(text) ?? distanceInSound(final.text, text, lexicon) <= nearEnough;
      near.set(text, known);
      return known;
    });
  }

  forget(tap: number): void {
    this.#waiting.delete(tap);
  }
}
