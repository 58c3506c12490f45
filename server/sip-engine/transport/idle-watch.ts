import type { Cancel, Clock } from '../../../base/clock.ts';
import type { Flow } from './flow.ts';

/** A connection that knows whether it is used. */
export interface Connection extends Flow {
  /** True when bytes came or went since this was asked last. */
  used(): boolean;
  /** Bytes the peer has not read yet, as far as they are kept here. */
  readonly unsent: number;
}

/** Milliseconds. */
export interface IdleLimits {
  /** A connection that carries nothing for so long is closed, unless something still counts on it. 0: never. */
  readonly idle: number;
  /** A peer that promised keep-alives (RFC 5626) and sends none for so long has lost its flow. */
  readonly promised: number;
}

interface Watched {
  readonly connection: Connection;
  since: number;
  promised: boolean;
}

/** The connections that stand, and the end of those that nobody uses. */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #limits: IdleLimits;
  readonly #busy: () => ReadonlySet<Flow>;
  readonly #connections = new Map<Flow, Watched>();
  #cancel: Cancel = () => {};

  /** `busy` names the flows that a binding, a dialog or a transaction counts on. */
  constructor(clock: Clock, limits: IdleLimits, busy: () => ReadonlySet<Flow>) {
    this.#clock = clock;
    this.#limits = limits;
    this.#busy = busy;
  }

  add(connection: Connection): void {
    this.#connections.set(connection, { connection, since: this.#clock.now(), promised: false });
  }

  delete(flow: Flow): void {
    this.#connections.delete(flow);
  }

  /** The peer at the other end promised to send something in time (RFC 5626 section 4.4.1). */
  promised(flow: Flow): void {
    const watched = this.#connections.get(flow);
    if (watched !== undefined) watched.promised = true;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Bytes that wait for peers to read. */
  get unsent(): number {
    let bytes = 0;
    for (const { connection } of this.#connections.values()) bytes += connection.unsent;
    return bytes;
  }

  start(): void {
    const { idle, promised } = this.#limits;
    const every = Math.min(idle === 0 ? promised : idle, promised) / 4;
    this.#cancel = this.#clock.at(this.#clock.now() + every, () => {
      this.#sweep();
      this.start();
    });
  }

  close(): void {
    this.#cancel();
  }

  #sweep(): void {
    const { idle, promised } = this.#limits;
    const now = this.#clock.now();
    let busy: ReadonlySet<Flow> | undefined;
    for (const watched of this.#connections.values()) {
      const { connection } = watched;
      if (connection.used()) watched.since = now;
      const quiet = now - watched.since;
      if (watched.promised && quiet >= promised) connection.close();
      else if (!watched.promised && idle > 0 && quiet >= idle) {
        busy ??= this.#busy();
        if (!busy.has(connection)) connection.close();
      }
    }
  }
}
