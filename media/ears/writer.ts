import type { Cancel, Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { assertNever } from '../../base/assert-never.ts';
import { pcmBytes, uint32, type ChildMessage, type Kind } from './messages.ts';
import type { Heard } from './recogniser.ts';

/** What a writer needs of its child process (an `EarsChild`). */
export interface WriterChild {
  readonly messages: Emitter<ChildMessage>;
  readonly up: Emitter<boolean>;
  readonly ready: boolean;
  start(): Promise<boolean>;
  readonly dropped: number;
  send(kind: Kind, tap: number, payload?: Uint8Array): void;
  kill(): void;
}

interface Utterance {
  readonly tap: number;
  readonly number: number;
  /** Sound that was not sent yet. */
  waiting: Int16Array[];
  ended: boolean;
  /** The last text so far. */
  text: string;
}

/** Frames that may wait for their turn in one writer: 40 s. Then the oldest waiting utterance is given up. */
const mostWaiting = 2000;
/** A writer that says nothing for so long after the end of an utterance is stuck. */
const patienceMs = 30_000;

/**
 * Writes down utterances with one child process, one after the other: while one is being spoken the others wait, and
 * are caught up faster than they were spoken. So the number of writers bounds the processor time transcription takes.
 */
export class Writer {
  readonly heard = new Emitter<Heard>();
  dropped = 0;
  readonly child: WriterChild;
  readonly #clock: Clock;
  /** The first is the one the child works on. */
  readonly #queue: Utterance[] = [];
  #stuck: Cancel | undefined;

  constructor(child: WriterChild, clock: Clock) {
    this.child = child;
    this.#clock = clock;
    child.messages.on((message) => this.#take(message));
    child.up.on((up) => (up ? this.#begin() : this.#lost()));
  }

  /** How much there is to do. */
  get load(): number {
    return this.#queue.length;
  }

  begin(tap: number, number: number): void {
    this.#queue.push({ tap, number, waiting: [], ended: false, text: '' });
    if (this.#queue.length === 1) this.#begin();
  }

  write(tap: number, samples: Int16Array): void {
    const utterance = this.#open(tap);
    if (utterance === undefined) return;
    if (utterance === this.#queue[0] && this.child.ready) {
      this.child.send('A', tap, pcmBytes(samples));
      return;
    }
    utterance.waiting.push(samples.slice());
    this.#bound();
  }

  end(tap: number): void {
    const utterance = this.#open(tap);
    if (utterance === undefined) return;
    utterance.ended = true;
    if (utterance === this.#queue[0]) this.#finish(utterance);
  }

  forget(tap: number): void {
    this.end(tap);
    if (!this.#queue.some((utterance) => utterance.tap === tap)) this.child.send('X', tap);
  }

  #open(tap: number): Utterance | undefined {
    return this.#queue.find((utterance) => utterance.tap === tap && !utterance.ended);
  }

  #begin(): void {
    const first = this.#queue[0];
    if (first === undefined || !this.child.ready) return;
    this.child.send('B', first.tap, uint32(first.number));
    for (const samples of first.waiting) this.child.send('A', first.tap, pcmBytes(samples));
    first.waiting = [];
    if (first.ended) this.#finish(first);
  }

  #finish(utterance: Utterance): void {
    if (!this.child.ready) return;
    this.child.send('E', utterance.tap);
    this.#stuck?.();
    this.#stuck = this.#clock.at(this.#clock.now() + patienceMs, () => this.child.kill());
  }

  #take(message: ChildMessage): void {
    const first = this.#queue[0];
    switch (message.type) {
      case 'partial':
        if (first?.tap !== message.tap || first.number !== message.utterance) return;
        first.text = message.text;
        this.heard.emit(message);
        return;
      case 'final':
        if (first?.tap !== message.tap || first.number !== message.utterance) return;
        this.heard.emit(message);
        this.#next();
        return;
      case 'ready':
      case 'failed':
      case 'compiled':
      case 'spotted':
      case 'ended':
        return;
      default:
        assertNever(message);
    }
  }

  #next(): void {
    this.#stuck?.();
    this.#stuck = undefined;
    this.#queue.shift();
    this.#begin();
  }

  /** The child died with the first utterance in its hands: what was read so far is all there will be of it. */
  #lost(): void {
    const first = this.#queue[0];
    if (first === undefined || (first.waiting.length > 0 && first.text === '')) return;
    this.heard.emit({ type: 'final', tap: first.tap, utterance: first.number, text: first.text });
    this.#next();
  }

  #bound(): void {
    let frames = this.#queue.reduce((sum, utterance) => sum + utterance.waiting.length, 0);
    while (frames > mostWaiting) {
      const oldest = this.#queue.findIndex((utterance, index) => index > 0 || !this.child.ready || utterance.ended);
      const [given] = oldest < 0 ? [] : this.#queue.splice(oldest, 1);
      if (given === undefined) return;
      frames -= given.waiting.length;
      this.dropped += given.waiting.length;
      this.heard.emit({ type: 'final', tap: given.tap, utterance: given.number, text: '' });
    }
  }
}
