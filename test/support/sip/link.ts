import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { engineLinkFrame } from '../../../protocol/engine-link.ts';
import type { EngineLinkFrame } from '../../../protocol/engine-link.ts';

type Kind = EngineLinkFrame['type'];

/** A client of the engine link, for tests. */
export class LinkClient {
  readonly #socket: Socket;
  readonly closed: Promise<void>;
  #text = '';
  #frames: EngineLinkFrame[] = [];
  #wake: (() => void)[] = [];
  #count = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const lines = (this.#text + chunk).split('\n');
      this.#text = lines.pop() ?? '';
      this.#frames.push(...lines.map((line) => engineLinkFrame.parse(JSON.parse(line))));
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  static async connect(port: number): Promise<LinkClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new LinkClient(socket);
  }

  /** Connects and says hello. */
  static async greet(port: number, secret: string): Promise<LinkClient> {
    const client = await LinkClient.connect(port);
    client.send({ type: 'hello', id: 0, secret });
    await client.frame('hello');
    return client;
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  send(request: object): void {
    this.write(`${JSON.stringify(request)}\n`);
  }

  /** The next frame of a kind. */
  async frame<K extends Kind>(kind: K): Promise<Extract<EngineLinkFrame, { type: K }>> {
    const isKind = (frame: EngineLinkFrame): frame is Extract<EngineLinkFrame, { type: K }> => frame.type === kind;
    for (;;) {
      const found = this.#frames.find(isKind);
      if (found !== undefined) {
        this.#frames = this.#frames.filter((frame) => frame !== found);
        return found;
      }
      await new Promise<void>((wake) => this.#wake.push(wake));
    }
  }

  async dialogs(): Promise<Extract<EngineLinkFrame, { type: 'dialogs' }>['dialogs']> {
    this.send({ type: 'dialogs', id: ++this.#count });
    return (await this.frame('dialogs')).dialogs;
  }

  async flows(): Promise<Extract<EngineLinkFrame, { type: 'flows' }>['flows']> {
    this.send({ type: 'flows', id: ++this.#count });
    return (await this.frame('flows')).flows;
  }

  close(): void {
    this.#socket.destroy();
  }
}
