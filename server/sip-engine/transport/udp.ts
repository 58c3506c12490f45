import { createSocket } from 'node:dgram';
import type { Socket, SocketOptions } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import { lookup } from 'node:dns';
import type { Wire } from '../capture/wire.ts';
import { listenError } from '../errors.ts';
import type { Address, Flow } from './flow.ts';
import type { Listener, ListenPlace, TransportEvents } from './listener.ts';
import { LocalAddress } from './local-address.ts';
import { answerStun, isStun } from './stun.ts';

const pong = Buffer.from('\r\n');

type Lookup = NonNullable<SocketOptions['lookup']>;

/** Addresses need no looking up, and node would put each one off to a later turn of the loop. */
function lookupOf(family: 4 | 6): Lookup {
  return (host, options, found) => {
    if (isIP(host) === family) found(null, host, family);
    else lookup(host, options, found);
  };
}

/** One datagram's way back, or on to another place: a value, not a connection. */
class UdpFlow implements Flow {
  readonly protocol = 'udp';
  readonly reliable = false;
  readonly open = true;
  readonly remote: Address;
  readonly local: Address;
  readonly #listener: UdpListener;

  constructor(listener: UdpListener, remote: Address, local: Address) {
    this.#listener = listener;
    this.remote = remote;
    this.local = local;
  }

  send(bytes: Buffer, failed?: (reason: string) => void): void {
    this.#listener.send(bytes, this.remote, failed);
    this.#listener.wire('out', this, bytes);
  }

  close(): void {}

  to(remote: Address): Flow {
    return this.#listener.flowTo(remote);
  }
}

/** A bound UDP socket. */
export class UdpListener implements Listener {
  readonly protocol = 'udp';
  readonly #socket: Socket;
  readonly #place: ListenPlace;
  readonly #events: TransportEvents;
  #address: Address;
  #closed = false;
  #local: LocalAddress;

  constructor(place: ListenPlace, events: TransportEvents) {
    this.#place = place;
    this.#events = events;
    this.#address = { host: place.host, port: place.port };
    this.#local = new LocalAddress(this.#address, place.advertise, place.near);
    const v6 = isIPv6(place.host);
    // A burst of calls must not overflow the socket while the loop is busy elsewhere.
    const sizes = { recvBufferSize: 4 * 1024 * 1024, sendBufferSize: 1024 * 1024 };
    this.#socket = createSocket({ type: v6 ? 'udp6' : 'udp4', ipv6Only: v6, lookup: lookupOf(v6 ? 6 : 4), ...sizes });
  }

  get address(): Address {
    return this.#address;
  }

  /** Shows a datagram to who watches. */
  get wire(): Wire {
    return this.#events.wire;
  }

  get visible(): Address {
    return this.#local.general;
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
    this.#local = new LocalAddress(this.#address, this.#place.advertise, this.#place.near);
    this.#socket.on('error', () => {});
    this.#socket.on('message', (bytes, from) => {
      // RFC 768: without a source port nobody waits for an answer, and none could be sent.
      if (from.port === 0) return;
      const remote = { host: from.address, port: from.port };
      if (!this.#events.admits(bytes, remote)) return;
      // What a SIP message begins with is above all control characters; what is below is a keep-alive.
      if ((bytes[0] ?? 0) < 32 && this.#keptAlive(bytes, remote)) return;
      const flow = this.flowTo(remote);
      this.wire('in', flow, bytes);
      this.#events.datagram(bytes, flow);
    });
  }

  /** Answers STUN (RFC 5626 section 3.5.2) and CRLF CRLF with no more than was sent; true when it was one of them. */
  #keptAlive(bytes: Buffer, remote: Address): boolean {
    if (isStun(bytes)) {
      const answer = answerStun(bytes, remote);
      if (answer !== undefined) this.send(answer, remote);
      return true;
    }
    if (bytes.length > 4 || bytes.toString('latin1').trim() !== '') return false;
    if (bytes.length === 4) this.send(pong, remote);
    return true;
  }

  /** A flow from this socket to `remote`. */
  flowTo(remote: Address): Flow {
    return new UdpFlow(this, remote, this.#local.towards(remote.host));
  }

  /** Sends one datagram; `failed` is told when it cannot go out. Never throws, whatever a peer or DNS gave as the place. */
  send(bytes: Buffer, remote: Address, failed?: (reason: string) => void): void {
    // Node throws for a closed socket and for port 0, which an SRV record may hold; from a timer that ends the engine.
    if (this.#closed || remote.port === 0) {
      const reason = this.#closed ? 'the port is closed' : 'nothing can be sent to port 0';
      if (failed !== undefined) queueMicrotask(() => failed(reason));
    } else if (failed === undefined) this.#socket.send(bytes, remote.port, remote.host);
    else {
      this.#socket.send(bytes, remote.port, remote.host, (error) => {
        if (error !== null) failed(error.message);
      });
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }
}
