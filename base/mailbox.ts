/**
 * Feeds values to one reader, one at a time, in the order they were posted. A value posted while another is being read
 * waits; so a state machine behind a mailbox never sees two events at once, whoever sends them.
 */
export class Mailbox<T extends object> {
  readonly #waiting: T[] = [];
  readonly #read: (value: T) => void;
  #reading = false;
  #closed = false;

  constructor(read: (value: T) => void) {
    this.#read = read;
  }

  /** Hands `value` to the reader now, or after those before it. After `close()` it is dropped. */
  post(value: T): void {
    if (this.#closed) return;
    this.#waiting.push(value);
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#read(next);
    } finally {
      this.#reading = false;
    }
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }
}
