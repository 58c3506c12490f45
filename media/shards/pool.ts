import { Worker } from 'node:worker_threads';
import { assertNever } from '../../base/assert-never.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Logger } from '../../base/logger.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { MediaEvent } from '../../protocol/media.ts';
import type { IceSession } from '../edge/ice.ts';
import type { BusyTime } from '../busyness.ts';
import type { FromShard, LegCounters, LegMedia, LegSetup, ShardGraph, ShardOptions, ToShard } from './messages.ts';
import type { Prompts } from './prompts.ts';

type Reply = Extract<FromShard, { readonly request: number }>;

/** One worker thread as the main thread sees it. */
class Thread {
  readonly worker: Worker;
  readonly calls = new Set<string>();
  readonly #replies = new Map<number, (reply: Reply | undefined) => void>();
  #request = 0;
  #gone = false;

  constructor(script: URL, options: ShardOptions, take: (message: FromShard) => void, died: (err: unknown) => void) {
    let cause: unknown;
    this.worker = new Worker(script, { workerData: options });
    this.worker.on('message', (message: FromShard) => {
      if ('request' in message) this.#settle(message.request, message);
      else take(message);
    });
    this.worker.on('error', (error) => {
      cause = error;
    });
    this.worker.on('exit', () => {
      this.#gone = true;
      for (const request of this.#replies.keys()) this.#settle(request, undefined);
      died(cause);
    });
  }

  post(message: ToShard): void {
    this.worker.postMessage(message);
  }

  /** Sends with a number and waits for the reply with it; undefined if the thread died. */
  ask(message: (request: number) => ToShard): Promise<Reply | undefined> {
    if (this.#gone) return Promise.resolve(undefined);
    const request = ++this.#request;
    const reply = new Promise<Reply | undefined>((resolve) => this.#replies.set(request, resolve));
    this.post(message(request));
    return reply;
  }

  #settle(request: number, reply: Reply | undefined): void {
    this.#replies.get(request)?.(reply);
    this.#replies.delete(request);
  }
}

/** The worker threads. All legs of a call live on one; a thread that dies takes only its calls with it and is replaced. */
export class ShardPool {
  /** What happened on a leg. */
  readonly events = new Emitter<MediaEvent>();
  /** A source of a secured leg wants to be decrypted; `sourceReady` says that it is. */
  readonly sources = new Emitter<{ readonly endpointId: string; readonly ssrc: number }>();
  /** A thread died with these calls. */
  readonly lost = new Emitter<readonly string[]>();
  readonly #options: ShardOptions;
  readonly #prompts: Prompts;
  readonly #logger: Logger;
  readonly #threads: Thread[] = [];
  readonly #ofCall = new Map<string, Thread>();
  readonly #script: URL;
  #closing = false;

  /** `script` is what each thread runs; tests give one that dies. */
  constructor(
    options: ShardOptions,
    prompts: Prompts,
    logger: Logger,
    script = new URL('./worker.ts', import.meta.url),
  ) {
    this.#script = script;
    this.#options = options;
    this.#prompts = prompts;
    this.#logger = logger;
  }

  /** Starts `count` threads. */
  start(count: number): void {
    for (let started = 0; started < count; started++) this.#spawn();
  }

  /** Opens the sockets of a leg; answers with its port or with the system's error code. */
  async open(setup: LegSetup): Promise<Result<{ readonly port: number; readonly securedPort: number }, string>> {
    const reply = await this.#threadOf(setup.callId).ask((request) => ({ type: 'open', request, setup }));
    if (reply?.type === 'opened') return ok({ port: reply.port, securedPort: reply.securedPort ?? 0 });
    return fail(reply?.type === 'refused' ? reply.code : 'shard-died');
  }

  configure(callId: string, endpointId: string, media: LegMedia): void {
    this.#ofCall.get(callId)?.post({ type: 'configure', endpointId, media });
  }

  apply(graph: ShardGraph): void {
    this.#ofCall.get(graph.callId)?.post({ type: 'apply', ...graph });
  }

  ice(callId: string, endpointId: string, session: IceSession | undefined): void {
    this.#ofCall.get(callId)?.post({ type: 'ice', endpointId, session });
  }

  sourceReady(callId: string, endpointId: string, ssrc: number): void {
    this.#ofCall.get(callId)?.post({ type: 'source-ready', endpointId, ssrc });
  }

  close(callId: string, endpointId: string): void {
    this.#ofCall.get(callId)?.post({ type: 'close', endpointId });
  }

  /** Closes every leg of a call and forgets its graph. */
  forget(callId: string): void {
    const thread = this.#ofCall.get(callId);
    thread?.calls.delete(callId);
    this.#ofCall.delete(callId);
    thread?.post({ type: 'forget', callId });
  }

  /** What the legs of all calls have counted, or those of one. */
  async counters(callId?: string): Promise<Map<string, LegCounters>> {
    const one = callId === undefined ? undefined : this.#ofCall.get(callId);
    const threads = callId === undefined ? this.#threads : one === undefined ? [] : [one];
    const of = callId === undefined ? {} : { callId };
    const replies = await Promise.all(
      threads.map((thread) => thread.ask((request) => ({ type: 'counters', request, ...of }))),
    );
    const legs = replies.flatMap((reply) => (reply?.type === 'counters' ? reply.legs : []));
    return new Map(legs.map((leg) => [leg.endpointId, leg]));
  }

  /** For how long each thread has been busy since its start. */
  busyTimes(): BusyTime[] {
    return this.#threads.map(({ worker }) => ({
      id: `shard ${String(worker.threadId)}`,
      busyMs: worker.performance.eventLoopUtilization().active,
      atMs: performance.now(),
    }));
  }

  async stop(): Promise<void> {
    this.#closing = true;
    await Promise.all(
      this.#threads.map((thread) => {
        const gone = new Promise((resolve) => thread.worker.once('exit', resolve));
        thread.post({ type: 'stop' });
        return gone;
      }),
    );
  }

  #threadOf(callId: string): Thread {
    const known = this.#ofCall.get(callId);
    if (known !== undefined) return known;
    const thread = this.#threads.reduce((least, each) => (each.calls.size < least.calls.size ? each : least));
    thread.calls.add(callId);
    this.#ofCall.set(callId, thread);
    return thread;
  }

  #spawn(): void {
    const thread: Thread = new Thread(
      this.#script,
      this.#options,
      (message) => this.#take(thread, message),
      (error) => this.#died(thread, error),
    );
    this.#threads.push(thread);
  }

  #take(thread: Thread, message: FromShard): void {
    switch (message.type) {
      case 'event':
        this.events.emit(message.event);
        return;
      case 'source':
        this.sources.emit(message);
        return;
      case 'want-prompt':
        void this.#prompts.load(message.path, message.codec).then((prompt) => thread.post({ type: 'prompt', prompt }));
        return;
      case 'call-died':
        this.#logger.error({ callId: message.callId, reason: message.reason }, 'a call failed in its shard');
        this.lost.emit([message.callId]);
        return;
      case 'ready':
      case 'opened':
      case 'refused':
      case 'counters':
        return;
      default:
        assertNever(message, 'message');
    }
  }

  #died(thread: Thread, err: unknown): void {
    this.#threads.splice(this.#threads.indexOf(thread), 1);
    if (this.#closing) return;
    this.#logger.error({ err, calls: thread.calls.size }, 'a media shard died');
    for (const callId of thread.calls) this.#ofCall.delete(callId);
    this.#spawn();
    this.lost.emit([...thread.calls]);
  }
}
