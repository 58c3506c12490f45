/**
 * The seam between the media node and its ears: the node pushes frames in, the ears emit what they heard. The node
 * implements nothing of the ears but {@link noEars}; `media/ears/index.ts` exports `createEars(options): Ears`.
 */
import { Emitter } from '../../base/emitter.ts';
import type { EarsState, Language, Observation, Phrase } from '../../protocol/media.ts';

/** Samples in a frame: 20 ms at 8 kHz. */
export const frameSamples = 160;
/** Milliseconds in a frame. */
export const frameMs = 20;

/** Whose voice a tap carries. One tap is one speaker, so an endpoint has at most one open tap. */
export interface TapSpeaker {
  readonly callId: string;
  readonly endpointId: string;
  readonly language: Language;
}

/** Where the frames of one tap go. */
export interface TapSink {
  /**
   * Takes the next 20 ms of the speaker: 160 samples of PCM16 at 8 kHz, de-jittered (lost packets are zeros). The array
   * is reused after the call, so what is kept must be copied. `mediaTimeMs` is the start of the frame on the tap's media
   * clock: 0 at the first frame, +20 a frame, more after frames that were dropped because the ears were too slow. Must
   * return at once (tens of microseconds), never throw, and drop what it cannot handle.
   */
  write(frame: Int16Array, mediaTimeMs: number): void;
  /** The tap ended: an open utterance is finished (its `final` may still come). Idempotent. */
  close(): void;
}

/** A phrase that cannot be listened for, and why. */
export interface RejectedPhrase {
  readonly phraseId: string;
  readonly reason: string;
}

/** Voice to observations. All methods are called on the main thread of the media node. */
export interface Ears {
  /** Looks for its engines and makes them ready; never throws because one is missing (that is a state `absent`). */
  start(): Promise<void>;
  /** Opens the tap of one speaker. May be called in any state: without a recogniser its frames are dropped. */
  openTap(speaker: TapSpeaker): TapSink;
  /** Replaces the phrases to spot, in open taps too. Resolves when they are in force. Says which cannot be spotted, and why. */
  setPhrases(phrases: readonly Phrase[]): Promise<readonly RejectedPhrase[]>;
  /** The present state, one entry per language. */
  readonly state: readonly EarsState[];
  /** Frames the recognisers dropped since the start, being away or too slow. */
  readonly dropped: number;
  /** What was heard. */
  readonly observations: Emitter<Observation>;
  /** The state after each change. */
  readonly changed: Emitter<readonly EarsState[]>;
  /** Closes every tap and ends every child process. Idempotent. */
  close(): Promise<void>;
}

/** Ears that hear nothing, for tests and for a node without any recogniser. */
export function noEars(hint = 'speech recognition is switched off'): Ears {
  return {
    start: () => Promise.resolve(),
    openTap: () => ({ write() {}, close() {} }),
    setPhrases: (phrases) =>
      Promise.resolve(phrases.map(({ phraseId }) => ({ phraseId, reason: 'no recogniser for its language' }))),
    state: [
      { language: 'en-US', state: 'absent', hint },
      { language: 'zh-CN', state: 'absent', hint },
    ],
    dropped: 0,
    observations: new Emitter(),
    changed: new Emitter(),
    close: () => Promise.resolve(),
  };
}
