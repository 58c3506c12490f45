/** A narrow network between one page and the media node: what comes faster than it carries is dropped, as a full router does. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Page } from 'playwright-core';
import { videoPayloadTypes } from '../../../media/sdp/index.ts';

/** So many packets, large or small, wait in the queue of the router; the next is dropped. */
const mostWaiting = 16;

const pictures = new Set(Object.values(videoPayloadTypes));

/** From the page, or to it. */
type Way = 'out' | 'in';

export class Bottleneck {
  readonly #server: Socket;
  readonly #target: number;
  /** One socket of ours towards the node for each socket of the browser. */
  readonly #beyond = new Map<number, Socket>();
  #bytesPerMs = Infinity;
  /** When each packet in the queue will have gone. */
  #leaving: number[] = [];
  #blind: Way | undefined;
  /** Packets to the page: let through, and dropped. */
  passed = 0;
  dropped = 0;

  private constructor(server: Socket, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('message', (packet, from) => {
      const beyond = this.#beyondFor(from);
      if (this.#sees(packet, 'out')) beyond.send(packet, this.#target, '127.0.0.1');
    });
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

  /** Every packet of pictures from or to the page is lost from now on, as behind a router that drops what is large; sound and RTCP pass. */
  blind(way: Way | undefined): void {
    this.#blind = way;
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
      if (this.#sees(packet, 'in') && this.#fits(packet.length)) this.#server.send(packet, port, address);
    });
    this.#beyond.set(port, socket);
    return socket;
  }

  /** Payload types are not encrypted (RFC 3711 section 3.1). */
  #sees(packet: Buffer, way: Way): boolean {
    const isPicture = packet.length > 12 && packet.readUInt8(0) >> 6 === 2 && pictures.has(packet.readUInt8(1) & 0x7f);
    if (this.#blind !== way || !isPicture) return true;
    this.dropped++;
    return false;
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
