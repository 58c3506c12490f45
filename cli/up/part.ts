import { spawn, type ChildProcess } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { assertNever } from '../../base/assert-never.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { RestartPolicy, type RestartIntensity } from '../../base/supervisor.ts';
import { complaintOf } from './complaint.ts';
import type { LogFile } from './log-file.ts';
import { prioritise } from './priority.ts';
import { Spare } from './spare.ts';

/** A program the supervisor runs. */
export interface PartPlan {
  readonly name: 'SIP engine' | 'media node' | 'server';
  /** Arguments of Node: the program and its own. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The folder it runs in. */
  readonly cwd: string;
  /** How it stands when several want the processor (nice(2)); below 0 comes first, where we are allowed to say so. */
  readonly niceness?: number;
  /** Arguments of Node that make it a spare, which waits until its turn has come; absent: the part has none. */
  readonly spare?: readonly string[];
}

/** The parts' names in Chinese. */
export const chineseNames: Readonly<Record<PartPlan['name'], string>> = {
  'SIP engine': 'SIP 引擎',
  'media node': '媒体节点',
  server: '服务端',
};

/** What became of a part. `reason` is its exit code or signal and what it last complained of. */
export type PartEvent =
  | { readonly type: 'listening'; readonly restarted: boolean }
  | { readonly type: 'died'; readonly reason: string; readonly delayMs: number }
  | { readonly type: 'gave-up'; readonly reason: string; readonly deaths: number };

/** Times of a part, in ms. */
export interface PartTimes {
  /** How long it may take until it listens. */
  readonly startMs: number;
  /** How long it may take to stop when asked; then it is killed. */
  readonly stopMs: number;
  /** How long its output is read after it ended. */
  readonly lastWordsMs: number;
  /** How long it has listened when a spare is started: by then its code is in the compile cache, and its start is over. */
  readonly spareMs: number;
}

export const defaultTimes: PartTimes = { startMs: 60_000, stopMs: 8000, lastWordsMs: 300, spareMs: 4000 };

/** A part that listened for so long, in ms, was well: its death is not part of a crash loop. */
const wellAfterMs = 2000;

/** A program that never listened is not started again: something is wrong that a restart does not mend. */
const neverListened = { type: 'escalate' } as const;

function isListening(line: string): boolean {
  if (!line.startsWith('{') || !line.includes('"listening"')) return false;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'type' in value && value.type === 'listening';
  } catch {
    return false;
  }
}

/** One program that is kept running: started, watched, started again when it dies, and stopped when told. */
export class Part {
  readonly plan: PartPlan;
  readonly events = new Emitter<PartEvent>();
  readonly #clock: Clock;
  readonly #log: LogFile;
  readonly #times: PartTimes;
  readonly #policy: RestartPolicy;
  readonly #spare: Spare;
  #deaths = 0;
  #listeningSince: number | undefined;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #stopping = false;
  #listened = false;
  #cancelRestart: Cancel = () => undefined;
  #cancelLate: Cancel = () => undefined;
  #lastLines: readonly string[] = [];
  #late: string | undefined;

  constructor(
    plan: PartPlan,
    log: LogFile,
    clock: Clock,
    times: PartTimes = defaultTimes,
    intensity?: RestartIntensity,
  ) {
    this.plan = plan;
    this.#log = log;
    this.#clock = clock;
    this.#times = times;
    this.#policy = new RestartPolicy(clock, intensity);
    this.#spare = new Spare(() => this.#launch(this.plan.spare), clock);
  }

  /** The process that runs now, if any. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The process that would take its place, if any. */
  get sparePid(): number | undefined {
    return this.#spare.pid;
  }

  /** Has its code read while other parts are started. It opens nothing before `start`. */
  makeReady(): void {
    if (this.plan.spare !== undefined) this.#spare.wantIn(0);
  }

  /**
   * Starts the program. Resolves with undefined when it listens, with the reason when it ended or said nothing in time:
   * a program that never listened is not started again.
   */
  start(): Promise<string | undefined> {
    return new Promise((resolve) => {
      const stopWatching = this.events.on((event) => {
        if (event.type === 'died') return;
        stopWatching();
        resolve(event.type === 'listening' ? undefined : event.reason);
      });
      this.#spawn();
    });
  }

  /** From now on its end is expected, and it is not started again. */
  expectEnd(): void {
    this.#stopping = true;
    this.#cancelRestart();
    this.#spare.drop();
  }

  /** Asks the program to stop, kills it when it does not, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.expectEnd();
    this.#child?.kill('SIGTERM');
    const cancel = this.#after(this.#times.stopMs, () => this.#child?.kill('SIGKILL'));
    await this.#exited;
    cancel();
  }

  #launch(more: readonly string[] = []): ChildProcess {
    const child = spawn(process.execPath, [...more, ...this.plan.args], {
      env: this.plan.env,
      cwd: this.plan.cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Its own process group: Ctrl-C on the terminal is for the supervisor, which stops the parts in order.
      detached: true,
    });
    this.#watch(child.stdout, (line) => {
      if (this.#child === child && isListening(line)) this.#onListening();
    });
    this.#watch(child.stderr, (line) => {
      if (this.#child === child) this.#lastLines = [...this.#lastLines, line].slice(-40);
    });
    return child;
  }

  #spawn(): void {
    this.#lastLines = [];
    this.#listeningSince = undefined;
    this.#late = undefined;
    const child = this.#spare.take() ?? this.#launch();
    this.#child = child;
    // At once: threads it makes later have the niceness of the one that made them.
    prioritise(child.pid, this.plan.niceness);
    this.#cancelLate = this.#after(this.#times.startMs, () => {
      const seconds = this.#times.startMs / 1000;
      this.#late = `it did not listen within ${seconds} seconds. ${complaintOf(this.#lastLines)}`;
      child.kill('SIGKILL');
    });
    this.#exited = new Promise((resolve) => {
      const gone = (how: string): void => {
        this.#onExit(child, how);
        resolve();
      };
      child.once('error', (error) => gone(error.message));
      child.once('exit', (code, signal) => {
        const how = signal ?? `exit code ${code ?? 'unknown'}`;
        // Its last words may still be on their way; a grandchild may hold the pipe open for good.
        const cancel = this.#after(this.#lastWordsMs(signal), () => gone(how));
        child.once('close', () => {
          cancel();
          gone(how);
        });
      });
    });
  }

  /** One that was killed in the middle of its work had nothing to say, and somebody may be waiting for its successor in silence. */
  #lastWordsMs(signal: NodeJS.Signals | null): number {
    const { lastWordsMs } = this.#times;
    if (signal === null || this.#listeningSince === undefined) return lastWordsMs;
    return signal === 'SIGKILL' ? 0 : Math.min(50, lastWordsMs);
  }

  #watch(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    stream?.on('data', (chunk: Buffer) => {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#log.write(`${line}\n`);
        if (line.trim() !== '') onLine(line);
      }
    });
  }

  /** A line of our own in the part's log. */
  #note(type: string, facts: Readonly<Record<string, string>>): void {
    this.#log.write(`${JSON.stringify({ type, ...facts, time: new Date(this.#clock.now()).toISOString() })}\n`);
  }

  #complaint(): string {
    return this.#late ?? complaintOf(this.#lastLines);
  }

  #after(milliseconds: number, run: () => void): Cancel {
    return this.#clock.at(this.#clock.now() + milliseconds, run);
  }

  #onListening(): void {
    this.#cancelLate();
    const restarted = this.#listened;
    this.#listeningSince = this.#clock.now();
    this.#listened = true;
    this.#note('listens', {});
    if (this.plan.spare !== undefined) this.#spare.wantIn(this.#times.spareMs);
    this.events.emit({ type: 'listening', restarted });
  }

  /** What to do after a death. A part that had been well is back at once; one that keeps failing waits longer each time. */
  #decide(): ReturnType<RestartPolicy['died']> {
    this.#deaths += 1;
    const since = this.#listeningSince;
    const wasWell = since !== undefined && this.#clock.now() - since >= wellAfterMs;
    const decision = this.#policy.died();
    return decision.type === 'restart' && wasWell ? { type: 'restart', delayMs: 0 } : decision;
  }

  #onExit(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#cancelLate();
    this.#note('ended', { how });
    if (this.#stopping) return;
    const complaint = this.#complaint();
    const reason = complaint === '' ? how : `${how}: ${complaint}`;
    const decision = this.#listened ? this.#decide() : neverListened;
    switch (decision.type) {
      case 'restart':
        this.events.emit({ type: 'died', reason, delayMs: decision.delayMs });
        this.#cancelRestart = this.#after(decision.delayMs, () => this.#spawn());
        return;
      case 'escalate':
        this.events.emit({ type: 'gave-up', reason, deaths: Math.max(1, this.#deaths) });
        return;
      default:
        assertNever(decision);
    }
  }
}
