/** Runs the watch over the network of the page: counts packets, hears what the browser says, asks and connects anew. */
import type { Cancel, Clock } from '../../../base/clock.ts';
import { initialNetwork, type NetworkEvent, networkTransition } from './network-watch.ts';

/** How often packets are counted, ms. */
const lookMs = 250;

export interface NetworkWatcherPorts {
  readonly clock: Clock;
  /** Packets of the call's sound so far; undefined without a call. */
  packets(): Promise<number | undefined>;
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

  constructor(ports: NetworkWatcherPorts) {
    this.#ports = ports;
  }

  start(): void {
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
    this.#cancel = clock.at(clock.now() + lookMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    // A call that is just ending counts nothing any more.
    const packets = await this.#ports.packets().catch(() => undefined);
    if (this.#closed) return;
    this.#take({ type: 'looked', packets });
    this.#arm();
  }

  #take(event: NetworkEvent): void {
    const { state, effects } = networkTransition(this.#state, event, this.#ports.clock.now());
    this.#state = state;
    for (const effect of effects) {
      if (effect === 'ask') this.#ports.ask();
      else this.#ports.connectAnew();
    }
  }
}
