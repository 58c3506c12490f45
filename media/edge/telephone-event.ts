import { timestampAhead } from './rtp.ts';

/** The digits of RFC 4733 section 3.2 in the order of their event codes. */
const digits = '0123456789*#ABCD';
/** No packet of an event for this long: it has ended and its last packets were lost. */
const abandonedAfterMs = 200;
/** Length of a step, and ticks of an 8 kHz clock in a millisecond. */
const stepMs = 20;
const usualTicksPerMs = 8;

/** A digit the far side pressed. */
export interface Digit {
  readonly digit: string;
  readonly durationMs: number;
}

interface Pressed {
  readonly timestamp: number;
  readonly code: number;
  duration: number;
  readonly ticksPerMs: number;
  seenAt: number;
}

/**
 * Turns RFC 4733 packets into digits, each exactly once: an event is known by its timestamp, so the three end packets
 * count as one, and one whose end was lost is finished by the next event or by time. `nowMs` is any growing clock.
 */
export class DigitReceiver {
  #pressed: Pressed | undefined;
  #reported: number | undefined;
  #begun = 0;

  /** How many keys went down so far. */
  get begun(): number {
    return this.#begun;
  }

  /** Takes the payload of an event packet. Returns the digits that thereby ended, oldest first. */
  packet(timestamp: number, payload: Uint8Array, nowMs: number, ticksPerMs = usualTicksPerMs): Digit[] {
    const [code, flags, high, low] = payload;
    if (code === undefined || flags === undefined || high === undefined || low === undefined) return [];
    const duration = (high << 8) | low;
    if (this.#reported !== undefined && timestampAhead(this.#reported, timestamp) <= 0) return [];
    const ended: Digit[] = [];
    if (this.#pressed !== undefined && timestampAhead(this.#pressed.timestamp, timestamp) < 0) return [];
    if (this.#pressed?.timestamp !== timestamp) {
      ended.push(...this.#finish());
      this.#pressed = { timestamp, code, duration, ticksPerMs, seenAt: nowMs };
      this.#begun++;
    }
    const { pressed } = { pressed: this.#pressed };
    pressed.duration = Math.max(pressed.duration, duration);
    pressed.seenAt = nowMs;
    if ((flags & 0x80) !== 0) ended.push(...this.#finish());
    return ended;
  }

  /** Time went on: the digit that ended without a word, if any. */
  tick(nowMs: number): Digit[] {
    if (this.#pressed === undefined || nowMs - this.#pressed.seenAt < abandonedAfterMs) return [];
    return this.#finish();
  }

  #finish(): Digit[] {
    const pressed = this.#pressed;
    if (pressed === undefined) return [];
    this.#pressed = undefined;
    this.#reported = pressed.timestamp;
    const digit = digits[pressed.code];
    return digit === undefined ? [] : [{ digit, durationMs: pressed.duration / pressed.ticksPerMs }];
  }
}

/** One step of sending digits: an event packet, 20 ms of tone for a peer without events, or a pause. */
export type DigitStep =
  | { readonly type: 'event'; readonly payload: Uint8Array; readonly first: boolean }
  | { readonly type: 'tone'; readonly digit: string; readonly frameIndex: number }
  | { readonly type: 'pause' }
  | { readonly type: 'done' };

/** How a digit is sent, in 20 ms steps: 160 ms of event, its end three times (RFC 4733 2.5.1.4), 80 ms of pause. */
const pressSteps = 8;
const endSteps = 3;
const pauseSteps = 4;

/** Sends a row of digits, one step every 20 ms. */
export class DigitSender {
  readonly dtmfId: string;
  readonly #digits: string;
  #index = 0;
  #step = 0;

  constructor(dtmfId: string, digitsToSend: string) {
    this.dtmfId = dtmfId;
    this.#digits = digitsToSend;
  }

  /** The next 20 ms; `done` once after the pause that follows the last digit. */
  next(asEvents: boolean, ticksPerMs = usualTicksPerMs): DigitStep {
    const digit = this.#digits[this.#index];
    if (digit === undefined) return { type: 'done' };
    const step = this.#step++;
    if (step === pressSteps + endSteps + pauseSteps - 1) {
      this.#step = 0;
      this.#index++;
    }
    if (step >= pressSteps + endSteps) return { type: 'pause' };
    if (!asEvents) return step < pressSteps ? { type: 'tone', digit, frameIndex: step } : { type: 'pause' };
    const end = step >= pressSteps;
    const duration = stepMs * ticksPerMs * Math.min(step + 1, pressSteps);
    const payload = Uint8Array.of(digits.indexOf(digit), (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff);
    return { type: 'event', payload, first: step === 0 };
  }
}
