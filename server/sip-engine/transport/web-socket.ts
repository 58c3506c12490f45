import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { EngineError, listenError } from '../errors.ts';
import { limits } from '../parser/parse.ts';
import type { Address, Flow } from './flow.ts';
import { visibleHost } from './listener.ts';
import type { Listener, ListenPlace, TransportEvents } from './listener.ts';

const pong = '\r\n';
const longestBacklog = 8 * 1024 * 1024;

/** Files of the certificate and its key, PEM. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

class WebSocketFlow implements Flow {
  readonly protocol: 'ws' | 'wss';
  readonly reliable = true;
  readonly remote: Address;
  readonly local: Address;
  readonly #socket: WebSocket;

  constructor(protocol: 'ws' | 'wss', socket: WebSocket, remote: Address, local: Address) {
    this.protocol = protocol;
    this.#socket = socket;
    this.remote = remote;
    this.local = local;
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
    if (this.#socket.bufferedAmount > longestBacklog) this.#socket.terminate();
  }

  close(): void {
    this.#socket.terminate();
  }
}

function readPem(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new EngineError(
      'certificate',
      `${what} ${file} cannot be read: make one with ./jackfield certs, or name another with --cert and --key`,
      cause,
    );
  }
}

function makeServer(protocol: 'ws' | 'wss', files: CertificateFiles | undefined): Server {
  if (protocol === 'ws') return createServer();
  if (files === undefined) {
    throw new EngineError('certificate', 'wss needs a certificate: give --cert FILE and --key FILE');
  }
  const cert = readPem(files.certificate, 'certificate');
  const key = readPem(files.key, 'key');
  try {
    return createSecureServer({ cert, key });
  } catch (cause) {
    throw new EngineError(
      'certificate',
      `${files.certificate} and ${files.key} are not a PEM pair: make them anew`,
      cause,
    );
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** A port for SIP over WebSocket, RFC 7118; `wss` over TLS. */
export class WebSocketListener implements Listener {
  readonly protocol: 'ws' | 'wss';
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #place: ListenPlace;
  readonly #events: TransportEvents;
  #address: Address = { host: '', port: 0 };

  constructor(
    protocol: 'ws' | 'wss',
    place: ListenPlace,
    files: CertificateFiles | undefined,
    events: TransportEvents,
  ) {
    this.protocol = protocol;
    this.#place = place;
    this.#events = events;
    this.#server = makeServer(protocol, files);
    this.#server.on('request', (_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket' });
      response.end('This port speaks SIP over WebSocket, sub-protocol "sip".\n');
    });
    this.#sockets = new WebSocketServer({
      server: this.#server,
      maxPayload: limits.stream,
      handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
      verifyClient: ({ req }: { req: IncomingMessage }) => offersSip(req),
    });
    this.#sockets.on('connection', (socket, request) => this.#take(socket, request));
    this.#sockets.on('error', () => {});
  }

  get address(): Address {
    return this.#address;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#place.port, this.#place.host, () => resolve());
    }).catch((cause: unknown) => {
      throw listenError(`${this.protocol} port ${this.#place.host}:${this.#place.port}`, '--listen', cause);
    });
    const bound = this.#server.address();
    if (typeof bound === 'object' && bound !== null) this.#address = { host: bound.address, port: bound.port };
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
    const host = visibleHost(this.#place, this.#address.host, remote.host);
    const flow = new WebSocketFlow(this.protocol, socket, remote, { host, port: this.#address.port });
    request.socket.setNoDelay(true);
    this.#events.opened(flow);
    socket.on('message', (data) => {
      const bytes = toBuffer(data);
      if (bytes.length <= 4 && bytes.toString().trim() === '') socket.send(pong);
      else this.#events.datagram(bytes, flow);
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
