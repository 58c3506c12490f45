/** How many calls a trunk carries and how fast they come: counts and a window of one second. Pure but for its own state. */
import type { TrunkLimits } from './config.ts';
import type { Direction } from './facts.ts';

/** Why there is no room: every channel is taken, or too many calls were begun within a second. */
export type NoRoom = 'channels-full' | 'too-fast';

interface Use {
  readonly legs: Map<string, Direction>;
  /** When the calls of the last second began. */
  readonly begun: Record<Direction, number[]>;
}

const windowMs = 1000;

export class Capacity {
  readonly #uses = new Map<string, Use>();
  readonly #trunkOf = new Map<string, string>();

  /** Takes a channel for a leg. What it answers is why not; null when it has one. */
  take(trunk: string, direction: Direction, legId: string, limits: TrunkLimits, now: number): NoRoom | null {
    const use = this.#useOf(trunk);
    const begun = use.begun[direction].filter((at) => now - at < windowMs);
    use.begun[direction] = begun;
    const rate = direction === 'in' ? limits.perSecondIn : limits.perSecondOut;
    if (rate !== null && begun.length >= rate) return 'too-fast';
    const own = direction === 'in' ? limits.channelsIn : limits.channelsOut;
    const taken = this.count(trunk, direction);
    if (own !== null && taken >= own) return 'channels-full';
    if (limits.channels !== null && use.legs.size >= limits.channels) return 'channels-full';
    begun.push(now);
    this.hold(trunk, direction, legId);
    return null;
  }

  /** Counts a leg that has its channel already: one from before a restart. */
  hold(trunk: string, direction: Direction, legId: string): void {
    this.release(legId);
    this.#useOf(trunk).legs.set(legId, direction);
    this.#trunkOf.set(legId, trunk);
  }

  /** The leg is over. Returns the trunk it was on, if any. */
  release(legId: string): string | undefined {
    const trunk = this.#trunkOf.get(legId);
    this.#trunkOf.delete(legId);
    if (trunk !== undefined) this.#uses.get(trunk)?.legs.delete(legId);
    return trunk;
  }

  trunkOf(legId: string): string | undefined {
    return this.#trunkOf.get(legId);
  }

  count(trunk: string, direction: Direction): number {
    let count = 0;
    for (const each of this.#uses.get(trunk)?.legs.values() ?? []) if (each === direction) count++;
    return count;
  }

  #useOf(trunk: string): Use {
    const known = this.#uses.get(trunk);
    if (known !== undefined) return known;
    const made: Use = { legs: new Map(), begun: { in: [], out: [] } };
    this.#uses.set(trunk, made);
    return made;
  }
}
