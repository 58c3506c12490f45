import type { Socket } from 'node:net';
import type { Wire } from '../capture/wire.ts';
import type { Address } from './flow.ts';
import type { Connection } from './idle-watch.ts';

/** How much of one connection may wait in memory. Bytes. */
export interface Backlog {
  /** A peer with more unread answers than this is not read from until it has read them. */
  readonly pauseAt: number;
  /** A peer with more unread messages than this is cut off. */
  readonly cutAt: number;
}

/** With 64 kB of unread answers a peer is no longer read from; what apps send it may pile up to 2 MiB. */
export const defaultBacklog: Backlog = { pauseAt: 64 * 1024, cutAt: 2 * 1024 * 1024 };

interface Waiting {
  readonly bytes: Buffer;
  readonly failed: ((reason: string) => void) | undefined;
}

/** One TCP or TLS connection, taken or made. */
export class StreamFlow implements Connection {
  readonly protocol: 'tcp' | 'tls';
  readonly reliable = true;
  readonly remote: Address;
  readonly local: Address;
  readonly #socket: Socket;
  readonly #backlog: Backlog;
  readonly #wire: Wire;
  /** What was sent before the connection stood: a peer whose certificate is not checked yet must not get it. */
  #waiting: Waiting[] | undefined;
  #waitingBytes = 0;
  #used = true;
  #ending = false;

  constructor(
    protocol: 'tcp' | 'tls',
    socket: Socket,
    ends: { readonly remote: Address; readonly local: Address },
    around: { readonly backlog: Backlog; readonly wire: Wire },
  ) {
    this.protocol = protocol;
    this.#socket = socket;
    this.remote = ends.remote;
    this.local = ends.local;
    this.#backlog = around.backlog;
    this.#wire = around.wire;
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  send(bytes: Buffer, failed?: (reason: string) => void): void {
    if (!this.open) {
      if (failed !== undefined) queueMicrotask(() => failed('connection is closed'));
      return;
    }
    if (this.#waiting === undefined) this.#socket.write(bytes);
    else {
      this.#waiting.push({ bytes, failed });
      this.#waitingBytes += bytes.length;
    }
    this.#used = true;
    this.#wire('out', this, bytes);
    const { unsent } = this;
    if (unsent > this.#backlog.cutAt) this.#socket.destroy();
    else if (unsent > this.#backlog.pauseAt) this.#rest();
  }

  /** Bytes came. */
  touched(): void {
    this.#used = true;
  }

  used(): boolean {
    const was = this.#used && !this.#ending;
    this.#used = false;
    return was;
  }

  /** Bytes the peer has not read yet, as far as they are kept here. */
  get unsent(): number {
    return this.#socket.writableLength + this.#waitingBytes;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Closes once what was written is out, so that a last answer still reaches the peer. */
  end(): void {
    this.#ending = true;
    this.#socket.end();
  }

  /** The connection is still to be made: what is sent meanwhile waits. */
  connecting(): void {
    this.#waiting = [];
  }

  /** The connection stands: what was sent goes out. */
  connected(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    for (const { bytes } of waiting) this.#socket.write(bytes);
  }

  /** The connection is over; if it never stood, everything sent over it failed. */
  ended(reason: string): void {
    for (const { failed } of this.#waiting ?? []) failed?.(reason);
    this.#waiting = undefined;
  }

  /** Stops reading from a peer that does not read its answers, until it has. */
  #rest(): void {
    if (this.#waiting !== undefined || this.#socket.isPaused()) return;
    this.#socket.pause();
    this.#socket.once('drain', () => this.#socket.resume());
  }
}
