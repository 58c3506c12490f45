import type { ChildProcess } from 'node:child_process';
import type { Cancel, Clock } from '../../base/clock.ts';
import { goMessage } from './spare-messages.ts';

/**
 * A second process of a part that has read its code and made ready what needs no port and no file, and waits: when the part dies it
 * takes its place at once. What it costs is memory.
 */
export class Spare {
  readonly #launch: () => ChildProcess;
  readonly #clock: Clock;
  #child: ChildProcess | undefined;
  #cancel: Cancel = () => undefined;

  constructor(launch: () => ChildProcess, clock: Clock) {
    this.#launch = launch;
    this.#clock = clock;
  }

  /** The process that waits, if any. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Has one in so many ms, unless there is one. One that ends by itself is not started again until this is called again. */
  wantIn(ms: number): void {
    this.#cancel();
    if (this.#child === undefined) this.#cancel = this.#clock.at(this.#clock.now() + ms, () => this.#start());
  }

  /** The one that waits, told to go on; undefined if there is none. It is the caller's from now on. */
  take(): ChildProcess | undefined {
    this.#cancel();
    const child = this.#child;
    this.#child = undefined;
    if (child?.connected !== true) return undefined;
    // One that ends in this moment tells so by its exit.
    child.send(goMessage, () => undefined);
    return child;
  }

  /** Has none any more; it holds nothing that would have to be given back. */
  drop(): void {
    this.#cancel();
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
  }

  #start(): void {
    const child = this.#launch();
    this.#child = child;
    const gone = (): void => {
      if (this.#child === child) this.#child = undefined;
    };
    child.once('error', gone);
    child.once('exit', gone);
  }
}
