import type { Flow } from '../transport/flow.ts';
import type { Target } from '../resolve/resolver.ts';
import type { TransportLayer } from '../transport/transport-layer.ts';

/** Who remembers which targets failed. */
export interface TargetMemory {
  failed(target: Target, forMs?: number): void;
  isShunned(target: Target): boolean;
}

/** How long a peer that took no TCP connection for a large request is sent datagrams instead. Milliseconds. */
const withoutTcp = 3_600_000;

interface Way {
  readonly flow: Flow;
  /** Undefined for a flow that was known: nothing is to be learnt from its failure. */
  readonly target: Target | undefined;
  readonly shun: number | undefined;
}

/**
 * The places a request may be sent to, one after the other: RFC 3263 section 4.3. A large request that would go by UDP
 * tries TCP at the same place first (RFC 3261 section 18.1.1).
 */
export class Ways {
  readonly #transport: Pick<TransportLayer, 'flowTo' | 'canReach'>;
  readonly #memory: TargetMemory;
  readonly #targets: Target[];
  #ahead: Way | undefined;
  #last: Way | undefined;

  constructor(
    transport: Pick<TransportLayer, 'flowTo' | 'canReach'>,
    memory: TargetMemory,
    ways: Flow | readonly Target[],
  ) {
    this.#transport = transport;
    this.#memory = memory;
    const known = 'send' in ways;
    this.#targets = known ? [] : [...ways];
    this.#ahead = known ? { flow: ways, target: undefined, shun: undefined } : undefined;
  }

  /** The next one to try; undefined when there is none left. */
  next(): Flow | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    this.#last = ahead ?? this.#make();
    return this.#last?.flow;
  }

  /** True when another one would be tried after the last. */
  get more(): boolean {
    return this.#ahead !== undefined || this.#targets.length > 0;
  }

  /** A connection to where the datagram flow `next()` just gave leads; that flow then comes after it. */
  byConnection(): Flow | undefined {
    const last = this.#last;
    if (last?.flow.protocol !== 'udp' || !this.#transport.canReach('tcp')) return undefined;
    const { host, port } = last.flow.remote;
    const target: Target = { protocol: 'tcp', host, port, domain: last.target?.domain ?? host };
    if (this.#memory.isShunned(target)) return undefined;
    const flow = this.#transport.flowTo(target);
    if (flow === undefined) return undefined;
    this.#ahead = last;
    this.#last = { flow, target, shun: withoutTcp };
    return flow;
  }

  /** The last one could not be reached, or said 503: others will try it last for a while. */
  failed(forMs?: number): void {
    if (this.#last?.target !== undefined) this.#memory.failed(this.#last.target, this.#last.shun ?? forMs);
  }

  #make(): Way | undefined {
    for (let target = this.#targets.shift(); target !== undefined; target = this.#targets.shift()) {
      const flow = this.#transport.flowTo(target);
      if (flow !== undefined) return { flow, target, shun: undefined };
    }
    return undefined;
  }
}
