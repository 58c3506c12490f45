import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Codec } from '../sdp/index.ts';
import type { LoadedPrompt } from './messages.ts';

/** To the prompt thread. */
export interface PromptAsked {
  readonly request: number;
  readonly path: string;
  readonly codec: Codec;
}

/** From the prompt thread. */
export interface PromptMade {
  readonly request: number;
  readonly bytes: Uint8Array | undefined;
  readonly reason: string | undefined;
}

/** How many encoded prompts are kept; the one unused for longest goes first. */
const mostKept = 500;

/** Names what would be read; undefined when there is nothing. A tone never changes. */
async function keyOf(path: string, codec: Codec): Promise<string | undefined> {
  if (path.startsWith('tone:')) return `${codec} ${path}`;
  return stat(path).then(
    ({ mtimeMs, size }) => `${codec} ${mtimeMs} ${size} ${path}`,
    () => undefined,
  );
}

/** Encoded prompts: each file once per codec, read again when it changed. */
export class Prompts {
  readonly #kept = new Map<string, Promise<PromptMade>>();
  readonly #pending = new Map<number, (made: PromptMade) => void>();
  #worker: Worker | undefined;
  #request = 0;
  #closed = false;

  /** The prompt, or the reason why there is none. Never rejects. */
  async load(path: string, codec: Codec): Promise<LoadedPrompt> {
    const key = await keyOf(path, codec);
    const { bytes, reason } = await (key === undefined ? this.#ask(path, codec) : this.#keep(key, path, codec));
    return { path, codec, bytes, reason };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#fail('the media node is stopping');
    await this.#worker?.terminate();
  }

  #keep(key: string, path: string, codec: Codec): Promise<PromptMade> {
    const made = this.#kept.get(key) ?? this.#ask(path, codec);
    this.#kept.delete(key);
    this.#kept.set(key, made);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > mostKept && oldest.done !== true) this.#kept.delete(oldest.value);
    return made;
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
    const worker = new Worker(new URL('./prompt-worker.ts', import.meta.url));
    worker.on('message', (made: PromptMade) => {
      this.#pending.get(made.request)?.(made);
      this.#pending.delete(made.request);
    });
    worker.on('error', () => {});
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#kept.clear();
      this.#fail('the prompt reader died');
    });
    return worker;
  }

  #fail(reason: string): void {
    for (const [request, take] of this.#pending) take({ request, bytes: undefined, reason });
    this.#pending.clear();
  }
}
