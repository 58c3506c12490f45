import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { readCommand } from './command.ts';
import type { AppCommand } from './command.ts';
import { FrameReader, writeFrame } from './frame.ts';

/** An app that does not read is cut off at this many unsent bytes, or one stuck app would eat the engine's memory. */
const longestBacklog = 64 * 1024 * 1024;

/** Beyond this the frames of a turn do not wait for its end. */
const longestPending = 256 * 1024;

const filler = Buffer.alloc(65_536, '.');

/** What a connection tells the engine. */
export interface AppConnectionEvents {
  command(command: AppCommand, app: AppConnection): void;
  /** Frames that cannot be read. */
  broken(reason: string, app: AppConnection): void;
  closed(app: AppConnection): void;
}

/** One TCP connection of a drachtio application. */
export class AppConnection {
  readonly id: number;
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly routes = new Set<string>();
  /** True when the engine made the connection, for one request: it takes no others and inherits nothing. */
  readonly dialled: boolean;
  #authenticated = false;
  tags: readonly string[] = [];
  #written = 0;
  /** What was written in this turn of the event loop and is not with the system yet. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** The next frame does not wait for the end of the turn. */
  #prompt = false;
  readonly #flush = (): void => this.flush();
  #ready: () => void = () => {};
  #failed: () => void = () => {};

  constructor(id: number, socket: Socket, events: AppConnectionEvents, dialled = false) {
    this.id = id;
    this.#socket = socket;
    this.dialled = dialled;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('data', (chunk) => this.#read(chunk, events));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      events.closed(this);
      this.#failed();
    });
  }

  get authenticated(): boolean {
    return this.#authenticated;
  }

  /** The app gave the right secret and was told so. */
  admit(): void {
    this.#authenticated = true;
    this.#failed = () => {};
    this.#ready();
  }

  /** Calls one of the two, once: the app authenticated, or the connection closed before. */
  whenReady(ready: () => void, failed: () => void): void {
    this.#ready = ready;
    this.#failed = failed;
  }

  /** The tag that owns this connection's dialogs: the first one; '' when the app gave none. */
  get tag(): string {
    return this.tags[0] ?? '';
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Answers the frame `id`. `data` are further fields, joined by bars already. */
  reply(id: string, result: 'OK' | 'NOK' | 'NO', data?: string, sip?: Buffer): void {
    this.#write(`${randomUUID()}|response|${id}|${result}${data === undefined ? '' : `|${data}`}`, sip);
  }

  /** Sends a `sip` frame; `fields` are meta block and what follows it. */
  deliver(fields: string, sip: Buffer): void {
    this.#write(`${randomUUID()}|sip|${fields}`, sip);
  }

  /** Sends a frame that is neither an answer nor a `sip` frame. */
  tell(fields: string, sip: Buffer): void {
    this.#write(`${randomUUID()}|${fields}`, sip);
  }

  /** Closes once what was written is out. */
  end(): void {
    this.flush();
    this.#socket.end();
  }

  close(): void {
    this.flush();
    this.#socket.destroy();
  }

  /** Bytes written so far. */
  get written(): number {
    return this.#written;
  }

  /**
   * Writes at least `bytes` (up to 64 KiB) bytes that mean nothing: a reply to a request nobody made. With what is written
   * next they go out at once: an app that disconnects between two reads of one frame would throw.
   */
  fill(bytes: number): void {
    this.#write('-|response|-|OK', filler.subarray(0, bytes));
    this.#prompt = true;
  }

  /**
   * The frames of one turn of the event loop go to the system at once at its end: a system call for each is what costs
   * most, here and in the app that is woken for it. Order, and what `separate` counts, are those of the bytes.
   */
  #write(leader: string, sip?: Buffer): void {
    if (!this.open) return;
    const frame = writeFrame(leader, sip);
    this.#written += frame.length;
    this.#pendingBytes += frame.length;
    const count = this.#pending.push(frame);
    if (this.#prompt || this.#pendingBytes > longestPending) this.flush();
    else if (count === 1) setImmediate(this.#flush);
  }

  /** Sends what waits for the end of this turn. */
  flush(): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const bytes = this.#pending.length === 1 ? first : Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#prompt = false;
    if (!this.open) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > longestBacklog) this.#socket.destroy();
  }

  #read(chunk: Buffer, events: AppConnectionEvents): void {
    const { payloads, broken } = this.#reader.push(chunk);
    for (const payload of payloads) {
      if (this.#socket.destroyed) return;
      events.command(readCommand(payload), this);
    }
    if (broken !== undefined) events.broken(broken, this);
  }
}
