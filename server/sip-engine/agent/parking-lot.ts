import type { Cancel, Clock } from '../../../base/clock.ts';
import type { AppConnection } from '../control/app-connection.ts';

/** Something for an app that is not there. */
export interface ParkedItem {
  deliver(app: AppConnection): void;
  /** Nobody came in time. */
  expire(): void;
}

interface Waiting {
  readonly item: ParkedItem;
  readonly cancel: Cancel;
}

/** Keeps what belongs to absent apps, by tag and in order, for at most the grace time. */
export class ParkingLot {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #byTag = new Map<string, Set<Waiting>>();

  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** Keeps `item` until `release` or the end of the grace. */
  keep(tag: string, item: ParkedItem): void {
    const items = this.#byTag.get(tag) ?? new Set<Waiting>();
    const waiting: Waiting = {
      item,
      cancel: this.#clock.at(this.#clock.now() + this.#graceMs, () => {
        items.delete(waiting);
        item.expire();
      }),
    };
    this.#byTag.set(tag, items.add(waiting));
  }

  /** Hands everything kept for `tag` to `app`, oldest first. */
  release(tag: string, app: AppConnection): void {
    const items = [...(this.#byTag.get(tag) ?? [])];
    this.#byTag.delete(tag);
    for (const { item, cancel } of items) {
      cancel();
      item.deliver(app);
    }
  }

  close(): void {
    for (const items of this.#byTag.values()) for (const { cancel } of items) cancel();
    this.#byTag.clear();
  }
}
