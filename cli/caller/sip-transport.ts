/** How a caller's SIP messages travel: one UDP socket or one TCP connection per call (RFC 3261 section 18). */
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket as TcpSocket } from 'node:net';
import type { SipMessage } from './sip-message.ts';
import { openUdpSocket } from './udp-socket.ts';
import { hostOf, parseMessage, SipStream, writeMessage } from './sip-message.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** What the call hears from its transport. */
export interface TransportListener {
  /** `source` is an opaque address to which a reply can be sent. */
  onMessage(message: SipMessage, source: string): void;
  /** It cannot go on. */
  onFailed(detail: string): void;
}

export interface SipTransport {
  readonly local: HostPort;
  /** Hands everything that comes to `listener`; called once, right after opening. */
  listen(listener: TransportListener): void;
  /** Sends to where a SIP URI points. */
  sendToUri(message: SipMessage, uri: string): void;
  /** Sends back to a `source`. */
  sendToSource(message: SipMessage, source: string): void;
  /** Stays until `lingerMs` later to answer repetitions, without keeping the process alive. */
  close(lingerMs: number): void;
}

/** An address and port as SIP writes them. */
export function writeHostPort(address: HostPort): string {
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${String(address.port)}`;
}

/** The local address from which `remote` is reached. Throws what the system says (no route, no such name). */
export async function localAddressTowards(remote: HostPort): Promise<{ local: string; remote: string }> {
  const found = await lookup(remote.host);
  const socket = createSocket(found.family === 6 ? 'udp6' : 'udp4');
  try {
    socket.connect(remote.port, found.address);
    await once(socket, 'connect');
    return { local: socket.address().address, remote: found.address };
  } finally {
    socket.close();
  }
}

/** Resolves the hosts of URIs once each. */
class Destinations {
  readonly #known = new Map<string, Promise<string>>();

  async resolve(uri: string): Promise<HostPort | undefined> {
    const target = hostOf(uri);
    if (target === undefined) return undefined;
    const known = this.#known.get(target.host) ?? lookup(target.host).then((found) => found.address);
    this.#known.set(target.host, known);
    return { host: await known, port: target.port };
  }
}

class UdpTransport implements SipTransport {
  readonly local: HostPort;
  readonly #socket: UdpSocket;
  readonly #destinations = new Destinations();
  #listener: TransportListener | undefined;
  #resolving = 0;
  #closing = false;
  #closed = false;

  constructor(socket: UdpSocket) {
    this.#socket = socket;
    this.local = { host: socket.address().address, port: socket.address().port };
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
    this.#socket.on('message', (bytes, from) => {
      const message = parseMessage(bytes);
      if (message !== undefined) listener.onMessage(message, JSON.stringify({ host: from.address, port: from.port }));
    });
    this.#socket.on('error', (error) => listener.onFailed(error.message));
  }

  sendToUri(message: SipMessage, uri: string): void {
    const failed = (error: unknown): void => this.#listener?.onFailed(String(error));
    this.#resolving++;
    const resolved = this.#destinations.resolve(uri).then((to) => {
      if (to !== undefined) this.#send(message, to);
    }, failed);
    void resolved.then(() => {
      this.#resolving--;
      if (this.#closing) this.#close();
    });
  }

  sendToSource(message: SipMessage, source: string): void {
    const to: unknown = JSON.parse(source);
    if (isHostPort(to)) this.#send(message, to);
  }

  #send(message: SipMessage, to: HostPort): void {
    if (!this.#closed) this.#socket.send(writeMessage(message), to.port, to.host);
  }

  close(lingerMs: number): void {
    this.#socket.unref();
    this.#closing = lingerMs === 0;
    if (this.#closing) this.#close();
    else setTimeout(() => this.close(0), lingerMs).unref();
  }

  /** Waits for names still being looked up. */
  #close(): void {
    if (this.#closed || this.#resolving > 0) return;
    this.#closed = true;
    this.#socket.close();
  }
}

function isHostPort(value: unknown): value is HostPort {
  return typeof value === 'object' && value !== null && 'host' in value && 'port' in value;
}

class TcpTransport implements SipTransport {
  readonly local: HostPort;
  readonly #socket: TcpSocket;

  constructor(socket: TcpSocket) {
    this.#socket = socket;
    this.local = { host: socket.localAddress ?? '127.0.0.1', port: socket.localPort ?? 0 };
    socket.setNoDelay(true);
  }

  listen(listener: TransportListener): void {
    const stream = new SipStream();
    const socket = this.#socket;
    socket.on('data', (bytes) => {
      const messages = stream.push(bytes);
      if (messages === 'broken') {
        socket.destroy();
        listener.onFailed('what came over TCP is not SIP');
      } else for (const message of messages) listener.onMessage(message, '');
    });
    socket.on('error', (error) => listener.onFailed(error.message));
    socket.on('close', () => listener.onFailed('the far side closed the TCP connection'));
  }

  /** Everything goes over the one connection: requests within the dialog reuse it (RFC 5923). */
  sendToUri(message: SipMessage): void {
    if (this.#socket.writable) this.#socket.write(writeMessage(message));
  }

  sendToSource(message: SipMessage): void {
    this.sendToUri(message);
  }

  close(lingerMs: number): void {
    this.#socket.unref();
    if (lingerMs === 0) this.#socket.destroy();
    else setTimeout(() => this.#socket.destroySoon(), lingerMs).unref();
  }
}

/** Opens a UDP socket on `localAddress`. */
export async function openUdp(localAddress: string): Promise<SipTransport> {
  const socket = await openUdpSocket(localAddress);
  return new UdpTransport(socket);
}

/** Connects by TCP. Throws what the system says (refused, timed out). */
export async function openTcp(remote: HostPort): Promise<SipTransport> {
  const socket = connect(remote.port, remote.host);
  await once(socket, 'connect');
  return new TcpTransport(socket);
}

/**
 * Asks whether a UDP port is closed: a connected socket is told of the ICMP "port unreachable" that an unconnected one
 * never sees. Sends one keep-alive (RFC 5626 section 4.4.1); calls `onRefused` at most once. Returns how to stop asking.
 */
export function probeUdp(remote: HostPort, onRefused: () => void): () => void {
  const socket = createSocket(remote.host.includes(':') ? 'udp6' : 'udp4');
  let open = true;
  const stop = (): void => {
    if (open) socket.close();
    open = false;
  };
  socket.on('error', () => {
    const wasOpen = open;
    stop();
    if (wasOpen) onRefused();
  });
  socket.connect(remote.port, remote.host, () => {
    if (open) socket.send('\r\n\r\n', () => undefined);
  });
  socket.unref();
  return stop;
}
