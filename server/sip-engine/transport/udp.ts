import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { listenError } from '../errors.ts';
import type { Address, Flow } from './flow.ts';
import type { Listener, ListenPlace, TransportEvents } from './listener.ts';
import { visibleHost } from './listener.ts';

/** A bound UDP socket. Every datagram makes a flow to where it came from; flows are values, not connections. */
export class UdpListener implements Listener {
  readonly protocol = 'udp';
  readonly #socket: Socket;
  readonly #place: ListenPlace;
  readonly #events: TransportEvents;
  #address: Address = { host: '', port: 0 };

  constructor(place: ListenPlace, events: TransportEvents) {
    this.#place = place;
    this.#events = events;
    const type = isIPv6(place.host) ? 'udp6' : 'udp4';
    // A burst of calls must not overflow the socket while the loop is busy elsewhere.
    this.#socket = createSocket({ type, recvBufferSize: 4 * 1024 * 1024, sendBufferSize: 1024 * 1024 });
  }

  get address(): Address {
    return this.#address;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.bind(this.#place.port, this.#place.host, () => {
        this.#socket.off('error', reject);
        resolve();
      });
    }).catch((cause: unknown) => {
      this.#socket.close();
      throw listenError(`udp port ${this.#place.host}:${this.#place.port}`, '--listen', cause);
    });
    const bound = this.#socket.address();
    this.#address = { host: bound.address, port: bound.port };
    this.#socket.on('error', () => {});
    this.#socket.on('message', (bytes, from) => {
      this.#events.datagram(bytes, this.flowTo({ host: from.address, port: from.port }));
    });
  }

  /** A flow from this socket to `remote`. */
  flowTo(remote: Address): Flow {
    const socket = this.#socket;
    const local = { host: visibleHost(this.#place, this.#address.host, remote.host), port: this.#address.port };
    return {
      protocol: 'udp',
      reliable: false,
      remote,
      local,
      open: true,
      send(bytes, failed) {
        socket.send(bytes, remote.port, remote.host, (error) => {
          if (error !== null) failed?.(error.message);
        });
      },
      close() {},
      toPort: (port) => this.flowTo({ host: remote.host, port }),
    };
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }
}
