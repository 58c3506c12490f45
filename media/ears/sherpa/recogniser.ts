import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../base/clock.ts';
import { Emitter } from '../../../base/emitter.ts';
import type { Logger } from '../../../base/logger.ts';
import type { EarsState, Language, Phrase } from '../../../protocol/media.ts';
import { EarsChild } from '../child.ts';
import type { RejectedPhrase } from '../ports.ts';
import type { Heard, Recogniser } from '../recogniser.ts';
import { Writer } from '../writer.ts';

export interface SherpaOptions {
  readonly language: Language;
  /** Folder with `node_modules/sherpa-onnx-node`. */
  readonly packages: string;
  /** Folder with the model's files, see `findModel`. */
  readonly model: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const samplesPerMs = 8;
const startingHint = 'the recogniser is being started';

/** Letters and digits only: a recogniser of Chinese writes no punctuation, and spaces where it likes. */
function bare(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

interface Spoken {
  readonly utterance: number;
  samples: number;
  readonly spotted: Set<string>;
}

/** The arguments of Node that start the child. */
export function sherpaChild(packages: string, model: string): readonly string[] {
  const program = fileURLToPath(new URL('main.ts', import.meta.url));
  return ['--disable-warning=ExperimentalWarning', program, packages, model];
}

/** A language by sherpa-onnx: one process writes down what is said; phrases are found in the text as it grows. */
export class SherpaRecogniser implements Recogniser {
  readonly changed = new Emitter<EarsState>();
  readonly heard = new Emitter<Heard>();
  readonly #child: EarsChild;
  readonly #writer: Writer;
  readonly #spoken = new Map<number, Spoken[]>();
  #phrases: readonly { readonly phraseId: string; readonly text: string; readonly bare: string }[] = [];
  #state: EarsState;

  constructor({ language, packages, model, clock, logger }: SherpaOptions) {
    this.#state = { language, state: 'degraded', hint: startingHint };
    this.#child = new EarsChild({ program: process.execPath, args: sherpaChild(packages, model), clock, logger });
    this.#writer = new Writer(this.#child, clock);
    this.#writer.heard.on((heard) => this.#written(heard));
    this.#child.up.on((up) => {
      this.#state = up ? { language, state: 'ready' } : { language, state: 'degraded', hint: startingHint };
      this.changed.emit(this.#state);
    });
  }

  get state(): EarsState {
    return this.#state;
  }

  get dropped(): number {
    return this.#writer.dropped + this.#child.dropped;
  }

  start(): Promise<void> {
    // A large model takes seconds to load: calls do not wait for it.
    void this.#child.start();
    return Promise.resolve();
  }

  begin(tap: number, utterance: number): void {
    const before = this.#spoken.get(tap) ?? [];
    this.#spoken.set(tap, [...before, { utterance, samples: 0, spotted: new Set() }]);
    this.#writer.begin(tap, utterance);
  }

  write(tap: number, samples: Int16Array): void {
    const open = this.#spoken.get(tap)?.at(-1);
    if (open !== undefined) open.samples += samples.length;
    this.#writer.write(tap, samples);
  }

  end(tap: number): void {
    this.#writer.end(tap);
  }

  forget(tap: number): void {
    this.#writer.forget(tap);
    this.#spoken.delete(tap);
  }

  setPhrases(phrases: readonly Phrase[]): Promise<readonly RejectedPhrase[]> {
    const all = phrases.map(({ phraseId, text }) => ({ phraseId, text, bare: bare(text) }));
    this.#phrases = all.filter((phrase) => phrase.bare !== '');
    const rejected = all.filter((phrase) => phrase.bare === '');
    return Promise.resolve(rejected.map(({ phraseId }) => ({ phraseId, reason: 'no letters to listen for' })));
  }

  close(): Promise<void> {
    return this.#child.close();
  }

  #written(heard: Heard): void {
    if (heard.type === 'spotted') return;
    const { tap, utterance, type, text } = heard;
    const spoken = this.#spoken.get(tap)?.find((each) => each.utterance === utterance);
    if (spoken !== undefined) this.#spot(tap, spoken, text);
    // The child gives no confidence of its own.
    this.heard.emit({ type, tap, utterance, text });
    if (type !== 'final') return;
    const left = (this.#spoken.get(tap) ?? []).filter((each) => each.utterance > utterance);
    if (this.#spoken.has(tap)) this.#spoken.set(tap, left);
  }

  /** A phrase is told once an utterance. It ended no later than what was heard so far; when it began is not known. */
  #spot(tap: number, spoken: Spoken, text: string): void {
    const said = bare(text);
    for (const phrase of this.#phrases) {
      if (spoken.spotted.has(phrase.phraseId) || !said.includes(phrase.bare)) continue;
      spoken.spotted.add(phrase.phraseId);
      const at = Math.round(spoken.samples / samplesPerMs);
      const { phraseId } = phrase;
      this.heard.emit({
        type: 'spotted',
        tap,
        utterance: spoken.utterance,
        phraseId,
        text: phrase.text,
        startMs: at,
        endMs: at,
      });
    }
  }
}
