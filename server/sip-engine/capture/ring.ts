import type { Direction, Ends, WireMessage } from './wire.ts';

/** How much is remembered. */
export interface RingLimits {
  /** Bytes of messages, with what it takes to keep them. 0 keeps nothing. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly age: number;
}

/** What one kept message costs beside its bytes, at most: its ends, and its share of what is left over of slabs. */
const overhead = 400;
/** Old ones are let go of in groups, so that the list is not moved for each. */
const group = 256;
/** Messages searched before others have a turn: under a millisecond. */
const stride = 200;
/** Messages share memory in pieces of this size; longer ones have one of their own. Bytes. */
const slabSize = 262_144;

/** What the search asks of a message. */
export type Wanted = (message: WireMessage) => boolean;

/** A message in memory of the ring: bytes `start` to `end` of `slab`. */
interface Held {
  readonly at: number;
  readonly direction: Direction;
  readonly ends: Ends;
  readonly slab: Buffer;
  readonly start: number;
  readonly end: number;
}

function shown({ at, direction, ends, slab, start, end }: Held): WireMessage {
  return { at, direction, ends, parts: [slab.subarray(start, end)] };
}

function costOf({ start, end }: Held): number {
  return overhead + end - start;
}

/**
 * The latest messages in the order they passed. Nothing is read while calls are made: who asks searches. Bytes are copied:
 * a thousand small Buffers that live for long cost the collector far more than their bytes, and each keeps alive whatever
 * shares its memory.
 */
export class Ring {
  readonly #limits: RingLimits;
  #messages: (Held | undefined)[] = [];
  /** Those before have been let go of. */
  #first = 0;
  #bytes = 0;
  #slab = Buffer.alloc(0);
  #used = 0;

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
    const held = this.#hold(message);
    this.#messages.push(held);
    this.#bytes += costOf(held);
    this.#forget(message.at);
  }

  #hold({ at, direction, ends, parts }: WireMessage): Held {
    let length = 0;
    for (const part of parts) length += part.length;
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(slabSize, length));
      this.#used = 0;
    }
    const start = this.#used;
    for (const part of parts) {
      this.#slab.set(part, this.#used);
      this.#used += part.length;
    }
    return { at, direction, ends, slab: this.#slab, start, end: this.#used };
  }

  /** Lets go of what is unwanted; its bytes are wiped, for others share their memory. */
  forget(unwanted: Wanted): void {
    const kept: Held[] = [];
    for (const held of this.#held()) {
      if (unwanted(shown(held))) held.slab.fill(0, held.start, held.end);
      else kept.push(held);
    }
    this.#messages = kept;
    this.#first = 0;
    this.#bytes = kept.reduce((sum, held) => sum + costOf(held), 0);
  }

  /** Those wanted, oldest first. Others have their turn while it searches; what passes meanwhile is not searched. */
  async search(wanted: Wanted): Promise<WireMessage[]> {
    const messages = this.#held();
    const found: WireMessage[] = [];
    for (let at = 0; at < messages.length; at += stride) {
      for (const held of messages.slice(at, at + stride)) {
        const message = shown(held);
        if (wanted(message)) found.push(message);
      }
      await new Promise((turn) => setImmediate(turn));
    }
    return found;
  }

  #held(): Held[] {
    return this.#messages.slice(this.#first).filter((held) => held !== undefined);
  }

  #forget(now: number): void {
    const { bytes, age } = this.#limits;
    for (;;) {
      const oldest = this.#messages[this.#first];
      if (oldest === undefined || (this.#bytes <= bytes && now - oldest.at <= age)) break;
      this.#bytes -= costOf(oldest);
      this.#messages[this.#first++] = undefined;
    }
    if (this.#first < group || this.#first * 2 < this.#messages.length) return;
    this.#messages = this.#messages.slice(this.#first);
    this.#first = 0;
  }
}
