/** Runs things of one key one after the other, in the order they were asked for; different keys do not wait. */
export class InOrder {
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #waiting = new Map<string, number>();

  run<T>(key: string, run: () => T | Promise<T>): Promise<T> {
    this.#waiting.set(key, this.waiting(key) + 1);
    const mine = (this.#tails.get(key) ?? Promise.resolve()).then(run);
    const tail = mine
      .catch(() => undefined)
      .finally(() => {
        const left = this.waiting(key) - 1;
        if (left > 0) this.#waiting.set(key, left);
        else this.#waiting.delete(key);
        if (this.#tails.get(key) === tail) this.#tails.delete(key);
      });
    this.#tails.set(key, tail);
    return mine;
  }

  /** Things of this key that are not done yet. */
  waiting(key: string): number {
    return this.#waiting.get(key) ?? 0;
  }

  /** Keys with something under way. */
  get busy(): number {
    return this.#tails.size;
  }
}
