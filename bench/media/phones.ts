import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Greeting } from './handshake.ts';
import type { LoadNews, LoadOrder, Stream, Talked } from './load.ts';

/** The process of the telephones: see load.ts. */
export class Phones {
  readonly #child: ChildProcess = fork(join(import.meta.dirname, 'load.ts'));

  /** Opens so many sockets, and resolves with their ports. Those of before are closed. */
  async open(sockets: number): Promise<readonly number[]> {
    const news = await this.#ask({ type: 'open', sockets });
    if (news.type !== 'opened') throw new Error('the phones did not open');
    return news.ports;
  }

  /** What streams of this name say. */
  sound(name: string, payloads: readonly Uint8Array[]): void {
    const texts = payloads.map((each) => Buffer.from(each).toString('base64'));
    this.#child.send({ type: 'sound', name, payloads: texts } satisfies LoadOrder);
  }

  /** Agrees on keys from a socket; rejects if nobody answers. One at a time. */
  async greet(socket: number, greeting: Greeting): Promise<void> {
    const news = await this.#ask({ type: 'greet', socket, greeting });
    if (news.type !== 'greeted' || news.error !== undefined) throw new Error(`no keys: ${JSON.stringify(news)}`);
  }

  async talk(streams: readonly Stream[], seconds: number): Promise<Talked> {
    const news = await this.#ask({ type: 'talk', streams, seconds });
    if (news.type !== 'talked') throw new Error('the phones did not talk');
    return news;
  }

  /** Ends the process: it has nothing to keep, and what it greeted with may still hold it. */
  close(): void {
    this.#child.kill();
  }

  async #ask(order: LoadOrder): Promise<LoadNews> {
    this.#child.send(order);
    const [news] = (await once(this.#child, 'message')) as [LoadNews];
    return news;
  }
}
