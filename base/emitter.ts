import type { Cancel } from './clock.ts';

/** One typed signal that any number of listeners may hear, in the order they came. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Calls `listener` with every later value until cancelled. */
  on(listener: (value: T) => void): Cancel {
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Calls every listener now; a listener that throws stops the rest, so listeners must not throw. */
  emit(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}
