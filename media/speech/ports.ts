import type { Result } from '../../base/result.ts';
import type { Sound } from '../audio/wav.ts';

/** Why a text could not be spoken. `no-program`: nothing that speaks this language is installed. */
export interface SpeechError {
  readonly code: 'no-program' | 'failed';
  /** A phrase that names the program and what it said. */
  readonly message: string;
  readonly retryable: boolean;
}

/** Speaks texts: the programs of the system, a program of the site, or a stand-in of a test. */
export interface SpeechProvider {
  /** Names voice and version: what was spoken under another one is spoken anew. */
  readonly id: string;
  /** `language` is BCP 47. Never rejects. */
  speak(text: string, language: string): Promise<Result<Sound, SpeechError>>;
}
