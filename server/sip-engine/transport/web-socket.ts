import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { listenError } from '../errors.ts';
import type { ParseLimits } from '../parser/parse.ts';
import type { Certificates } from './certificates.ts';
import type { Address } from './flow.ts';
import type { Connection } from './idle-watch.ts';
import type { Wire } from '../capture/wire.ts';
import type { Listener, ListenPlace, TransportEvents } from './listener.ts';
import { LocalAddress } from './local-address.ts';
import type { Backlog } from './stream-flow.ts';

const pong = Buffer.from('\r\n');

/** One WebSocket, made by the peer. */
class WebSocketFlow implements Connection {
  readonly protocol: 'ws' | 'wss';
  readonly reliable = true;
  readonly remote: Address;
  readonly local: Address;
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  readonly #backlog: Backlog;
  readonly #wire: Wire;
  #used = true;

  constructor(
    protocol: 'ws' | 'wss',
    sockets: { readonly socket: WebSocket; readonly raw: Duplex },
    ends: { readonly remote: Address; readonly local: Address },
    around: { readonly backlog: Backlog; readonly wire: Wire },
  ) {
    this.protocol = protocol;
    this.#socket = sockets.socket;
    this.#raw = sockets.raw;
    this.remote = ends.remote;
    this.local = ends.local;
    this.#backlog = around.backlog;
    this.#wire = around.wire;
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(bytes: Buffer, failed?: (reason: string) => void): void {
    if (!this.open) {
      if (failed !== undefined) queueMicrotask(() => failed('connection is closed'));
      return;
    }
    // RFC 7118 section 4.1 allows both kinds; browsers read text more easily.
    this.#socket.send(bytes, { binary: false }, (error) => {
      if (error !== null && error !== undefined) failed?.(error.message);
    });
    this.#used = true;
    this.#wire('out', this, bytes);
    if (this.unsent > this.#backlog.cutAt) this.#socket.terminate();
    else this.rest();
  }

  get unsent(): number {
    return this.#socket.bufferedAmount;
  }

  /** Bytes came. */
  touched(): void {
    this.#used = true;
  }

  used(): boolean {
    const was = this.#used;
    this.#used = false;
    return was;
  }

  /** Stops reading from a peer that does not read its answers, until it has. */
  rest(): void {
    if (this.#socket.bufferedAmount <= this.#backlog.pauseAt || this.#socket.isPaused) return;
    this.#socket.pause();
    this.#raw.once('drain', () => this.#socket.resume());
  }

  close(): void {
    this.#socket.terminate();
  }
}

function makeServer(protocol: 'ws' | 'wss', certificates: Certificates): Server {
  if (protocol === 'ws') return createServer();
  const server = createSecureServer(certificates.forServer('wss'));
  certificates.keepFresh(server, 'wss');
  return server;
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** What WebSocket listeners share. */
export interface WebSocketSurroundings {
  readonly events: TransportEvents;
  readonly certificates: Certificates;
  readonly backlog: Backlog;
  readonly within: ParseLimits;
  /** The most connections of one listener. */
  readonly connections: number;
}

/** A port for SIP over WebSocket, RFC 7118; `wss` over TLS. */
export class WebSocketListener implements Listener {
  readonly protocol: 'ws' | 'wss';
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #place: ListenPlace;
  readonly #events: TransportEvents;
  readonly #backlog: Backlog;
  #address: Address;
  #local: LocalAddress;

  /** Throws an EngineError when there is no certificate for wss. */
  constructor(protocol: 'ws' | 'wss', place: ListenPlace, around: WebSocketSurroundings) {
    this.protocol = protocol;
    this.#place = place;
    this.#events = around.events;
    this.#backlog = around.backlog;
    this.#address = { host: place.host, port: place.port };
    this.#local = new LocalAddress(this.#address, place.advertise, place.near);
    this.#server = makeServer(protocol, around.certificates);
    this.#server.on('request', (_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket' });
      response.end('This port speaks SIP over WebSocket, sub-protocol "sip".\n');
    });
    this.#sockets = new WebSocketServer({
      server: this.#server,
      maxPayload: around.within.stream,
      handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
      verifyClient: ({ req }: { req: IncomingMessage }) => offersSip(req),
    });
    this.#server.maxConnections = around.connections;
    this.#sockets.on('connection', (socket, request) => this.#take(socket, request));
    this.#sockets.on('error', () => {});
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

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #take(socket: WebSocket, request: IncomingMessage): void {
    const remote = { host: request.socket.remoteAddress ?? '', port: request.socket.remotePort ?? 0 };
    const ends = { remote, local: this.#local.towards(remote.host) };
    const around = { backlog: this.#backlog, wire: this.#events.wire };
    const flow = new WebSocketFlow(this.protocol, { socket, raw: request.socket }, ends, around);
    request.socket.setNoDelay(true);
    this.#events.opened(flow);
    socket.on('message', (data) => {
      const bytes = toBuffer(data);
      flow.touched();
      // RFC 5626 section 3.5.1; a single line end is the answer to a ping of ours and is not answered again.
      if (bytes.length <= 4 && bytes.toString().trim() === '') {
        if (bytes.length === 4) flow.send(pong);
      } else if (this.#events.admits(bytes, remote, true)) {
        this.#events.wire('in', flow, bytes);
        this.#events.datagram(bytes, flow);
      }
    });
    socket.on('ping', () => {
      flow.touched();
      flow.rest();
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#events.closed(flow));
  }
}

/** RFC 7118 section 4: a client must ask for the sub-protocol `sip`. */
function offersSip(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol'];
  return offered !== undefined && offered.split(',').some((name) => name.trim().toLowerCase() === 'sip');
}
