import { Emitter } from '../../base/emitter.ts';
import type { EarsState, Language } from '../../protocol/media.ts';
import type { Recogniser } from './recogniser.ts';

/** Stands where no engine is installed for a language: hears nothing and says what to install. */
export function absentRecogniser(language: Language, hint: string): Recogniser {
  const state: EarsState = { language, state: 'absent', hint };
  return {
    state,
    changed: new Emitter(),
    heard: new Emitter(),
    dropped: 0,
    start: () => Promise.resolve(),
    begin() {},
    write() {},
    end() {},
    forget() {},
    setPhrases: (phrases) =>
      Promise.resolve(phrases.map(({ phraseId }) => ({ phraseId, reason: `no recogniser for ${language}: ${hint}` }))),
    close: () => Promise.resolve(),
  };
}
