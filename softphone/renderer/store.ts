import type { Cancel } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';

/** One immutable value that changes over time. React reads it by `useSyncExternalStore`; nothing else is shared. */
export class Store<T> {
  #value: T;
  readonly #changed = new Emitter<T>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  /** Replaces the value; listeners hear it unless it is the same one. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#changed.emit(value);
  }

  readonly subscribe = (listener: () => void): Cancel => this.#changed.on(listener);
}
