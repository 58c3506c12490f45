import { isIP } from 'node:net';
import { lookup } from 'node:dns';
import { Scope } from '../../../base/scope.ts';
import type { Logger } from '../../../base/logger.ts';
import { assertNever } from '../../../base/assert-never.ts';
import { EngineError } from '../errors.ts';
import type { Address, Flow, Protocol } from './flow.ts';
import type { Listener, ListenPlace, TransportEvents } from './listener.ts';
import { TcpListener } from './tcp.ts';
import { UdpListener } from './udp.ts';
import { WebSocketListener } from './web-socket.ts';
import type { CertificateFiles } from './web-socket.ts';

/** Where a request should go when no flow is known yet. */
export interface Destination extends Address {
  readonly protocol: Protocol;
}

/** All listeners of the engine and the connections it opened. */
export class TransportLayer {
  readonly listeners: Listener[] = [];
  readonly #udp: UdpListener[] = [];
  readonly #tcp: TcpListener[] = [];
  readonly #outgoing = new Map<string, Flow>();
  readonly #scope = new Scope();
  readonly #connectTimeoutMs: number;

  constructor(
    places: readonly ListenPlace[],
    files: CertificateFiles | undefined,
    events: TransportEvents,
    connectTimeoutMs: number,
    log: Logger,
  ) {
    this.#connectTimeoutMs = connectTimeoutMs;
    const own: TransportEvents = { ...events, closed: (flow) => this.#closed(flow, events) };
    for (const place of places) this.listeners.push(this.#make(place, files, own));
    log.debug({ listeners: this.listeners.length }, 'transports made');
  }

  #make(place: ListenPlace, files: CertificateFiles | undefined, events: TransportEvents): Listener {
    switch (place.protocol) {
      case 'udp': {
        const listener = new UdpListener(place, events);
        this.#udp.push(listener);
        return listener;
      }
      case 'tcp': {
        const listener = new TcpListener(place, events);
        this.#tcp.push(listener);
        return listener;
      }
      case 'ws':
      case 'wss':
        return new WebSocketListener(place.protocol, place, files, events);
      case 'tls':
        throw new EngineError('usage', 'tls:// cannot be listened on yet: use tcp:// or wss://');
      default:
        return assertNever(place.protocol, 'transport');
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
  }

  /** True when requests can be sent that way: WebSockets are only ever opened by the peer. */
  canReach(protocol: Protocol): boolean {
    if (protocol === 'udp') return this.#udp.length > 0;
    return protocol === 'tcp' && this.#tcp.length > 0;
  }

  /** A flow to an IP address; over TCP the connection made before is used again. Undefined when nothing is bound for it. */
  flowTo(destination: Destination): Flow | undefined {
    if (destination.protocol === 'udp') return bestFor(this.#udp, destination.host)?.flowTo(destination);
    if (destination.protocol !== 'tcp') return undefined;
    const key = `${destination.host} ${destination.port}`;
    const known = this.#outgoing.get(key);
    if (known?.open === true) return known;
    const flow = bestFor(this.#tcp, destination.host)?.connect(destination, this.#connectTimeoutMs);
    if (flow !== undefined) this.#outgoing.set(key, flow);
    return flow;
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
    const key = `${flow.remote.host} ${flow.remote.port}`;
    if (this.#outgoing.get(key) === flow) this.#outgoing.delete(key);
    events.closed(flow);
  }
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1';
}

/** Of several listeners of one transport, the first whose address family and loopback side fit the peer. */
function bestFor<L extends Listener>(listeners: readonly L[], host: string): L | undefined {
  const fits = (listener: L): boolean => {
    const own = listener.address.host;
    if ((isIP(own) === 6) !== (isIP(host) === 6)) return false;
    return isWildcard(own) || isLoopback(own) === isLoopback(host);
  };
  return listeners.find(fits) ?? listeners[0];
}

/**
 * Finds the IP address of a host and hands it on, at once for an IP address. Names are looked up as A and AAAA records;
 * NAPTR and SRV (RFC 3263) are not done yet. `undefined` when the name is unknown.
 */
export function resolveHost(host: string, found: (address: string | undefined) => void): void {
  if (isIP(host) !== 0) {
    found(host);
    return;
  }
  lookup(host, (error, address) => found(error === null ? address : undefined));
}
