/** Whether a trunk's targets can take calls, and in which order they are tried. Pure but for its own state. */
import type { TrunkHealth, TrunkTarget } from './config.ts';

/** `unknown`: nothing was heard of it yet; it is tried as if it were up. */
export type TargetState = 'up' | 'down' | 'unknown';

export interface TargetView {
  readonly uri: string;
  readonly state: TargetState;
  readonly since: number;
  /** Round trip of the last OPTIONS that was answered, ms. */
  readonly rttMs: number | null;
  /** Why it is down. */
  readonly reason: string | null;
}

interface Known {
  state: TargetState;
  since: number;
  rttMs: number | null;
  reason: string | null;
  failures: number;
  /** Where no OPTIONS is sent: from then on it is tried again. */
  retryAt: number;
}

/** RFC 2782: by priority; among equals drawn by weight. `draw` gives numbers in [0, 1). */
export function inOrder(targets: readonly TrunkTarget[], draw: () => number): TrunkTarget[] {
  const left = [...targets].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const order: TrunkTarget[] = [];
  while (left.length > 0) {
    const equals = left.filter(({ priority }) => priority === left[0]?.priority);
    const total = equals.reduce((sum, { weight }) => sum + weight, 0);
    let rest = draw() * total;
    const chosen = equals.find(({ weight }) => (rest -= weight) < 0) ?? equals[equals.length - 1];
    if (chosen === undefined) break;
    order.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return order;
}

export class Targets {
  readonly #known = new Map<string, Known>();
  readonly #health: TrunkHealth;
  readonly #targets: readonly TrunkTarget[];

  constructor(targets: readonly TrunkTarget[], health: TrunkHealth) {
    this.#targets = targets;
    this.#health = health;
  }

  /** It answered. Returns whether it had been down. */
  answered(uri: string, now: number, rttMs: number | null = null): boolean {
    const known = this.#of(uri);
    const was = known.state;
    known.failures = 0;
    known.rttMs = rttMs ?? known.rttMs;
    this.#set(known, 'up', now, null);
    return was === 'down';
  }

  /** It did not, or said that it cannot. `certain`: one failure is enough. Returns whether it is down from now on. */
  failed(uri: string, now: number, reason: string, certain: boolean): boolean {
    const known = this.#of(uri);
    known.failures++;
    known.retryAt = now + this.#health.retryAfterMs;
    if (!certain && known.failures < this.#health.failures) return false;
    const fell = known.state !== 'down';
    this.#set(known, 'down', now, reason);
    return fell;
  }

  /** The targets to try for a call. When all are down they are tried all the same: who knows. */
  toTry(now: number, draw: () => number): TrunkTarget[] {
    const order = inOrder(this.#targets, draw);
    const usable = order.filter(({ uri }) => this.#usable(uri, now));
    return usable.length === 0 ? order : usable;
  }

  /** Whether any target can take a call. */
  isUp(now: number): boolean {
    return this.#targets.length === 0 || this.#targets.some(({ uri }) => this.#usable(uri, now));
  }

  view(): TargetView[] {
    return this.#targets.map(({ uri }) => {
      const { state, since, rttMs, reason } = this.#of(uri);
      return { uri, state, since, rttMs, reason };
    });
  }

  #usable(uri: string, now: number): boolean {
    const known = this.#of(uri);
    if (known.state !== 'down') return true;
    return this.#health.everyMs === 0 && now >= known.retryAt;
  }

  #set(known: Known, state: TargetState, now: number, reason: string | null): void {
    if (known.state !== state) known.since = now;
    known.state = state;
    known.reason = reason;
  }

  #of(uri: string): Known {
    const known = this.#known.get(uri);
    if (known !== undefined) return known;
    const made: Known = { state: 'unknown', since: 0, rttMs: null, reason: null, failures: 0, retryAt: 0 };
    this.#known.set(uri, made);
    return made;
  }
}
