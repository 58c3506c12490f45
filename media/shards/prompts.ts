import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { speechOfUri } from '../../base/speech-uri.ts';
import type { Codec } from '../sdp/index.ts';
import type { LoadedPrompt } from './messages.ts';

/** To the prompt thread. */
export interface PromptAsked {
  readonly request: number;
  readonly path: string;
  readonly codec: Codec;
}

/** From the prompt thread: the prompt, made just now or taken from the store, or why not. */
export type PromptMade =
  | { readonly request: number; readonly bytes: Uint8Array; readonly from: 'made' | 'store' }
  | { readonly request: number; readonly bytes: undefined; readonly reason: string };

/** Where what was made of prompts is kept, and the program that speaks texts; without them not at all, and the system's. */
export interface PromptOptions {
  readonly directory?: string | undefined;
  readonly speechProgram?: string | undefined;
}

/** How many encoded prompts are kept in memory, and how many bytes of them; the one unused for longest goes first. */
const mostKept = 500;
const mostBytes = 512 * 1024 * 1024;

/** Names what would be read; undefined when there is nothing. Tones and texts never change. */
async function keyOf(path: string, codec: Codec): Promise<string | undefined> {
  if (path.startsWith('tone:') || speechOfUri(path) !== undefined) return `${codec} ${path}`;
  return stat(path).then(
    ({ mtimeMs, size }) => `${codec} ${mtimeMs} ${size} ${path}`,
    () => undefined,
  );
}

/** Encoded prompts: each file once per codec, read again when it changed. All plays of a prompt share its one copy. */
export class Prompts {
  readonly #options: PromptOptions;
  readonly #kept = new Map<string, Promise<PromptMade>>();
  readonly #sizes = new Map<string, number>();
  readonly #pending = new Map<number, (made: PromptMade) => void>();
  #worker: Worker | undefined;
  #request = 0;
  #closed = false;
  #encoded = 0;
  #restored = 0;

  constructor(options: PromptOptions = {}) {
    this.#options = options;
  }

  /** How many prompts were encoded, how many were taken from the disk instead, and the bytes that are in memory. */
  get counts(): { readonly encoded: number; readonly restored: number; readonly bytes: number } {
    const bytes = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    return { encoded: this.#encoded, restored: this.#restored, bytes };
  }

  /** Starts its thread before the first prompt is wanted. */
  warmUp(): void {
    this.#worker ??= this.#start();
  }

  /** The prompt, or the reason why there is none. Never rejects. */
  async load(path: string, codec: Codec): Promise<LoadedPrompt> {
    const key = await keyOf(path, codec);
    const made = await (key === undefined ? this.#ask(path, codec) : this.#keep(key, path, codec));
    const reason = made.bytes === undefined ? made.reason : undefined;
    return { path, codec, bytes: made.bytes, reason };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#fail('the media node is stopping');
    await this.#worker?.terminate();
  }

  #keep(key: string, path: string, codec: Codec): Promise<PromptMade> {
    const known = this.#kept.get(key);
    const made = known ?? this.#ask(path, codec);
    this.#kept.delete(key);
    this.#kept.set(key, made);
    if (known === undefined) void made.then((each) => this.#weigh(key, made, each));
    return made;
  }

  /** What failed is tried again: a voice may be installed, a disk mounted. What is too much goes. */
  #weigh(key: string, promise: Promise<PromptMade>, made: PromptMade): void {
    if (this.#kept.get(key) !== promise) return;
    if (made.bytes === undefined) {
      this.#kept.delete(key);
      return;
    }
    this.#sizes.set(key, made.bytes.length);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept && this.counts.bytes <= mostBytes) return;
      if (oldest !== key) this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#kept.delete(key);
    this.#sizes.delete(key);
  }

  #ask(path: string, codec: Codec): Promise<PromptMade> {
    const request = ++this.#request;
    if (this.#closed) return Promise.resolve({ request, bytes: undefined, reason: 'the media node is stopping' });
    this.#worker ??= this.#start();
    const asked: PromptAsked = { request, path, codec };
    this.#worker.postMessage(asked);
    return new Promise((resolve) => this.#pending.set(request, resolve));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./prompt-worker.ts', import.meta.url), { workerData: this.#options });
    worker.on('message', (made: PromptMade) => {
      if (made.bytes !== undefined && made.from === 'made') this.#encoded++;
      else if (made.bytes !== undefined) this.#restored++;
      this.#pending.get(made.request)?.(made);
      this.#pending.delete(made.request);
    });
    worker.on('error', () => {});
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#kept.clear();
      this.#sizes.clear();
      this.#fail('the prompt reader died');
    });
    return worker;
  }

  #fail(reason: string): void {
    for (const [request, take] of this.#pending) take({ request, bytes: undefined, reason });
    this.#pending.clear();
  }
}
