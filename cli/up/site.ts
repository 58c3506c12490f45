import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { RestartIntensity } from '../../base/supervisor.ts';
import { makeProblem, type Problem } from '../../protocol/problems/index.ts';
import { LogFile } from './log-file.ts';
import { chineseNames, defaultTimes, Part, type PartEvent, type PartPlan, type PartTimes } from './part.ts';

/** What the supervisor tells: a part's restart, or the end of everything. */
export type SiteEvent =
  | {
      readonly type: 'part-died';
      readonly part: string;
      readonly partZh: string;
      readonly reason: string;
      readonly delayMs: number;
    }
  | { readonly type: 'part-back'; readonly part: string; readonly partZh: string }
  | { readonly type: 'gave-up'; readonly problem: Problem };

function namesOf({ plan }: Part): { readonly part: string; readonly partZh: string } {
  return { part: plan.name, partZh: chineseNames[plan.name] };
}

/** The programs of one site: started in order, each when the former listens; kept running; stopped in reverse. */
export class Site {
  readonly events = new Emitter<SiteEvent>();
  readonly #parts: readonly { readonly part: Part; readonly log: LogFile }[];
  readonly #times: PartTimes;
  #stopped: Promise<void> | undefined;

  constructor(
    plans: readonly PartPlan[],
    logFolder: string,
    clock: Clock,
    times: PartTimes = defaultTimes,
    intensity?: RestartIntensity,
  ) {
    this.#times = times;
    this.#parts = plans.map((plan) => {
      const log = new LogFile(`${logFolder}/${plan.name.toLowerCase().replaceAll(' ', '-')}.log`);
      return { part: new Part(plan, log, clock, times, intensity), log };
    });
  }

  /** Process ids by name of the part. */
  get pids(): Readonly<Record<string, number | undefined>> {
    return Object.fromEntries(this.#parts.map(({ part }) => [part.plan.name, part.pid]));
  }

  /** Starts all parts. Resolves with the problem of the first that does not start; those before it are stopped again. */
  async start(): Promise<Problem | undefined> {
    for (const { part, log } of this.#parts) {
      log.start();
      part.makeReady();
    }
    for (const { part, log } of this.#parts) {
      const reason = await part.start();
      if (reason !== undefined) {
        await this.stop();
        const facts = { ...namesOf(part), reason, seconds: this.#times.startMs / 1000, log: log.path };
        return makeProblem('part-did-not-start', facts);
      }
      part.events.on((event) => this.#onPart(part, log, event));
    }
    return undefined;
  }

  /** Stops all parts, last first; idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    for (const { part } of this.#parts) part.expectEnd();
    for (const { part, log } of [...this.#parts].reverse()) {
      await part.stop();
      log.close();
    }
  }

  #onPart(part: Part, log: LogFile, event: PartEvent): void {
    switch (event.type) {
      case 'died':
        this.events.emit({ type: 'part-died', ...namesOf(part), reason: event.reason, delayMs: event.delayMs });
        return;
      case 'listening':
        this.events.emit({ type: 'part-back', ...namesOf(part) });
        return;
      case 'gave-up': {
        const facts = { ...namesOf(part), reason: event.reason, deaths: event.deaths, log: log.path };
        this.events.emit({ type: 'gave-up', problem: makeProblem('part-keeps-dying', facts) });
        return;
      }
    }
  }
}
