/** A queue that never grows past `capacity`: when full, the oldest value is dropped and counted. */
export class BoundedQueue<T> {
  readonly #values: T[] = [];
  readonly #capacity: number;
  #dropped = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError('capacity must be a whole number from 1');
    this.#capacity = capacity;
  }

  /** Adds at the end. Returns false if that pushed the oldest one out. */
  push(value: T): boolean {
    this.#values.push(value);
    if (this.#values.length <= this.#capacity) return true;
    this.#values.shift();
    this.#dropped++;
    return false;
  }

  /** Takes the oldest, or undefined when empty. */
  shift(): T | undefined {
    return this.#values.shift();
  }

  /** Takes everything, oldest first. */
  drain(): T[] {
    return this.#values.splice(0);
  }

  get size(): number {
    return this.#values.length;
  }

  /** How many values were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }
}
