import { Emitter } from '../../base/emitter.ts';
import type { EarsState, Observation, Phrase } from '../../protocol/media.ts';
import type { Ears, RejectedPhrase, TapSink, TapSpeaker } from './ports.ts';

/** A tap that was opened before there was anybody to listen. */
class LateTap implements TapSink {
  #sink: TapSink | undefined;
  #closed = false;

  write(frame: Int16Array, mediaTimeMs: number): void {
    this.#sink?.write(frame, mediaTimeMs);
  }

  close(): void {
    this.#closed = true;
    this.#sink?.close();
  }

  /** Somebody listens from now on; what was said before is lost. */
  open(ears: Ears, speaker: TapSpeaker): void {
    if (!this.#closed) this.#sink = ears.openTap(speaker);
  }
}

/**
 * Ears that are made while the node works already: looking for engines and loading them takes seconds, which callers whose
 * node has died would wait in silence for. Until then they are `degraded`, and hear nothing.
 */
export class LateEars implements Ears {
  readonly observations = new Emitter<Observation>();
  readonly changed = new Emitter<readonly EarsState[]>();
  readonly #make: () => Promise<Ears>;
  readonly #failed: (err: unknown) => void;
  readonly #waiting = new Map<LateTap, TapSpeaker>();
  #made: Promise<Ears> | undefined;
  #ears: Ears | undefined;
  #phrases: readonly Phrase[] | undefined;
  readonly #listening = Promise.withResolvers<Ears | undefined>();
  #begun = false;
  #closed = false;

  /** `failed` is told when they cannot be made; nobody listens then. */
  constructor(make: () => Promise<Ears>, failed: (err: unknown) => void) {
    this.#make = make;
    this.#failed = failed;
  }

  get state(): readonly EarsState[] {
    return this.#ears?.state ?? (['en-US', 'zh-CN'] as const).map((language) => ({ language, state: 'degraded' }));
  }

  get dropped(): number {
    return this.#ears?.dropped ?? 0;
  }

  /** They are made by `listen`. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  /** Makes them where there is time for it, without starting anything. What goes wrong is told by `listen`. */
  prepare(): void {
    this.#made ??= this.#make();
    this.#made.catch(() => undefined);
  }

  /** Makes them. Resolves when they listen; never rejects. */
  async listen(): Promise<void> {
    if (!this.#begun && !this.#closed) {
      this.#begun = true;
      const made = this.#listen().catch((err: unknown) => {
        this.#failed(err);
        return undefined;
      });
      this.#listening.resolve(made);
    }
    await this.#listening.promise;
  }

  openTap(speaker: TapSpeaker): TapSink {
    if (this.#ears !== undefined) return this.#ears.openTap(speaker);
    const tap = new LateTap();
    this.#waiting.set(tap, speaker);
    return tap;
  }

  async setPhrases(phrases: readonly Phrase[]): Promise<readonly RejectedPhrase[]> {
    if (this.#ears !== undefined) return this.#ears.setPhrases(phrases);
    this.#phrases = phrases;
    const ears = await this.#listening.promise;
    return ears === undefined || this.#phrases !== phrases ? [] : ears.setPhrases(phrases);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#begun) this.#listening.resolve(undefined);
    await this.#listening.promise;
    await this.#ears?.close();
  }

  async #listen(): Promise<Ears> {
    const ears = await (this.#made ?? this.#make());
    ears.observations.on((observation) => this.observations.emit(observation));
    ears.changed.on((state) => this.changed.emit(state));
    await ears.start();
    this.#ears = ears;
    if (this.#closed) return ears;
    for (const [tap, speaker] of this.#waiting) tap.open(ears, speaker);
    this.#waiting.clear();
    this.changed.emit(this.state);
    return ears;
  }
}
