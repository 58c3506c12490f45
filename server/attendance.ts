import type { Clock } from '../base/clock.ts';

/** A desk nobody watches for so long has been left, ms. */
const graceMs = 30_000;

export interface AttendanceOptions {
  readonly clock: Clock;
  readonly signIn: (agentId: string) => void;
  readonly signOut: (agentId: string) => void;
}

/** Who sits at a desk: one that comes signs its agent in; one that stays away signs them out, so that nobody rings an empty chair. */
export class Attendance {
  readonly #options: AttendanceOptions;
  readonly #leaving = new Map<string, () => void>();

  constructor(options: AttendanceOptions) {
    this.#options = options;
  }

  /** Whether some page of the agent is connected now. */
  watched(agentId: string, watching: boolean): void {
    const { clock, signIn, signOut } = this.#options;
    this.#leaving.get(agentId)?.();
    this.#leaving.delete(agentId);
    if (watching) return signIn(agentId);
    this.#leaving.set(
      agentId,
      clock.at(clock.now() + graceMs, () => signOut(agentId)),
    );
  }

  /** Signs out nobody any more. */
  close(): void {
    for (const cancel of this.#leaving.values()) cancel();
  }
}
