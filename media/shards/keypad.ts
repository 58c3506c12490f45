/** The digits a leg is to be sent, one after the other, each order once. */
import { DigitSender, type DigitStep } from '../edge/telephone-event.ts';
import type { LegMedia } from './messages.ts';

/** What goes out in these 20 ms instead of anybody's voice; `idle`: nothing. */
export type KeypadStep = { readonly type: 'idle' } | Exclude<DigitStep, { readonly type: 'done' }>;

/** RFC 4733 section 2.5.1.1: durations are in ticks of the event's own clock. */
function eventTicks({ sendEvents, wideEvents }: LegMedia): number {
  return sendEvents !== undefined && wideEvents?.includes(sendEvents) === true ? 48 : 8;
}

/** The keypad of one far side. */
export class Keypad {
  readonly #orders: DigitSender[] = [];
  readonly #known = new Set<string>();
  readonly #sent: (dtmfId: string) => void;

  /** `sent` is told when an order is done. */
  constructor(sent: (dtmfId: string) => void) {
    this.#sent = sent;
  }

  /** Sends digits once: an id that was seen before is ignored. */
  press(dtmfId: string, digits: string): void {
    if (this.#known.has(dtmfId)) return;
    this.#known.add(dtmfId);
    this.#orders.push(new DigitSender(dtmfId, digits));
  }

  get busy(): boolean {
    return this.#orders.length > 0;
  }

  /** The next 20 ms, in what the far side understands: events, else tones. */
  next(media: LegMedia): KeypadStep {
    for (;;) {
      const [order] = this.#orders;
      if (order === undefined) return { type: 'idle' };
      const step = order.next(media.sendEvents !== undefined, eventTicks(media));
      if (step.type !== 'done') return step;
      this.#orders.shift();
      this.#sent(order.dtmfId);
    }
  }
}
