import type { Cancel, Clock } from '../../../base/clock.ts';
import type { JournalRing } from '../../../protocol/engine-journal.ts';

/** An INVITE decided sooner is never written down: most calls cost nothing here. Milliseconds. */
const youngFor = 250;

interface Young {
  readonly since: number;
  /** What is to be written; undefined: not yet. */
  readonly describe: () => JournalRing | undefined;
}

/**
 * The INVITEs that wait for a final answer, in both directions. Those that have waited for a while are written down, so
 * that nobody rings on for ever when the engine dies: the next one offers callers to the app again and cancels our own.
 */
export class Rings {
  readonly #clock: Clock;
  readonly #journal: { ringing(ring: JournalRing): void; rung(id: string): void };
  readonly #young = new Map<string, Young>();
  readonly #written = new Set<string>();
  #sweep: Cancel | undefined;

  constructor(clock: Clock, journal: { ringing(ring: JournalRing): void; rung(id: string): void }) {
    this.#clock = clock;
    this.#journal = journal;
  }

  /** An INVITE is under way; `describe` is asked when it has been for a while. */
  begin(id: string, describe: Young['describe']): void {
    this.#young.set(id, { since: this.#clock.now(), describe });
    this.#arm();
  }

  /** It has its final answer, or is given up. Idempotent. */
  over(id: string): void {
    if (!this.#young.delete(id) && this.#written.delete(id)) this.#journal.rung(id);
  }

  close(): void {
    this.#sweep?.();
    this.#young.clear();
  }

  #arm(): void {
    this.#sweep ??= this.#clock.at(this.#clock.now() + youngFor, () => {
      this.#sweep = undefined;
      this.#look();
    });
  }

  #look(): void {
    const before = this.#clock.now() - youngFor;
    for (const [id, { since, describe }] of this.#young) {
      const ring = since > before ? undefined : describe();
      if (ring === undefined) continue;
      this.#young.delete(id);
      this.#written.add(id);
      this.#journal.ringing(ring);
    }
    if (this.#young.size > 0) this.#arm();
  }
}
