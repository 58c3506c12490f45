import { isIPv6 } from 'node:net';
import { Scope } from '../../../base/scope.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import { assertNever } from '../../../base/assert-never.ts';
import type { ParseLimits } from '../parser/parse.ts';
import type { Via } from '../parser/via.ts';
import type { Certificates } from './certificates.ts';
import { bestFor } from './choose.ts';
import { defaultPort, isStream } from './flow.ts';
import type { Address, Flow, Protocol } from './flow.ts';
import { IdleWatch } from './idle-watch.ts';
import type { IdleLimits } from './idle-watch.ts';
import type { Listener, ListenPlace, TransportEvents } from './listener.ts';
import { isLoopback, isWildcard } from './local-address.ts';
import type { Backlog } from './stream-flow.ts';
import { StreamListener } from './stream.ts';
import { UdpListener } from './udp.ts';
import { WebSocketListener } from './web-socket.ts';

/** Where a request should go when no flow is known yet. */
export interface Destination extends Address {
  readonly protocol: Protocol;
  /** The name that was asked for before DNS gave the address; what a TLS certificate must be for. The host if absent. */
  readonly domain?: string | undefined;
}

/** What the transports are made with. */
export interface TransportSetup {
  readonly places: readonly ListenPlace[];
  readonly certificates: Certificates;
  readonly events: TransportEvents;
  readonly backlog: Backlog;
  readonly within: ParseLimits;
  /** The most connections of one listener. */
  readonly connections: number;
  readonly clock: Clock;
  readonly idle: IdleLimits;
  /** The flows that something still counts on: they are not closed for being idle. */
  readonly busy: () => ReadonlySet<Flow>;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly log: Logger;
}

/** All listeners of the engine and the connections it opened. */
export class TransportLayer {
  readonly listeners: Listener[] = [];
  /** The connections that stand. */
  readonly watch: IdleWatch;
  readonly #udp: UdpListener[] = [];
  readonly #streams: { readonly tcp: StreamListener[]; readonly tls: StreamListener[] } = { tcp: [], tls: [] };
  readonly #outgoing = new Map<string, Flow>();
  readonly #keys = new Map<Flow, string>();
  readonly #scope = new Scope();

  /** Throws an EngineError when a certificate is missing. */
  constructor(setup: TransportSetup) {
    const { events } = setup;
    this.watch = new IdleWatch(setup.clock, setup.idle, setup.busy);
    const own: TransportSetup = {
      ...setup,
      events: {
        ...events,
        opened: (connection) => {
          this.watch.add(connection);
          events.opened(connection);
        },
        closed: (flow) => this.#closed(flow, events),
      },
    };
    for (const place of setup.places) this.listeners.push(this.#make(place, own));
  }

  #make(place: ListenPlace, setup: TransportSetup): Listener {
    const { protocol } = place;
    switch (protocol) {
      case 'udp': {
        const listener = new UdpListener(place, setup.events);
        this.#udp.push(listener);
        return listener;
      }
      case 'tcp':
      case 'tls': {
        const listener = new StreamListener(protocol, place, setup);
        this.#streams[protocol].push(listener);
        return listener;
      }
      case 'ws':
      case 'wss':
        return new WebSocketListener(protocol, place, setup);
      default:
        return assertNever(protocol, 'transport');
    }
  }

  /** Binds every port; on the first that fails, closes those that are open and throws an EngineError. */
  async start(): Promise<void> {
    for (const listener of this.listeners) {
      try {
        await listener.start();
      } catch (error) {
        await this.close();
        throw error;
      }
      this.#scope.defer(listener.protocol, () => listener.close());
    }
    this.watch.start();
    this.#scope.defer('idle watch', () => this.watch.close());
  }

  /** True when requests can be sent that way, to that family: WebSockets are only ever opened by the peer. */
  canReach(protocol: Protocol, family?: 4 | 6): boolean {
    const listeners = protocol === 'udp' ? this.#udp : isStream(protocol) ? this.#streams[protocol] : [];
    return listeners.some(({ address }) => family === undefined || isIPv6(address.host) === (family === 6));
  }

  /**
   * A flow to an IP address, from the listener of its family that is nearest; a connection made before is used again.
   * Undefined when nothing is bound for it.
   */
  flowTo(destination: Destination): Flow | undefined {
    const { protocol, host, port } = destination;
    if (protocol === 'udp') return bestFor(this.#udp, host)?.flowTo(destination);
    if (!isStream(protocol)) return undefined;
    const domain = destination.domain ?? host;
    // RFC 5922 section 7.4: a TLS connection made for one domain says nothing about another one at the same address.
    const key = `${protocol} ${host} ${port} ${protocol === 'tls' ? domain : ''}`;
    const known = this.#outgoing.get(key);
    if (known?.open === true) return known;
    const flow = bestFor(this.#streams[protocol], host)?.connect({ host, port }, domain);
    if (flow === undefined) return undefined;
    this.#outgoing.set(key, flow);
    this.#keys.set(flow, key);
    return flow;
  }

  /**
   * RFC 3261 section 18.2.2: the way for an answer whose connection closed before it could be given, a new connection to
   * where the request came from, at the port in its Via. Undefined for WebSockets, which cannot be opened from here.
   */
  reopen(flow: Flow, via: Via): Flow | undefined {
    const { protocol, remote } = flow;
    if (!isStream(protocol)) return undefined;
    return this.flowTo({ protocol, host: remote.host, port: via.port ?? defaultPort(protocol), domain: via.host });
  }

  /** True when the address is one of our own listeners. */
  isOwn(protocol: Protocol, address: Address): boolean {
    return this.listeners.some((listener) => {
      if (listener.protocol !== protocol || listener.address.port !== address.port) return false;
      return listener.address.host === address.host || (isWildcard(listener.address.host) && isLoopback(address.host));
    });
  }

  close(): Promise<void> {
    return this.#scope.close();
  }

  #closed(flow: Flow, events: TransportEvents): void {
    const key = this.#keys.get(flow);
    this.#keys.delete(flow);
    this.watch.delete(flow);
    if (key !== undefined && this.#outgoing.get(key) === flow) this.#outgoing.delete(key);
    events.closed(flow);
  }
}
