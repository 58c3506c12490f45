import type { MediaEvent } from '../../protocol/media.ts';

/** An event with its number. */
export interface NumberedEvent {
  readonly seq: number;
  readonly at: number;
  readonly event: MediaEvent;
}

/** Numbers events from 1 and keeps the newest of them for a brain that is away. */
export class EventLog {
  readonly #kept: NumberedEvent[] = [];
  readonly #capacity: number;
  #lastSeq = 0;
  #dropped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  append(event: MediaEvent, at: number): NumberedEvent {
    const numbered = { seq: ++this.#lastSeq, at, event };
    this.#kept.push(numbered);
    // Cut in blocks: shifting one by one costs a move of the whole array each.
    if (this.#kept.length > this.#capacity * 1.1) this.#kept.splice(0, this.#kept.length - this.#capacity);
    return numbered;
  }

  /** Every kept event after `from`, and whether that is all there were. A number from another boot gets everything. */
  since(from: number): { readonly complete: boolean; readonly events: readonly NumberedEvent[] } {
    if (from > this.#lastSeq) return { complete: false, events: [...this.#kept] };
    const events = this.#kept.slice(-Math.min(this.#capacity, this.#kept.length)).filter(({ seq }) => seq > from);
    return { complete: events.length === this.#lastSeq - from, events };
  }

  /**
   * A brain takes up after `from`: what is kept no more was dropped for it, unless it is new (0) and its predecessor had
   * the events. Returns whether it gets everything.
   */
  takenUp(from: number): boolean {
    const { complete, events } = this.since(from);
    if (from > 0) this.#dropped += Math.max(0, this.#lastSeq - from - events.length);
    return complete;
  }

  /** Events that brains asked for and that were kept no more. */
  get dropped(): number {
    return this.#dropped;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }
}
