/** The port behind which a speech engine sits. One recogniser serves one language and any number of taps. */
import type { Emitter } from '../../base/emitter.ts';
import type { EarsState, Phrase } from '../../protocol/media.ts';
import type { RejectedPhrase } from './ports.ts';

/** What an engine heard. Times are milliseconds from the first sample of the utterance. */
export type Heard =
  | { readonly type: 'partial'; readonly tap: number; readonly utterance: number; readonly text: string }
  | {
      readonly type: 'final';
      readonly tap: number;
      readonly utterance: number;
      readonly text: string;
      readonly confidence?: number | undefined;
    }
  | {
      readonly type: 'spotted';
      readonly tap: number;
      readonly utterance: number;
      readonly phraseId: string;
      readonly text: string;
      readonly startMs: number;
      readonly endMs: number;
    };

/** A speech engine. Nothing here blocks or throws; what cannot be handled is dropped and counted. */
export interface Recogniser {
  readonly state: EarsState;
  readonly changed: Emitter<EarsState>;
  readonly heard: Emitter<Heard>;
  /** Frames dropped because the engine was away or too slow. */
  readonly dropped: number;
  /** Starts the engine; resolves when it takes sound or is known to be absent. Texts may be late until `state` is ready. */
  start(): Promise<void>;
  /** An utterance begins in a tap; `utterance` grows within the tap. */
  begin(tap: number, utterance: number): void;
  /** The next samples (PCM16, 8 kHz) of the tap's open utterance. The array is copied. */
  write(tap: number, samples: Int16Array): void;
  /** The open utterance ends; its `final` follows. */
  end(tap: number): void;
  /** The tap will not be heard again. */
  forget(tap: number): void;
  /** Replaces the phrases to spot, also in open utterances. Resolves when in force. */
  setPhrases(phrases: readonly Phrase[]): Promise<readonly RejectedPhrase[]>;
  close(): Promise<void>;
}
