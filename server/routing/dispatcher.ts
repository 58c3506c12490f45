/** Runs routing: one mailbox, the clock, and whoever performs the effects. */
import type { Cancel, Clock } from '../../base/clock.ts';
import { Mailbox } from '../../base/mailbox.ts';
import type { RoutingEffect, RoutingEvent, TimerId } from './events.ts';
import { emptyRouting, type RoutingState } from './state.ts';
import { transition } from './transition.ts';
import { rearm } from './view.ts';

type WithoutTime<E> = E extends unknown ? Omit<E, 'now'> : never;
/** An event before it is stamped with the time. */
export type RoutingPost = WithoutTime<RoutingEvent>;
/** What the dispatcher does not do itself. */
export type OutwardEffect = Exclude<RoutingEffect, { type: 'arm' | 'disarm' }>;

/** One step that was taken, for the ledger (before the effects are performed) and for the performers. */
export interface Dispatched {
  readonly event: RoutingEvent;
  readonly state: RoutingState;
  readonly effects: readonly OutwardEffect[];
}

/** See the file. Effects come in order; events posted while they are performed wait their turn. */
export class Dispatcher {
  readonly #clock: Clock;
  readonly #perform: (step: Dispatched) => void;
  readonly #timers = new Map<TimerId, Cancel>();
  readonly #mailbox: Mailbox<RoutingEvent>;
  #state: RoutingState;

  /** `state`: a snapshot to go on from. `perform` must not throw. */
  constructor(clock: Clock, perform: (step: Dispatched) => void, state: RoutingState = emptyRouting) {
    this.#clock = clock;
    this.#perform = perform;
    this.#state = state;
    this.#mailbox = new Mailbox((event) => this.#take(event));
  }

  get state(): RoutingState {
    return this.#state;
  }

  /** Arms the timers of the snapshot. Post `configured` (with the new epoch) and `recovered` first. */
  start(): void {
    for (const { timer, at, event } of rearm(this.#state)) this.#arm(timer, at, event);
  }

  post(event: RoutingPost): void {
    this.#mailbox.post({ ...event, now: this.#clock.now() });
  }

  /** Stops every timer; later posts are dropped. Idempotent. */
  close(): void {
    this.#mailbox.close();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #take(event: RoutingEvent): void {
    const { state, effects } = transition(this.#state, event);
    this.#state = state;
    const outward: OutwardEffect[] = [];
    for (const effect of effects) {
      if (effect.type === 'arm') this.#arm(effect.timer, effect.at, effect.event);
      else if (effect.type === 'disarm') this.#disarm(effect.timer);
      else outward.push(effect);
    }
    this.#perform({ event, state, effects: outward });
  }

  #arm(timer: TimerId, at: number, event: RoutingPost): void {
    this.#disarm(timer);
    const cancel = this.#clock.at(at, () => {
      this.#timers.delete(timer);
      // Platform timers may come a moment early by the clock on the wall; a deadline that fired has passed.
      this.#mailbox.post({ ...event, now: Math.max(at, this.#clock.now()) });
    });
    this.#timers.set(timer, cancel);
  }

  #disarm(timer: TimerId): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }
}
