import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import type { Logger } from '../../../base/logger.ts';
import { listenError } from '../errors.ts';
import type { Certificates } from '../transport/certificates.ts';
import type { Address } from '../transport/flow.ts';
import type { Doorstep } from './doorstep.ts';

/** How long a TLS handshake may take, ms. */
const handshakeTimeout = 10_000;

/** Takes a connection that can be read; it says once whether the app at its other end gave the secret. */
type Take = (socket: Socket) => { whenReady(ready: () => void, failed: () => void): void };

/** A port drachtio applications connect to: plain, or TLS (srf's `tls` option). Who has not authenticated waits at the doorstep. */
export class AdminPort {
  readonly #server: Server;
  readonly #address: Address;
  readonly #option: string;

  private constructor(server: Server, address: Address, option: string) {
    this.#server = server;
    this.#address = address;
    this.#option = option;
  }

  static plain(address: Address, doorstep: Doorstep, take: Take): AdminPort {
    const server = createServer((socket) => {
      doorstep.wait(socket);
      take(socket).whenReady(
        () => doorstep.enter(socket),
        () => {},
      );
    });
    return new AdminPort(server, address, '--admin');
  }

  /** Throws an EngineError when there is no certificate. No certificate is asked of apps: they prove themselves by the secret. */
  static secure(
    address: Address,
    doorstep: Doorstep,
    take: Take,
    around: { readonly certificates: Certificates; readonly log: Logger },
  ): AdminPort {
    const { certificates, log } = around;
    // From the first byte on they wait like the others: else handshakes that never end would be for free.
    const handshaking = new Map<string, Socket>();
    const server = createSecureServer({ ...certificates.forServer('wss'), handshakeTimeout }, (secure) => {
      const beneath = handshaking.get(placeOf(secure));
      take(secure).whenReady(
        () => beneath && doorstep.enter(beneath),
        () => {},
      );
    });
    server.on('connection', (socket: Socket) => {
      const place = placeOf(socket);
      handshaking.set(place, socket);
      socket.once('close', () => handshaking.delete(place));
      doorstep.wait(socket);
    });
    server.on('tlsClientError', (err, socket) => {
      log.info({ err, from: socket.remoteAddress }, 'a TLS connection of an app was not made');
      socket.destroy();
    });
    certificates.keepFresh(server, 'wss');
    return new AdminPort(server, address, '--admin-tls');
  }

  /** Binds the port; returns the real one. */
  async start(): Promise<number> {
    const { host, port } = this.#address;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => resolve());
    }).catch((cause: unknown) => {
      throw listenError(`admin port ${host}:${port}`, this.#option, cause);
    });
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : port;
  }

  /** Resolves when the last connection is closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

function placeOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${String(remotePort)}`;
}
