/**
 * The entries used latest, in bounded memory: a young and an old generation. What is used moves to the young one; when
 * that is full it becomes the old one, and what nobody used since then is forgotten. No entry costs more than two look-ups.
 */
export class Latest<V> {
  readonly #most: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** Holds at least `most` / 2 and at most `most` entries. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The entry of that key, made if it is not there. */
  get(key: string, make: () => V): V {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const value = this.#old.get(key) ?? make();
    if (this.#young.size >= this.#most / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Every entry; one that moved is told once. */
  *entries(): Iterable<readonly [string, V]> {
    yield* this.#young;
    for (const entry of this.#old) if (!this.#young.has(entry[0])) yield entry;
  }

  /** Forgets an entry; false when there was none. */
  delete(key: string): boolean {
    const [young, old] = [this.#young.delete(key), this.#old.delete(key)];
    return young || old;
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
