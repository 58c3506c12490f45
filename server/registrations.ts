/** Keeps registrations over a restart: what changed in a moment is written together, each agent's devices once. */
import type { Cancel, Clock } from '../base/clock.ts';
import type { Rows } from './rows.ts';
import { snapshotVersion } from './rows.ts';
import type { Binding } from './sip/index.ts';

/** Short beside the shortest registration: what is lost with the process is asked for again. */
const gatherMs = 50;

export class Registrations {
  readonly #rows: Rows;
  readonly #clock: Clock;
  readonly #changed = new Map<string, readonly Binding[]>();
  #flush: Cancel | undefined;

  constructor(rows: Rows, clock: Clock) {
    this.#rows = rows;
    this.#clock = clock;
  }

  /** An agent's devices are these now. */
  changed(agentId: string, bindings: readonly Binding[]): void {
    this.#changed.set(agentId, bindings);
    this.#flush ??= this.#clock.at(this.#clock.now() + gatherMs, () => this.flush());
  }

  /** Writes what is still waiting. */
  flush(): void {
    this.#flush?.();
    this.#flush = undefined;
    if (this.#changed.size === 0) return;
    const snapshots = [...this.#changed].map(([id, bindings]) => ({
      ...{ kind: 'registration', id, version: snapshotVersion },
      state: bindings.length === 0 ? null : { bindings },
    }));
    this.#changed.clear();
    this.#rows.snapshotOnly(snapshots);
  }
}
