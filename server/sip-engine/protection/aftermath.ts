import type { Cancel, Clock } from '../../../base/clock.ts';

const second = 1000;
/** So many dropped in a second are a flood. */
const floodFrom = 500;
/** So few are none any more. */
const calmBelow = 50;
/** Calm seconds until a flood is over. */
const calmFor = 3;

/** Notices that a flood is over, so that what it made the engine take can be given back. Looks once a second, and only while messages are dropped. */
export class Aftermath {
  readonly #clock: Clock;
  readonly #over: () => void;
  #dropped = 0;
  #flooded = false;
  #calm = 0;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, over: () => void) {
    this.#clock = clock;
    this.#over = over;
  }

  /** A message was dropped. */
  note(): void {
    this.#dropped++;
    this.#cancel ??= this.#next();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #next(): Cancel {
    return this.#clock.at(this.#clock.now() + second, () => this.#look());
  }

  #look(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#flooded ||= dropped >= floodFrom;
    this.#calm = dropped < calmBelow ? this.#calm + 1 : 0;
    if (this.#calm < calmFor) {
      this.#cancel = this.#next();
      return;
    }
    this.#cancel = undefined;
    this.#calm = 0;
    if (!this.#flooded) return;
    this.#flooded = false;
    this.#over();
  }
}
