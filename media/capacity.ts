/** Whether a media node takes new calls: its ports, its endpoints, its processor time, and whether it is being drained. */
import { Emitter } from '../base/emitter.ts';
import type { MediaFull } from '../protocol/media.ts';

/** Where a node is full. Calls that are there already get what is left above: a new one needs several legs in its life. */
export interface CapacityLimits {
  /** Shares of one core, 0 to 1: a thread or worker that is busier than `mostBusy` has no time for more. */
  readonly mostBusy: number;
  /** And takes calls again below this. */
  readonly busyAgain: number;
  /** RTP ports kept for calls that are there. */
  readonly reservedPorts: number;
  readonly mostEndpoints: number;
  /** Endpoints kept for calls that are there. */
  readonly reservedEndpoints: number;
}

/** The limits of a node with so many ports and endpoints: a twentieth of each is kept back, at least room for one more leg. */
export function limitsOf(ports: number, mostEndpoints: number, mostBusy: number): CapacityLimits {
  const reserve = (all: number): number => Math.max(1, Math.floor(all / 20));
  return {
    ...{ mostBusy, busyAgain: mostBusy - 0.1, mostEndpoints },
    ...{ reservedPorts: reserve(ports), reservedEndpoints: reserve(mostEndpoints) },
  };
}

/** What a node holds now. `busy`: the busiest of its threads and workers over the last moments, a share of one core. */
export interface Load {
  readonly freePorts: number;
  readonly endpoints: number;
  readonly busy: number;
}

/** Why a node takes no new calls; null: it does. Pure. `before` is what it said last: it does not change its mind at every breath. */
export function fullnessOf(load: Load, limits: CapacityLimits, before: MediaFull | null): MediaFull | null {
  if (before === 'draining') return before;
  if (load.freePorts <= limits.reservedPorts) return 'ports';
  if (load.endpoints >= limits.mostEndpoints - limits.reservedEndpoints) return 'endpoints';
  // Without a call it is busy with something else (it has just started), which no call would wait for.
  if (load.endpoints === 0) return null;
  return load.busy > (before === 'cpu' ? limits.busyAgain : limits.mostBusy) ? 'cpu' : null;
}

/** Keeps what the node says of itself, and tells when that changes. */
export class Capacity {
  /** The answer after each change. */
  readonly changed = new Emitter<MediaFull | null>();
  readonly #limits: CapacityLimits;
  readonly #holds: () => Omit<Load, 'busy'>;
  #busy = 0;
  #full: MediaFull | null = null;

  constructor(limits: CapacityLimits, holds: () => Omit<Load, 'busy'>) {
    this.#limits = limits;
    this.#holds = holds;
  }

  /** Why no new call is taken now; null: one is. */
  get full(): MediaFull | null {
    this.look();
    return this.#full;
  }

  /** How busy the node was over the last moments, a share of one core. */
  sampled(busy: number): void {
    this.#busy = busy;
    this.look();
  }

  /** Something was opened or closed. */
  look(): void {
    this.#become(fullnessOf({ ...this.#holds(), busy: this.#busy }, this.#limits, this.#full));
  }

  /** No new calls from now on, for good. */
  drain(): void {
    this.#become('draining');
  }

  #become(full: MediaFull | null): void {
    if (full === this.#full) return;
    this.#full = full;
    this.changed.emit(full);
  }
}
