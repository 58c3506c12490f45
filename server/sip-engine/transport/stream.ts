import { connect, createServer, isIP } from 'node:net';
import type { Server, Socket } from 'node:net';
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls';
import type { Logger } from '../../../base/logger.ts';
import { listenError } from '../errors.ts';
import type { ParseLimits } from '../parser/parse.ts';
import { StreamReader } from '../parser/stream.ts';
import type { Certificates } from './certificates.ts';
import { domainMismatch } from './domain-identity.ts';
import type { Address, Flow } from './flow.ts';
import type { Listener, ListenPlace, TransportEvents } from './listener.ts';
import { isLoopback, isWildcard, LocalAddress } from './local-address.ts';
import { StreamFlow } from './stream-flow.ts';
import type { Backlog } from './stream-flow.ts';

const pong = Buffer.from('\r\n');

/** What stream listeners share. */
export interface StreamSurroundings {
  readonly events: TransportEvents;
  readonly certificates: Certificates;
  readonly backlog: Backlog;
  readonly within: ParseLimits;
  /** The most connections of one listener. */
  readonly connections: number;
  /** How long a connection may take to stand, TLS handshake included. Milliseconds. */
  readonly connectTimeout: number;
  readonly log: Logger;
}

/** A listening TCP or TLS port, with the connections made from it. */
export class StreamListener implements Listener {
  readonly protocol: 'tcp' | 'tls';
  readonly #server: Server;
  readonly #place: ListenPlace;
  readonly #around: StreamSurroundings;
  readonly #sockets = new Set<Socket>();
  #address: Address;
  #local: LocalAddress;

  /** Throws an EngineError when TLS is wanted and there is no certificate. */
  constructor(protocol: 'tcp' | 'tls', place: ListenPlace, around: StreamSurroundings) {
    this.protocol = protocol;
    this.#place = place;
    this.#around = around;
    this.#address = { host: place.host, port: place.port };
    this.#local = new LocalAddress(this.#address, place.advertise, place.near);
    this.#server = protocol === 'tcp' ? this.#plainServer() : this.#secureServer();
    this.#server.maxConnections = around.connections;
  }

  #plainServer(): Server {
    return createServer({ noDelay: true, keepAlive: true }, (socket) => this.#take(socket));
  }

  #secureServer(): Server {
    const { certificates, connectTimeout, log } = this.#around;
    const { mutual } = certificates.trust;
    const server = createSecureServer(
      {
        ...certificates.forServer('tls'),
        noDelay: true,
        keepAlive: true,
        handshakeTimeout: connectTimeout,
        requestCert: mutual,
        rejectUnauthorized: mutual,
      },
      (socket) => this.#take(socket),
    );
    server.on('tlsClientError', (err, socket) => {
      log.info({ err, from: socket.remoteAddress }, 'a TLS connection was not made');
      socket.destroy();
    });
    certificates.keepFresh(server, 'tls');
    return server;
  }

  get address(): Address {
    return this.#address;
  }

  get visible(): Address {
    return this.#local.general;
  }

  async start(): Promise<void> {
    const { host, port } = this.#place;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, ipv6Only: true }, () => resolve());
    }).catch((cause: unknown) => {
      throw listenError(`${this.protocol} port ${host}:${port}`, '--listen', cause);
    });
    const bound = this.#server.address();
    if (typeof bound === 'object' && bound !== null) this.#address = { host: bound.address, port: bound.port };
    this.#local = new LocalAddress(this.#address, this.#place.advertise, this.#place.near);
  }

  /** Opens a connection to `remote`, known as `domain` to whoever asked; the flow can be sent on at once. */
  connect(remote: Address, domain: string): Flow {
    const socket = this.protocol === 'tcp' ? connect(this.#route(remote)) : this.#connectSecurely(remote, domain);
    const flow = this.#flow(socket, remote);
    flow.connecting();
    const timeout = setTimeout(
      () => socket.destroy(new Error('connecting took too long')),
      this.#around.connectTimeout,
    );
    socket.once('close', () => clearTimeout(timeout));
    socket.once(this.protocol === 'tcp' ? 'connect' : 'secureConnect', () => {
      clearTimeout(timeout);
      flow.connected();
    });
    return flow;
  }

  /** Connections come from the address we listen on, which a peer may have on its list. */
  #route(remote: Address): { host: string; port: number; localAddress?: string; noDelay: true; keepAlive: true } {
    const { host } = this.#address;
    const bound = !isWildcard(host) && isLoopback(host) === isLoopback(remote.host);
    const options = { host: remote.host, port: remote.port, noDelay: true, keepAlive: true } as const;
    return bound ? { ...options, localAddress: host } : options;
  }

  /** RFC 5922: the certificate must be for the domain that was asked for, whatever address DNS gave. */
  #connectSecurely(remote: Address, domain: string): Socket {
    const { certificates, log } = this.#around;
    const { verify, wildcards } = certificates.trust;
    const socket = connectSecurely({
      ...this.#route(remote),
      secureContext: certificates.client,
      rejectUnauthorized: verify,
      ...(isIP(domain) === 0 ? { servername: domain } : {}),
      checkServerIdentity: (_host, certificate) => {
        const mismatch = domainMismatch(domain, certificate, wildcards);
        return mismatch === undefined ? undefined : new Error(mismatch);
      },
    });
    socket.once('error', (err) => {
      const advice = '--tls-ca names an authority to trust, --tls-verify no trusts everybody';
      log.warn({ err, domain, remote: remote.host, port: remote.port, advice }, 'a TLS connection could not be made');
    });
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #take(socket: Socket): void {
    this.#flow(socket, { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
  }

  #flow(socket: Socket, remote: Address): StreamFlow {
    const { events, backlog } = this.#around;
    const ends = { remote, local: this.#local.towards(remote.host) };
    const flow = new StreamFlow(this.protocol, socket, ends, { backlog, wire: events.wire });
    const reader = new StreamReader(this.#around.within);
    let reason = 'connection closed';
    this.#sockets.add(socket);
    events.opened(flow);
    socket.on('data', (chunk) => this.#read(reader, chunk, flow));
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      flow.ended(reason);
      events.closed(flow);
    });
    return flow;
  }

  #read(reader: StreamReader, chunk: Buffer, flow: StreamFlow): void {
    const { events } = this.#around;
    flow.touched();
    for (const event of reader.push(chunk)) {
      if ('raw' in event) events.wire('in', flow, ...event.raw);
      if (event.type === 'message') events.message(event.read, flow);
      else if (event.type === 'ping') flow.send(pong);
      else {
        events.malformed(event.error, flow);
        if (event.type === 'broken') flow.end();
      }
    }
  }
}
