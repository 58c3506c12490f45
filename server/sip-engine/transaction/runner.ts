import type { Cancel, Clock } from '../../../base/clock.ts';
import { assertNever } from '../../../base/assert-never.ts';
import type { Via } from '../parser/via.ts';
import type { Flow } from '../transport/flow.ts';
import type { Step, TimerName, TimerValues, TransactionEffect } from './timers.ts';

/** What a runner needs from around it. */
export interface TransactionSurroundings {
  readonly clock: Clock;
  readonly timers: TimerValues;
  /** A new way for an answer whose connection closed (RFC 3261 section 18.2.2); undefined when there is none. */
  readonly reopen?: (flow: Flow, via: Via) => Flow | undefined;
}

/** The clock side of a transaction: arms its timers by letter and forgets them all at its end. */
export class TimerSet {
  readonly #clock: Clock;
  readonly #fire: (timer: TimerName) => void;
  /** At most two at a time, so a list; most of a transaction's life is spent waiting with one. */
  #armed: { readonly timer: TimerName; readonly cancel: Cancel }[] = [];

  constructor(clock: Clock, fire: (timer: TimerName) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  arm(timer: TimerName, delay: number): void {
    this.disarm(timer);
    const cancel = this.#clock.at(this.#clock.now() + delay, () => {
      this.#armed = this.#armed.filter((one) => one.timer !== timer);
      this.#fire(timer);
    });
    this.#armed = [...this.#armed, { timer, cancel }];
  }

  disarm(timer: TimerName): void {
    const found = this.#armed.find((one) => one.timer === timer);
    if (found === undefined) return;
    found.cancel();
    this.#armed = this.#armed.filter((one) => one !== found);
  }

  clear(): void {
    for (const { cancel } of this.#armed) cancel();
    this.#armed = [];
  }
}

/** What an effect is carried out with; the four kinds of transaction share this. */
export interface EffectTargets {
  readonly flow: Flow;
  readonly timers: TimerSet;
  /** Sends the last message again. */
  retransmit(): void;
  /** Sends the message of this step. */
  transmit(): void;
  passUp(): void;
  acknowledge(): void;
  failed(reason: 'timeout' | 'transport'): void;
  end(): void;
}

/** Carries out one step's effects in order. */
export function perform<S>(step: Step<S>, targets: EffectTargets): void {
  for (const effect of step.effects) performOne(effect, targets);
}

function performOne(effect: TransactionEffect, targets: EffectTargets): void {
  switch (effect.type) {
    case 'retransmit':
      return targets.retransmit();
    case 'transmit':
      return targets.transmit();
    case 'arm':
      return targets.timers.arm(effect.timer, effect.delay);
    case 'disarm':
      return targets.timers.disarm(effect.timer);
    case 'pass-up':
      return targets.passUp();
    case 'acknowledge':
      return targets.acknowledge();
    case 'failed':
      return targets.failed(effect.reason);
    case 'end':
      return targets.end();
    default:
      return assertNever(effect, 'transaction effect');
  }
}
