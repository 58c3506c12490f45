import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';

/** A reply of the server to a frame. */
export interface AppReply {
  readonly id: string;
  readonly result: string;
  readonly fields: string[];
  readonly text: string;
}

/** A `sip` frame of the server. */
export interface AppSip {
  readonly source: string;
  readonly protocol: string;
  readonly address: string;
  readonly transactionId: string;
  readonly dialogId: string;
  readonly receivedOn: string[];
  readonly text: string;
}

/** A drachtio application written by hand, for what srf itself never does. */
export class RawApp {
  readonly #socket: Socket;
  readonly closed: Promise<void>;
  readonly #replies: AppReply[] = [];
  readonly #sips: AppSip[] = [];
  #bytes = Buffer.alloc(0);
  #wake: (() => void)[] = [];
  #count = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#read(chunk));
  }

  static async connect(port: number): Promise<RawApp> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new RawApp(socket);
  }

  /** Sends a frame with a fresh id; returns the id. */
  send(payload: string): string {
    const id = `m${++this.#count}`;
    const text = `${id}|${payload}`;
    this.write(`${Buffer.byteLength(text)}#${text}`);
    return id;
  }

  write(bytes: string): void {
    this.#socket.write(bytes);
  }

  async authenticate(secret: string, tags = ''): Promise<AppReply> {
    this.send(`authenticate|${secret}|${tags}`);
    return this.reply();
  }

  /** The next reply. */
  async reply(): Promise<AppReply> {
    return this.#next(this.#replies);
  }

  /** The next `sip` frame. */
  async sip(): Promise<AppSip> {
    return this.#next(this.#sips);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #next<T>(queue: T[]): Promise<T> {
    for (;;) {
      const first = queue.shift();
      if (first !== undefined) return first;
      await new Promise<void>((wake) => this.#wake.push(wake));
    }
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const hash = this.#bytes.indexOf('#');
      const length = hash < 0 ? Number.NaN : Number(this.#bytes.toString('utf8', 0, hash));
      if (hash < 0 || this.#bytes.length < hash + 1 + length) break;
      this.#payload(this.#bytes.toString('utf8', hash + 1, hash + 1 + length));
      this.#bytes = this.#bytes.subarray(hash + 1 + length);
    }
    for (const wake of this.#wake.splice(0)) wake();
  }

  #payload(payload: string): void {
    const end = payload.indexOf('\r\n');
    const fields = (end < 0 ? payload : payload.slice(0, end)).split('|');
    const text = end < 0 ? '' : payload.slice(end + 2);
    const at = (index: number): string => fields[index] ?? '';
    // The embedded engine fills its stream up with replies to nothing, which apps do not see.
    if (at(0) === '-') return;
    if (at(1) === 'response') this.#replies.push({ id: at(2), result: at(3), fields: fields.slice(4), text });
    else if (at(1) === 'sip') {
      this.#sips.push({
        source: at(2),
        protocol: at(4),
        address: `${at(5)}:${at(6)}`,
        transactionId: at(8),
        dialogId: at(9),
        receivedOn: fields.slice(10, 12),
        text,
      });
    }
  }
}
