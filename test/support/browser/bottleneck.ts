/** A narrow network between one page and the media node: what comes faster than it carries is dropped, as a full router does. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Page } from 'playwright-core';

/** So many packets, large or small, wait in the queue of the router; the next is dropped. */
const mostWaiting = 16;

export class Bottleneck {
  readonly #server: Socket;
  readonly #target: number;
  /** One socket of ours towards the node for each socket of the browser. */
  readonly #beyond = new Map<number, Socket>();
  #bytesPerMs = Infinity;
  /** When each packet in the queue will have gone. */
  #leaving: number[] = [];
  /** Packets to the page: let through, and dropped. */
  passed = 0;
  dropped = 0;

  private constructor(server: Socket, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('message', (packet, from) => this.#beyondFor(from).send(packet, this.#target, '127.0.0.1'));
  }

  /** Before the media node's WebRTC port on loopback. */
  static async open(target: number): Promise<Bottleneck> {
    const server = createSocket('udp4');
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    return new Bottleneck(server, target);
  }

  /** What goes to the page from now on, kbit/s. */
  narrow(kilobits: number): void {
    this.#bytesPerMs = kilobits / 8;
    this.#leaving = [];
  }

  /** To be called before the page is opened: all its media goes this way, by UDP. */
  async lead(page: Page): Promise<void> {
    await page.addInitScript((port) => {
      interface Description {
        readonly type: string;
        readonly sdp: string;
      }
      const { prototype } = (
        globalThis as unknown as {
          RTCPeerConnection: { prototype: { setRemoteDescription(of: Description): Promise<void> } };
        }
      ).RTCPeerConnection;
      const native = prototype.setRemoteDescription;
      prototype.setRemoteDescription = function narrowed(this: typeof prototype, { type, sdp }: Description) {
        const led = sdp
          .replace(/^a=candidate:\S+ 1 tcp .*\r\n/gm, '')
          .replace(/^(a=candidate:\S+ 1 udp \d+ \S+) \d+ /gm, `$1 ${String(port)} `);
        return native.call(this, { type, sdp: led });
      };
    }, this.#server.address().port);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#beyond.values()) socket.close();
  }

  /** A browser may send from any address of the machine. */
  #beyondFor({ address, port }: RemoteInfo): Socket {
    const known = this.#beyond.get(port);
    if (known !== undefined) return known;
    const socket = createSocket('udp4');
    socket.on('message', (packet) => {
      if (this.#fits(packet.length)) this.#server.send(packet, port, address);
    });
    this.#beyond.set(port, socket);
    return socket;
  }

  #fits(bytes: number): boolean {
    const now = performance.now();
    if (this.#bytesPerMs === Infinity) return true;
    this.#leaving = this.#leaving.filter((at) => at > now);
    const fits = this.#leaving.length < mostWaiting;
    if (fits) this.#leaving.push(Math.max(now, this.#leaving.at(-1) ?? now) + bytes / this.#bytesPerMs);
    if (fits) this.passed++;
    else this.dropped++;
    return fits;
  }
}
