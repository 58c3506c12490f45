/** Registered but dead: desk phones are asked by OPTIONS whether they are there. Browsers are not: their flow tells. */
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Locations } from './locations.ts';
import type { Binding } from './ports.ts';
import { Wheel } from './wheel.ts';

export interface PingOptions {
  readonly clock: Clock;
  /** How often each phone is asked, ms; 0: never. */
  readonly everyMs: number;
  /** So many unanswered in a row make it unreachable. */
  readonly failures: number;
  /** At most so many are asked in a turn, every `turnMs`: ten thousand that come due together are not asked at once. */
  readonly mostATurn?: number;
  /** At most so many are waited for at a time; the others wait to be asked. */
  readonly mostAtOnce?: number;
  /** Asks; the status of the answer, 0 when it could not be sent. Undefined: not now, there is no engine. */
  readonly ask: (binding: Binding) => Promise<number> | undefined;
}

const turnMs = 50;

/** What the engine answers itself when nobody does: the peer was not reached. */
const nobody = new Set([0, 408, 503]);

export class Pings {
  readonly #options: PingOptions;
  readonly #locations: Locations;
  readonly #wheel: Wheel<string>;
  /** Phones that are watched, and how many asks in a row each has left unanswered. */
  readonly #missed = new Map<string, number>();

  /** Who is to be asked, in order. */
  readonly #queue = new Set<string>();
  #open = 0;
  #turn: Cancel | undefined;
  /** When this turn began, and how many were asked in it. */
  #began = -Infinity;
  #asked = 0;

  constructor(options: PingOptions, locations: Locations) {
    this.#options = options;
    this.#locations = locations;
    this.#wheel = new Wheel(options.clock, (ids) => {
      for (const id of ids) this.#due(id);
    });
  }

  /** An agent's devices as they are now: phones that are new are watched from now on. */
  changed(bindings: readonly Binding[]): void {
    for (const { id, kind, reachable } of bindings) {
      // It registered again.
      if (reachable && (this.#missed.get(id) ?? 0) >= this.#options.failures) this.#missed.set(id, 0);
      if (kind === 'webrtc' || this.#missed.has(id) || this.#options.everyMs === 0) continue;
      this.#missed.set(id, 0);
      // Not all at the same moment, when many register at once.
      this.#next(id, 0.5 + Math.random() / 2);
    }
  }

  /** The connection of a phone is gone: it counts as unreachable until it answers over a new one. */
  doubt(binding: Binding): void {
    // What is not watched comes due nowhere, so nothing would ever forget it.
    if (this.#missed.has(binding.id)) this.#missed.set(binding.id, this.#options.failures);
    this.#locations.setReachable(binding.id, false);
    this.#soon(binding.id);
  }

  /** How many phones are watched. */
  get size(): number {
    return this.#missed.size;
  }

  close(): void {
    this.#turn?.();
    this.#queue.clear();
    this.#wheel.close();
  }

  #next(id: string, share = 1): void {
    const { clock, everyMs } = this.#options;
    if (everyMs > 0) this.#wheel.set(id, clock.now() + everyMs * share);
  }

  #due(id: string): void {
    const binding = this.#locations.byId(id);
    if (binding === undefined) return void this.#missed.delete(id);
    this.#next(id);
    this.#soon(id);
  }

  #soon(id: string): void {
    this.#queue.add(id);
    if (this.#turn === undefined) this.#askSome();
  }

  #askSome(): void {
    const { clock, mostATurn = 50, mostAtOnce = 2000 } = this.#options;
    const now = clock.now();
    this.#turn = undefined;
    if (Math.abs(now - this.#began) >= turnMs) [this.#began, this.#asked] = [now, 0];
    for (const id of this.#queue) {
      if (this.#asked >= mostATurn || this.#open >= mostAtOnce) break;
      this.#asked++;
      this.#queue.delete(id);
      const binding = this.#locations.byId(id);
      if (binding !== undefined) this.#ask(binding);
    }
    if (this.#queue.size > 0) this.#turn = clock.at(now + turnMs, () => this.#askSome());
  }

  #ask(binding: Binding): void {
    const answered = this.#options.ask(binding);
    if (answered === undefined) return;
    this.#open++;
    void answered.then((status) => {
      this.#open--;
      this.#answered(binding.id, status);
    });
  }

  #answered(id: string, status: number): void {
    const before = this.#missed.get(id);
    // Not watched (any more): a doubtful phone that answers is there, one that does not is known not to be.
    if (before === undefined) {
      if (!nobody.has(status)) this.#locations.setReachable(id, true);
      return;
    }
    const missed = nobody.has(status) ? before + 1 : 0;
    this.#missed.set(id, missed);
    if (missed === 0) this.#locations.setReachable(id, true);
    else if (missed >= this.#options.failures) this.#locations.setReachable(id, false);
  }
}
