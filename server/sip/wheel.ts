/** Many deadlines, one timer: keys come due once a second. Setting one costs the same however many there are. */
import type { Clock } from '../../base/clock.ts';

const tickMs = 1000;

/** A key may be set any number of times and comes due each time: whoever hears of it looks whether it is still true. */
export class Wheel<K> {
  readonly #clock: Clock;
  readonly #due: (keys: ReadonlySet<K>) => void;
  readonly #ticks = new Map<number, Set<K>>();
  #armed: { readonly tick: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, due: (keys: ReadonlySet<K>) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** `key` comes due at `time` (ms since the epoch), up to a second later. */
  set(key: K, time: number): void {
    const tick = Math.ceil(time / tickMs);
    const keys = this.#ticks.get(tick);
    if (keys !== undefined) return void keys.add(key);
    this.#ticks.set(tick, new Set([key]));
    if (this.#armed === undefined || this.#armed.tick > tick) this.#arm(tick);
  }

  close(): void {
    this.#armed?.cancel();
    this.#ticks.clear();
  }

  #arm(tick: number): void {
    this.#armed?.cancel();
    this.#armed = { tick, cancel: this.#clock.at(tick * tickMs, () => this.#turn()) };
  }

  #turn(): void {
    this.#armed = undefined;
    const now = this.#clock.now();
    for (const [tick, keys] of [...this.#ticks]) {
      if (tick * tickMs > now) continue;
      this.#ticks.delete(tick);
      this.#due(keys);
    }
    if (this.#ticks.size > 0 && this.#armed === undefined) this.#arm(Math.min(...this.#ticks.keys()));
  }
}
