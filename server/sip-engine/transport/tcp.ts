import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { listenError } from '../errors.ts';
import { StreamReader } from '../parser/stream.ts';
import type { Address, Flow } from './flow.ts';
import { visibleHost } from './listener.ts';
import type { Listener, ListenPlace, TransportEvents } from './listener.ts';

const pong = Buffer.from('\r\n');
/** A peer that does not read its answers is cut off at this many unsent bytes. */
const longestBacklog = 8 * 1024 * 1024;

/** One TCP connection, taken or made. */
class TcpFlow implements Flow {
  readonly protocol = 'tcp';
  readonly reliable = true;
  readonly remote: Address;
  readonly local: Address;
  readonly #socket: Socket;
  readonly #failures = new Set<(reason: string) => void>();
  #connected: boolean;

  constructor(socket: Socket, remote: Address, local: Address, connected: boolean) {
    this.#socket = socket;
    this.remote = remote;
    this.local = local;
    this.#connected = connected;
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  send(bytes: Buffer, failed?: (reason: string) => void): void {
    if (!this.open) {
      if (failed !== undefined) queueMicrotask(() => failed('connection is closed'));
      return;
    }
    if (!this.#connected && failed !== undefined) this.#failures.add(failed);
    this.#socket.write(bytes);
    if (this.#socket.writableLength > longestBacklog) this.#socket.destroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Closes once what was written is out, so that a 400 still reaches the peer. */
  end(): void {
    this.#socket.end();
  }

  /** The connection stands: what was sent is on its way. */
  connected(): void {
    this.#connected = true;
    this.#failures.clear();
  }

  /** The connection could not be made: everything sent over it failed. */
  ended(reason: string): void {
    for (const failed of this.#failures) failed(reason);
    this.#failures.clear();
  }
}

/** A listening TCP port, with the connections made from it. */
export class TcpListener implements Listener {
  readonly protocol = 'tcp';
  readonly #server: Server;
  readonly #place: ListenPlace;
  readonly #events: TransportEvents;
  readonly #sockets = new Set<Socket>();
  #address: Address = { host: '', port: 0 };

  constructor(place: ListenPlace, events: TransportEvents) {
    this.#place = place;
    this.#events = events;
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#take(socket));
  }

  get address(): Address {
    return this.#address;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#place.port, this.#place.host, () => resolve());
    }).catch((cause: unknown) => {
      throw listenError(`tcp port ${this.#place.host}:${this.#place.port}`, '--listen', cause);
    });
    const bound = this.#server.address();
    if (typeof bound === 'object' && bound !== null) this.#address = { host: bound.address, port: bound.port };
  }

  /** Opens a connection to `remote`; the flow can be sent on at once. */
  connect(remote: Address, timeoutMs: number): Flow {
    const socket = connect({ host: remote.host, port: remote.port, noDelay: true, keepAlive: true });
    const flow = this.#flow(socket, remote, false);
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('connecting took too long')));
    socket.once('connect', () => {
      socket.setTimeout(0);
      flow.connected();
    });
    return flow;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #take(socket: Socket): void {
    const remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    this.#flow(socket, remote, true);
  }

  #flow(socket: Socket, remote: Address, connected: boolean): TcpFlow {
    const host = visibleHost(this.#place, this.#address.host, remote.host);
    const flow = new TcpFlow(socket, remote, { host, port: this.#address.port }, connected);
    const reader = new StreamReader();
    let reason = 'connection closed';
    this.#sockets.add(socket);
    this.#events.opened(flow);
    socket.on('data', (chunk) => this.#read(reader, chunk, flow));
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      flow.ended(reason);
      this.#events.closed(flow);
    });
    return flow;
  }

  #read(reader: StreamReader, chunk: Buffer, flow: TcpFlow): void {
    for (const event of reader.push(chunk)) {
      if (event.type === 'message') this.#events.message(event.read, flow);
      else if (event.type === 'ping') flow.send(pong);
      else {
        this.#events.malformed(event.error, flow);
        if (event.type === 'broken') flow.end();
      }
    }
  }
}
