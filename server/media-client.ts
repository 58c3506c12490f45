import { connect, type Socket } from 'node:net';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import { fail, ok, type Result } from '../base/result.ts';
import {
  mediaFrame,
  mediaVerbs,
  type MediaError,
  type MediaEvent,
  type MediaFrame,
  type MediaParams,
  type MediaResult,
  type MediaVerb,
} from '../protocol/media.ts';

/** Where the media node is and who we are to it. */
export interface MediaClientOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** The brain's name, and a number that grows with each of its starts. */
  readonly brain: string;
  readonly epoch: number;
  /** Milliseconds between two attempts to connect. */
  readonly retryMs?: number;
}

/** A connection is up and subscribed. */
export interface MediaConnected {
  readonly bootId: string;
  /** True if the node was started anew since the last connection: it holds nothing of ours any more. */
  readonly newBoot: boolean;
  /** False if events were lost between: ask for the inventory. */
  readonly complete: boolean;
}

type Settle = (answer: Result<unknown, MediaError>) => void;

const away: MediaError = { code: 'internal', message: 'the media node is away', retryable: true };
/** Between two attempts to connect, ms: the node is on this machine, and callers hear nothing until it is found again. */
const retryMs = 25;
/** Verbs that may wait for the node's answer. */
const mostPending = 20_000;
const tooMany: MediaError = { code: 'overloaded', message: 'the media node does not answer', retryable: true };
const fatal: ReadonlySet<MediaError['code']> = new Set(['unauthorised', 'stale-epoch', 'bad-request']);

/**
 * The brain's end of the media RPC. Connects again whenever the connection is lost, and gets the events it missed by
 * number, so a listener sees each event once and in order.
 */
export class MediaClient {
  /** Every event of the node, in order, each once. */
  readonly events = new Emitter<{ readonly seq: number; readonly at: number; readonly event: MediaEvent }>();
  readonly connected = new Emitter<MediaConnected>();
  /** The connection is lost; verbs fail until `connected`. */
  readonly lost = new Emitter<undefined>();
  /** The node refused us for good (wrong secret, a newer brain is in charge): no further attempt is made. */
  readonly refused = new Emitter<MediaError>();
  readonly #options: MediaClientOptions;
  readonly #logger: Logger;
  readonly #pending = new Map<number, Settle>();
  #socket: Socket | undefined;
  #rest: string[] = [];
  #id = 0;
  #bootId: string | undefined;
  #lastSeq = 0;
  #up = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MediaClientOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  /** Starts to connect. Resolves with the first connection; rejects if the node refuses us for good. */
  connect(): Promise<MediaConnected> {
    return new Promise((resolve, reject) => {
      const cancels = [
        this.connected.on((connection) => {
          for (const cancel of cancels) cancel();
          resolve(connection);
        }),
        this.refused.on((error) => {
          for (const cancel of cancels) cancel();
          reject(new Error(`the media node refuses us: ${error.message}`, { cause: error }));
        }),
      ];
      this.#dial();
    });
  }

  /** Which start of the node this is; events are numbered per boot. */
  get bootId(): string {
    return this.#bootId ?? 'none';
  }

  /** Is the node there? */
  get isConnected(): boolean {
    return this.#up;
  }

  /** Resolves when the node is there, or after so many ms without it. */
  reachable(withinMs: number): Promise<void> {
    if (this.#up || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(late);
        stop();
        resolve();
      };
      const stop = this.connected.on(done);
      const late = setTimeout(done, withinMs);
    });
  }

  /** Calls `listener` with every event from now on. */
  onEvent(listener: (event: MediaEvent) => void): () => void {
    return this.events.on(({ event }) => listener(event));
  }

  /** Asks for one verb. Fails with a retryable `internal` error while the node is away; never rejects. */
  call<V extends MediaVerb>(verb: V, params: MediaParams<V>): Promise<Result<MediaResult<V>, MediaError>> {
    if (!this.#up) return Promise.resolve(fail(away));
    if (this.#pending.size >= mostPending) return Promise.resolve(fail(tooMany));
    return new Promise((resolve) => {
      this.#ask(verb, params, (answer) => resolve(answer as Result<MediaResult<V>, MediaError>));
    });
  }

  /** Hangs up for good; the node keeps its calls until the lease runs out. Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #dial(): void {
    if (this.#closed) return;
    const { host, port, secret, brain, epoch } = this.#options;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    this.#rest = [];
    socket.setEncoding('utf8');
    socket.on('connect', () => this.#ask('hello', { secret, brain, epoch }, (answer) => this.#greeted(answer)));
    socket.on('data', (text: string) => this.#take(text));
    socket.on('error', () => {});
    socket.on('close', () => this.#gone());
  }

  #greeted(answer: Result<unknown, MediaError>): void {
    if (!answer.ok) {
      if (fatal.has(answer.error.code)) this.#refuse(answer.error);
      else this.#socket?.destroy();
      return;
    }
    const { bootId } = answer.value as MediaResult<'hello'>;
    const newBoot = this.#bootId !== undefined && this.#bootId !== bootId;
    if (this.#bootId !== bootId) this.#lastSeq = 0;
    this.#bootId = bootId;
    this.#ask('subscribe', { from: this.#lastSeq }, (subscribed) => {
      if (!subscribed.ok) {
        this.#socket?.destroy();
        return;
      }
      this.#up = true;
      const { complete } = subscribed.value as MediaResult<'subscribe'>;
      this.connected.emit({ bootId, newBoot, complete });
    });
  }

  #refuse(error: MediaError): void {
    this.#logger.error({ code: error.code }, 'the media node refuses us');
    this.close();
    this.refused.emit(error);
  }

  #ask<V extends MediaVerb>(verb: V, params: MediaParams<V>, settle: Settle): void {
    const id = ++this.#id;
    this.#pending.set(id, (answer) => {
      if (!answer.ok) {
        settle(answer);
        return;
      }
      const result = mediaVerbs[verb].result.safeParse(answer.value);
      if (result.success) settle(ok(result.data));
      else settle(fail({ code: 'internal', message: `the media node's answer to ${verb} is wrong`, retryable: false }));
    });
    this.#socket?.write(`${JSON.stringify({ id, verb, params })}\n`);
  }

  #take(text: string): void {
    const [first = '', ...more] = text.split('\n');
    this.#rest.push(first);
    for (const part of more) {
      const line = this.#rest.join('');
      this.#rest = [part];
      if (line !== '') this.#line(line);
    }
  }

  #line(line: string): void {
    let frame: MediaFrame;
    try {
      frame = mediaFrame.parse(JSON.parse(line));
    } catch (err) {
      this.#logger.error({ err }, 'a line of the media node cannot be read');
      return;
    }
    if ('seq' in frame) {
      if (frame.seq <= this.#lastSeq) return;
      this.#lastSeq = frame.seq;
      this.events.emit(frame);
      return;
    }
    const settle = this.#pending.get(frame.id);
    this.#pending.delete(frame.id);
    settle?.(frame.ok ? ok(frame.result) : fail(frame.error));
  }

  #gone(): void {
    const wasUp = this.#up;
    this.#up = false;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const settle of pending) settle(fail(away));
    if (wasUp) this.lost.emit(undefined);
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#dial(), this.#options.retryMs ?? retryMs);
  }
}
