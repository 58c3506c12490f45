import { spawn, type ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { Cancel, Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Logger } from '../../base/logger.ts';
import { RestartPolicy } from '../../base/supervisor.ts';
import { decode, encode, type ChildMessage, type Kind } from './messages.ts';

export interface ChildOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Bytes waiting for a child that does not read: a minute of sound. What comes on top is dropped. */
const mostWaiting = 16_000 * 60;
/** How long to rest after too many deaths in a row. */
const restMs = 30_000;

/** The media node may run before other programs (cli/up): what listens must not, for no call waits for it. */
function asAnyOther({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_NORMAL);
  } catch {
    // It has ended already, which is told elsewhere.
  }
}

/** One `jackfield-ears` process that is started again when it dies. */
export class EarsChild {
  /** What it says. */
  readonly messages = new Emitter<ChildMessage>();
  /** True when it came up, false when it went down. */
  readonly up = new Emitter<boolean>();
  dropped = 0;
  readonly #options: ChildOptions;
  readonly #policy: RestartPolicy;
  #process: ChildProcess | undefined;
  #ready = false;
  #closed = false;
  #restart: Cancel | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#policy = new RestartPolicy(options.clock);
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** The process id, for tests and logs; undefined while it is down. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it; resolves with whether it came up at the first attempt. */
  start(): Promise<boolean> {
    const first = Promise.withResolvers<boolean>();
    const cancel = this.up.on((up) => {
      cancel();
      first.resolve(up);
    });
    this.#spawn();
    return first.promise;
  }

  /** Sends a message; drops it when the child is down or does not read. */
  send(kind: Kind, tap: number, payload?: Uint8Array): void {
    const input = this.#process?.stdin;
    if (!this.#ready || input === null || input === undefined || input.writableLength > mostWaiting) {
      if (kind === 'A') this.dropped++;
      return;
    }
    input.write(encode(kind, tap, payload));
  }

  /** Ends this process as if it had died, so that a fresh one takes over. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#restart?.();
    this.kill();
    await this.#ended;
  }

  #spawn(): void {
    const child = spawn(this.#options.program, [...this.#options.args], { stdio: ['pipe', 'pipe', 'ignore'] });
    asAnyOther(child);
    this.#process = child;
    const ended = Promise.withResolvers<undefined>();
    this.#ended = ended.promise;
    const down = (reason: unknown): void => {
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#ready = false;
      ended.resolve(undefined);
      if (!this.#closed) this.#died(reason);
    };
    child.once('error', down);
    child.once('close', (code, signal) => down(signal ?? code));
    // A write to a child that just died: its end is reported by `close`.
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (this.#process === child) this.#take(decode(line));
    });
  }

  #take(message: ChildMessage | undefined): void {
    if (message === undefined) return;
    if (message.type === 'failed') {
      this.#options.logger.error({ reason: message.reason }, 'the speech recogniser refused to start');
      return;
    }
    if (message.type === 'ready') {
      this.#ready = true;
      this.up.emit(true);
      return;
    }
    this.messages.emit(message);
  }

  #died(reason: unknown): void {
    const verdict = this.#policy.died();
    const delayMs = verdict.type === 'restart' ? verdict.delayMs : restMs;
    this.#options.logger.warn({ reason, delayMs }, 'a speech recogniser ended and will be started again');
    this.#restart = this.#options.clock.at(this.#options.clock.now() + delayMs, () => this.#spawn());
    this.up.emit(false);
  }
}
