import type { WireMessage } from './wire.ts';

/** How much is remembered. */
export interface RingLimits {
  /** Bytes of messages, with what it takes to keep them. 0 keeps nothing. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly age: number;
}

/** What one kept message costs beside its bytes, about. */
const overhead = 400;
/** Old ones are let go of in groups, so that the list is not moved for each. */
const group = 256;
/** Messages searched before others have a turn: under a millisecond. */
const stride = 200;

function costOf(message: WireMessage): number {
  let bytes = overhead;
  for (const part of message.parts) bytes += part.length;
  return bytes;
}

/** What the search asks of a message. */
export type Wanted = (message: WireMessage) => boolean;

/** The latest messages in the order they passed. Nothing is read while calls are made: who asks searches. */
export class Ring {
  readonly #limits: RingLimits;
  #messages: WireMessage[] = [];
  /** Those before have been let go of. */
  #first = 0;
  #bytes = 0;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** Bytes it takes, about. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#messages.length - this.#first;
  }

  add(message: WireMessage): void {
    if (this.#limits.bytes === 0) return;
    this.#messages.push(message);
    this.#bytes += costOf(message);
    this.#forget(message.at);
  }

  /** Lets go of what is unwanted. */
  forget(unwanted: Wanted): void {
    this.#messages = this.#messages.slice(this.#first).filter((message) => !unwanted(message));
    this.#first = 0;
    this.#bytes = this.#messages.reduce((sum, message) => sum + costOf(message), 0);
  }

  /** Those wanted, oldest first. Others have their turn while it searches; what passes meanwhile is not searched. */
  async search(wanted: Wanted): Promise<WireMessage[]> {
    const messages = this.#messages.slice(this.#first);
    const found: WireMessage[] = [];
    for (let at = 0; at < messages.length; at += stride) {
      for (const message of messages.slice(at, at + stride)) if (wanted(message)) found.push(message);
      await new Promise((turn) => setImmediate(turn));
    }
    return found;
  }

  #forget(now: number): void {
    const { bytes, age } = this.#limits;
    for (;;) {
      const oldest = this.#messages[this.#first];
      if (oldest === undefined || (this.#bytes <= bytes && now - oldest.at <= age)) break;
      this.#bytes -= costOf(oldest);
      this.#first++;
    }
    if (this.#first < group || this.#first * 2 < this.#messages.length) return;
    this.#messages = this.#messages.slice(this.#first);
    this.#first = 0;
  }
}
