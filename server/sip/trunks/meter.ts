/** What a trunk's outgoing calls have cost today: talked time and money, calls going on included. Pure but for its own state. */
import type { TrunkDaily } from './config.ts';
import type { DayUse } from './facts.ts';

/** Which cap is reached; null: none. */
export type Reached = 'daily-minutes' | 'daily-spend' | null;

interface Running {
  readonly trunk: string;
  /** Price of a minute. */
  readonly price: number;
  since: number;
}

/** The price of a minute to a number. */
export function priceOf(number: string, daily: TrunkDaily | null): number {
  return daily?.rates.find(({ prefix }) => number.startsWith(prefix))?.price ?? 0;
}

const minuteMs = 60_000;

export class Meter {
  readonly #dayOf: (now: number) => string;
  readonly #uses = new Map<string, DayUse>();
  readonly #running = new Map<string, Running>();

  constructor(dayOf: (now: number) => string, kept: ReadonlyMap<string, DayUse> = new Map()) {
    this.#dayOf = dayOf;
    for (const [trunk, use] of kept) this.#uses.set(trunk, use);
  }

  /** The leg was answered: it costs from now on. */
  begin(legId: string, trunk: string, price: number, now: number): void {
    this.#running.set(legId, { trunk, price, since: now });
  }

  /** The leg is over. Returns the trunk it was on, if it was running. */
  end(legId: string, now: number): string | undefined {
    const running = this.#running.get(legId);
    if (running === undefined) return undefined;
    this.#book(running, now);
    this.#running.delete(legId);
    return running.trunk;
  }

  /** Books what running calls have cost so far, and tells what there is to keep, by trunk. */
  settle(now: number): ReadonlyMap<string, DayUse> {
    for (const running of this.#running.values()) this.#book(running, now);
    return new Map(
      [...new Set([...this.#running.values()].map(({ trunk }) => trunk))].map((trunk) => [
        trunk,
        this.useOf(trunk, now),
      ]),
    );
  }

  /** Today's use, running calls included. */
  useOf(trunk: string, now: number): DayUse {
    const booked = this.#today(trunk, now);
    let { talkedMs, spent } = booked;
    for (const running of this.#running.values()) {
      if (running.trunk !== trunk) continue;
      talkedMs += now - running.since;
      spent += ((now - running.since) / minuteMs) * running.price;
    }
    return { day: booked.day, talkedMs, spent };
  }

  /** Whether a cap is reached. */
  reached(trunk: string, daily: TrunkDaily | null, now: number): Reached {
    if (daily === null) return null;
    const { talkedMs, spent } = this.useOf(trunk, now);
    if (daily.minutes !== null && talkedMs >= daily.minutes * minuteMs) return 'daily-minutes';
    return daily.spend !== null && spent >= daily.spend ? 'daily-spend' : null;
  }

  /** The greatest share of a cap that is used, 0-1 and above. */
  share(trunk: string, daily: TrunkDaily | null, now: number): number {
    const { talkedMs, spent } = this.useOf(trunk, now);
    const of = (used: number, cap: number | null | undefined): number =>
      cap === null || cap === undefined ? 0 : used / cap;
    return Math.max(of(talkedMs / minuteMs, daily?.minutes), of(spent, daily?.spend));
  }

  /** What a call cost before midnight is yesterday's. */
  #book(running: Running, now: number): void {
    const booked = this.#today(running.trunk, now);
    const talkedMs = now - running.since;
    running.since = now;
    this.#uses.set(running.trunk, {
      day: booked.day,
      talkedMs: booked.talkedMs + talkedMs,
      spent: booked.spent + (talkedMs / minuteMs) * running.price,
    });
  }

  #today(trunk: string, now: number): DayUse {
    const day = this.#dayOf(now);
    const known = this.#uses.get(trunk);
    if (known?.day === day) return known;
    // A new day: running calls begin it at nothing.
    for (const running of this.#running.values())
      if (running.trunk === trunk && known !== undefined) running.since = now;
    const fresh = { day, talkedMs: 0, spent: 0 };
    this.#uses.set(trunk, fresh);
    return fresh;
  }
}

/** The ISO date of a moment in a zone. */
export function dayIn(zone: string): (now: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (now) => format.format(now);
}
