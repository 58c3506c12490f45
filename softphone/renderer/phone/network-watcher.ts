/** Runs the watch over the network of the page: counts packets, hears what the browser says, asks and connects anew. */
import type { Cancel, Clock } from '../../../base/clock.ts';
import { type Heard, initialNetwork, type NetworkEvent, networkTransition } from './network-watch.ts';

/** How often packets are counted, ms. */
const lookMs = 200;

export interface NetworkWatcherPorts {
  readonly clock: Clock;
  /** Packets of the call's sound so far; undefined without a call. Rejects where nothing can be counted just now. */
  heard(): Promise<Heard | undefined>;
  /** Asks the far end of the signalling connection whether it is there. */
  ask(): void;
  /** Drops the connection and makes another one. */
  connectAnew(): void;
  /** Calls back when the browser tells of another network. Returns how to stop that. */
  onNetworkChange(changed: () => void): () => void;
}

/** Listens to the browser. */
export function browserNetworkChanges(changed: () => void): () => void {
  const { window } = globalThis;
  window.addEventListener('online', changed);
  return () => window.removeEventListener('online', changed);
}

export class NetworkWatcher {
  readonly #ports: NetworkWatcherPorts;
  #state = initialNetwork;
  #cancel: Cancel = () => undefined;
  #unheard: () => void = () => undefined;
  #closed = false;
  #asked = 0;
  #newest = 0;
  #lookedAt = 0;

  constructor(ports: NetworkWatcherPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#lookedAt = this.#ports.clock.now();
    this.#unheard = this.#ports.onNetworkChange(() => this.#take({ type: 'network-changed' }));
    this.#arm();
  }

  /** Something came over the signalling connection. */
  answered(): void {
    this.#take({ type: 'answered' });
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#unheard();
  }

  #arm(): void {
    const { clock } = this.#ports;
    this.#cancel = clock.at(clock.now() + lookMs, () => this.#look());
  }

  #look(): void {
    // Not after the count has come: one that never comes must not end the watch.
    this.#arm();
    const turn = ++this.#asked;
    this.#ports.heard().then(
      (heard) => this.#looked(turn, heard),
      () => undefined,
    );
  }

  #looked(turn: number, heard: Heard | undefined): void {
    // A count that comes late would look like packets.
    if (turn < this.#newest) return;
    this.#newest = turn;
    const now = this.#ports.clock.now();
    const after = now - this.#lookedAt;
    this.#lookedAt = now;
    this.#take({ type: 'looked', heard, after });
  }

  #take(event: NetworkEvent): void {
    if (this.#closed) return;
    const { state, effects } = networkTransition(this.#state, event);
    this.#state = state;
    for (const effect of effects) {
      if (effect === 'ask') this.#ports.ask();
      else this.#ports.connectAnew();
    }
  }
}
