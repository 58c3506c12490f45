import { randomBytes } from 'node:crypto';
import { Emitter } from '../../base/emitter.ts';
import type { Logger } from '../../base/logger.ts';
import type { EarsState, Language, Observation, Phrase } from '../../protocol/media.ts';
import type { Ears, RejectedPhrase, TapSink, TapSpeaker } from './ports.ts';
import type { Heard, Recogniser } from './recogniser.ts';
import { ListeningTap } from './tap.ts';
import { loadVoiceDetectors, type VoiceDetectors } from './vad.ts';

/** Most taps open at once (the child numbers them with twelve bits). */
const mostTaps = 4000;

/** The ears over one recogniser per language. */
export class RecognisingEars implements Ears {
  readonly observations = new Emitter<Observation>();
  readonly changed = new Emitter<readonly EarsState[]>();
  readonly #recognisers: ReadonlyMap<Language, Recogniser>;
  readonly #logger: Logger;
  readonly #taps = new Map<number, ListeningTap>();
  #detectors: VoiceDetectors | undefined;
  #lastTap = 0;
  #closing: Promise<void> | undefined;

  constructor(recognisers: readonly Recogniser[], logger: Logger) {
    this.#recognisers = new Map(recognisers.map((each) => [each.state.language, each]));
    this.#logger = logger;
    for (const recogniser of recognisers) {
      recogniser.heard.on((heard) => this.#hear(heard));
      recogniser.changed.on(() => this.changed.emit(this.state));
    }
  }

  get state(): readonly EarsState[] {
    return [...this.#recognisers.values()].map((each) => each.state);
  }

  get dropped(): number {
    return [...this.#recognisers.values()].reduce((sum, each) => sum + each.dropped, 0);
  }

  async start(): Promise<void> {
    this.#detectors = await loadVoiceDetectors();
    await Promise.all([...this.#recognisers.values()].map((each) => each.start()));
    this.changed.emit(this.state);
  }

  openTap(speaker: TapSpeaker): TapSink {
    const recogniser = this.#recognisers.get(speaker.language);
    const number = this.#freeNumber();
    if (recogniser === undefined || recogniser.state.state === 'absent' || number === undefined) return deaf;
    if (this.#detectors === undefined) {
      this.#logger.warn({ callId: speaker.callId }, 'a tap was opened before the ears were started');
      return deaf;
    }
    const tap = new ListeningTap({
      number,
      speaker,
      recogniser,
      detector: this.#detectors.open(),
      prefix: randomBytes(6).toString('hex'),
      observe: (observation) => this.observations.emit(observation),
      gone: () => this.#taps.delete(number),
    });
    this.#taps.set(number, tap);
    return tap;
  }

  async setPhrases(phrases: readonly Phrase[]): Promise<readonly RejectedPhrase[]> {
    const rejected = await Promise.all(
      [...this.#recognisers].map(([language, recogniser]) =>
        recogniser.setPhrases(phrases.filter((phrase) => phrase.language === language)),
      ),
    );
    return rejected.flat();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const tap of this.#taps.values()) tap.close();
    await Promise.all([...this.#recognisers.values()].map((each) => each.close()));
    this.#taps.clear();
  }

  #freeNumber(): number | undefined {
    for (let tries = 0; tries < mostTaps; tries++) {
      this.#lastTap = (this.#lastTap % mostTaps) + 1;
      if (!this.#taps.has(this.#lastTap)) return this.#lastTap;
    }
    return undefined;
  }

  #hear(heard: Heard): void {
    this.#taps.get(heard.tap)?.hear(heard);
  }
}

const deaf: TapSink = { write() {}, close() {} };
