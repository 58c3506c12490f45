/** The plans in force and those that calls in progress began on. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { PlanInput, PlanMove, PlanPort, PlanPosition } from './calls/index.ts';
import {
  advance,
  begin,
  type Diagnostic,
  diagnosticLine,
  type DialplanWatch,
  type Plan,
  type PlanPosition as DialplanPosition,
  watchDialplans,
} from './dialplan/index.ts';

/** How many older plans are kept for the calls that began on them. */
const keptPlans = 50;

export interface PlansOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A clean plan is in force. */
  readonly onPlan: (plan: Plan) => void;
  /** The files are wrong; the plan before stays. */
  readonly onRejected: (diagnostics: readonly Diagnostic[]) => void;
}

export class Plans implements PlanPort {
  readonly #options: PlansOptions;
  readonly #byVersion = new Map<string, Plan>();
  #watch: DialplanWatch | undefined;
  #current: Plan | undefined;
  #rejected: readonly Diagnostic[] = [];
  #loadedAt: number | undefined;
  #rejectedAt: number | undefined;

  constructor(options: PlansOptions) {
    this.#options = options;
  }

  /** Reads the folder and watches it. Resolves after the first reading, clean or not. */
  async start(): Promise<void> {
    const { clock, directory, logger, onPlan, onRejected } = this.#options;
    this.#watch = await watchDialplans(
      directory,
      (plan, diagnostics) => {
        this.#current = plan;
        this.#rejected = [];
        this.#loadedAt = clock.now();
        this.#rejectedAt = undefined;
        this.#keep(plan);
        for (const diagnostic of diagnostics)
          logger.warn({ diagnostic: diagnosticLine(diagnostic) }, 'dialplan warning');
        logger.info({ version: plan.version }, 'the dialplan is in force');
        onPlan(plan);
      },
      (diagnostics) => {
        this.#rejected = diagnostics;
        this.#rejectedAt = clock.now();
        for (const diagnostic of diagnostics)
          logger.error({ diagnostic: diagnosticLine(diagnostic) }, 'dialplan refused');
        onRejected(diagnostics);
      },
    );
  }

  close(): Promise<void> {
    return this.#watch?.close() ?? Promise.resolve();
  }

  /** The plan new calls begin on; undefined until the files were right for the first time. */
  get current(): Plan | undefined {
    return this.#current;
  }

  /** Why the files on disk are not in force; empty when they are. */
  get rejected(): readonly Diagnostic[] {
    return this.#rejected;
  }

  /** When the plan in force was loaded. */
  get loadedAt(): number | undefined {
    return this.#loadedAt;
  }

  /** When the files were last refused, unless a clean plan came after. */
  get rejectedAt(): number | undefined {
    return this.#rejectedAt;
  }

  begin(call: Parameters<PlanPort['begin']>[0]): PlanMove {
    return this.#current === undefined ? { type: 'no-route' } : begin(this.#current, call);
  }

  /** Goes on with the plan the call began on; after a restart that is only to be had if the files are the same. */
  advance(position: PlanPosition, input: PlanInput, now: number): PlanMove {
    const plan = this.#byVersion.get(position.version);
    if (plan === undefined) return { type: 'plan-gone' };
    // What `begin` and `advance` gave out comes back unchanged, from memory or from a snapshot.
    return advance(plan, position as DialplanPosition, input, now);
  }

  #keep(plan: Plan): void {
    this.#byVersion.delete(plan.version);
    this.#byVersion.set(plan.version, plan);
    const [oldest] = this.#byVersion.keys();
    if (this.#byVersion.size > keptPlans && oldest !== undefined) this.#byVersion.delete(oldest);
  }
}
