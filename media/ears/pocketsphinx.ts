import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Logger } from '../../base/logger.ts';
import type { EarsState, Phrase } from '../../protocol/media.ts';
import { EarsChild } from './child.ts';
import { compileKeyphrases, type Keyphrases } from './keyphrases.ts';
import { loadLexicon, type Lexicon } from './lexicon.ts';
import { pcmBytes, uint32, type ChildMessage } from './messages.ts';
import type { RejectedPhrase } from './ports.ts';
import type { Heard, Recogniser } from './recogniser.ts';
import { Doubts } from './spotted.ts';
import { Writer } from './writer.ts';

export interface PocketsphinxOptions {
  /** The built child program (native/build.mjs). */
  readonly program: string;
  /** Folder with `en-us/`, `en-us.lm.bin` and `cmudict-en-us.dict`. */
  readonly model: string;
  /** How many utterances are written down at the same time; 0 spots phrases only. */
  readonly writers: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

function besides(name: string): string {
  return fileURLToPath(new URL(`native/${name}`, import.meta.url));
}

const startingHint = 'the recogniser is being started';

const noPhrases: Keyphrases = { dictionary: '', list: '', phrases: new Map(), rejected: [] };

/** English by Debian's pocketsphinx: one process spots phrases in all taps, `writers` more write down what is said. */
export class PocketsphinxRecogniser implements Recogniser {
  readonly changed = new Emitter<EarsState>();
  readonly heard = new Emitter<Heard>();
  readonly #options: PocketsphinxOptions;
  readonly #spotter: EarsChild;
  readonly #writers: readonly Writer[];
  readonly #children: readonly EarsChild[];
  readonly #writerOf = new Map<number, Writer>();
  readonly #spoken = new Map<number, number>();
  readonly #compiled = new Emitter<number>();
  readonly #doubts = new Doubts();
  #lexicon: Lexicon = new Map();
  #keyphrases = noPhrases;
  #revision = 0;
  #folder: string | undefined;
  #state: EarsState = { language: 'en-US', state: 'degraded', hint: startingHint };

  constructor(options: PocketsphinxOptions) {
    this.#options = options;
    this.#spotter = this.#child('spot', []);
    const model = ['--dict', join(options.model, 'cmudict-en-us.dict'), '--lm', join(options.model, 'en-us.lm.bin')];
    const children = Array.from({ length: options.writers }, () => this.#child('write', model));
    this.#children = [this.#spotter, ...children];
    this.#writers = children.map((child) => new Writer(child, options.clock));
    this.#spotter.messages.on((message) => this.#spotted(message));
    for (const writer of this.#writers) writer.heard.on((heard) => this.#written(heard));
    for (const child of this.#children) child.up.on(() => this.#judge());
    this.#spotter.up.on((up) => {
      if (up) this.#listen();
    });
  }

  get state(): EarsState {
    return this.#state;
  }

  get dropped(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.dropped + writer.child.dropped, this.#spotter.dropped);
  }

  /** The process ids of the children, for tests of what happens when one dies. */
  get pids(): readonly number[] {
    return this.#children.flatMap((child) => child.pid ?? []);
  }

  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'jackfield-ears-'));
    const lexicon = loadLexicon(join(this.#options.model, 'cmudict-en-us.dict'));
    // The language model takes seconds to load: calls do not wait for it, what is said meanwhile is written down later.
    for (const { child } of this.#writers) void child.start();
    await this.#spotter.start();
    this.#lexicon = await lexicon;
  }

  begin(tap: number, utterance: number): void {
    this.#spoken.set(tap, utterance);
    this.#spotter.send('B', tap, uint32(utterance));
    this.#writer(tap)?.begin(tap, utterance);
  }

  write(tap: number, samples: Int16Array): void {
    if (!this.#spoken.has(tap)) return;
    this.#spotter.send('A', tap, pcmBytes(samples));
    this.#writerOf.get(tap)?.write(tap, samples);
  }

  end(tap: number): void {
    if (!this.#spoken.delete(tap)) return;
    this.#spotter.send('E', tap);
    this.#writerOf.get(tap)?.end(tap);
  }

  forget(tap: number): void {
    this.end(tap);
    this.#spotter.send('X', tap);
    this.#writerOf.get(tap)?.forget(tap);
    this.#writerOf.delete(tap);
    this.#doubts.forget(tap);
  }

  async setPhrases(phrases: readonly Phrase[]): Promise<readonly RejectedPhrase[]> {
    if (this.#folder === undefined) throw new Error('setPhrases before start');
    const keyphrases = compileKeyphrases(phrases, this.#lexicon);
    const revision = ++this.#revision;
    await writeFile(this.#file(revision, 'dict'), keyphrases.dictionary);
    await writeFile(this.#file(revision, 'list'), keyphrases.list);
    if (revision !== this.#revision) return keyphrases.rejected;
    this.#keyphrases = keyphrases;
    const inForce = Promise.withResolvers<undefined>();
    const cancels = [
      this.#compiled.on((done) => {
        if (done >= revision) inForce.resolve(undefined);
      }),
      // A spotter that is down reads the newest list when it is up again.
      this.#spotter.up.on((up) => {
        if (!up) inForce.resolve(undefined);
      }),
    ];
    if (this.#spotter.ready) this.#listen();
    else inForce.resolve(undefined);
    await inForce.promise;
    for (const cancel of cancels) cancel();
    return keyphrases.rejected;
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.close()));
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  #child(role: 'spot' | 'write', more: readonly string[]): EarsChild {
    const { program, model, clock, logger } = this.#options;
    const common = [
      '--hmm',
      join(model, 'en-us'),
      '--features',
      besides('features.txt'),
      '--bands',
      besides('bands.txt'),
    ];
    return new EarsChild({ program, args: [role, ...common, ...more], clock, logger });
  }

  #file(revision: number, kind: 'dict' | 'list'): string {
    return join(this.#folder ?? '', `phrases-${revision}.${kind}`);
  }

  /** Gives the spotter the present phrases. */
  #listen(): void {
    if (this.#revision === 0) return;
    const paths =
      this.#keyphrases.list === ''
        ? '\n'
        : `${this.#file(this.#revision, 'dict')}\n${this.#file(this.#revision, 'list')}`;
    this.#spotter.send('K', 0, Buffer.concat([uint32(this.#revision), Buffer.from(paths)]));
  }

  #writer(tap: number): Writer | undefined {
    const known = this.#writerOf.get(tap);
    if (known !== undefined) return known;
    const users = (writer: Writer): number => [...this.#writerOf.values()].filter((each) => each === writer).length;
    const freest = [...this.#writers].sort((a, b) => a.load - b.load || users(a) - users(b))[0];
    if (freest !== undefined) this.#writerOf.set(tap, freest);
    return freest;
  }

  #spotted(message: ChildMessage): void {
    if (message.type === 'compiled') this.#compiled.emit(message.revision);
    // Without a writer nothing else says that an utterance is over.
    if (message.type === 'ended' && this.#writers.length === 0) this.#written({ ...message, type: 'final', text: '' });
    if (message.type !== 'spotted') return;
    const keyphrase = this.#keyphrases.phrases.get(message.phrase);
    if (keyphrase === undefined) return;
    for (const spotted of this.#doubts.weigh(message, keyphrase)) this.heard.emit(spotted);
  }

  #written(heard: Heard): void {
    if (heard.type === 'final')
      for (const spotted of this.#doubts.confirm(heard, this.#lexicon)) this.heard.emit(spotted);
    this.heard.emit(heard);
  }

  #judge(): void {
    const up = this.#children.every((child) => child.ready);
    const state: EarsState = up
      ? { language: 'en-US', state: 'ready' }
      : { language: 'en-US', state: 'degraded', hint: startingHint };
    if (state.state === this.#state.state && state.hint === this.#state.hint) return;
    this.#state = state;
    this.changed.emit(state);
  }
}
