/** Debian's rtpengine in user space (its kernel module is not used), spoken to by its ng protocol. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { startProgram, type Program } from '../../test/support/programs.ts';
import { bdecode, bencode, type Bencoded } from './bencode.ts';

const host = '127.0.0.1';

/** How it is told to answer: keys of an ng `offer` or `answer`. */
export type NgFlags = Readonly<Record<string, Bencoded>>;

/** The first line of its version; undefined where it is not installed. */
export function rtpengineVersion(): string | undefined {
  const { stdout, stderr, error } = spawnSync('rtpengine', ['--version'], { encoding: 'utf8' });
  return error === undefined ? `${stdout}${stderr}`.trim().split('\n')[0] : undefined;
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => void socket.close(resolve));
  return port;
}

export class RtpEngine {
  readonly #program: Program;
  readonly #socket: Socket;
  readonly #port: number;
  readonly #asked = new Map<string, (answer: Bencoded) => void>();

  private constructor(program: Program, socket: Socket, port: number) {
    this.#program = program;
    this.#socket = socket;
    this.#port = port;
    socket.on('message', (bytes) => {
      const text = bytes.toString('latin1');
      const cut = text.indexOf(' ');
      this.#asked.get(text.slice(0, cut))?.(bdecode(text.slice(cut + 1)));
    });
  }

  /** Starts it with so many threads, and resolves when it answers. */
  static async start(threads = 1): Promise<RtpEngine> {
    const port = await freePort();
    const first = 36_000 + 2 * Math.floor(Math.random() * 1000);
    const args = [
      `--interface=${host}`,
      `--listen-ng=${host}:${port}`,
      '--foreground',
      '--log-stderr',
      '--log-level=3',
    ];
    args.push('--table=-1', `--num-threads=${threads}`, `--port-min=${first}`, `--port-max=${first + 3999}`);
    const program = startProgram('rtpengine', [...args]);
    const socket = createSocket('udp4').bind(0, host);
    await once(socket, 'listening');
    const engine = new RtpEngine(program, socket, port);
    await engine.#answers();
    try {
      setPriority(engine.pid, -10);
    } catch {
      // Without the privilege nobody has it.
    }
    return engine;
  }

  get pid(): number {
    return this.#program.child.pid ?? 0;
  }

  /** Offers A's SDP and answers with what `b` makes of it; returns what A and B are told. */
  async call(
    callId: string,
    a: string,
    b: (offered: string) => string,
    toB: NgFlags = {},
    toA: NgFlags = {},
  ): Promise<{ readonly forA: string; readonly forB: string }> {
    const told = { 'call-id': callId, 'from-tag': 'a', replace: ['origin'] };
    const forB = await this.#sdp({ ...told, command: 'offer', sdp: a, ...toB });
    const forA = await this.#sdp({ ...told, command: 'answer', 'to-tag': 'b', sdp: b(forB), ...toA });
    return { forA, forB };
  }

  async hangUp(callId: string): Promise<void> {
    await this.#ask({ command: 'delete', 'call-id': callId, 'from-tag': 'a', 'delete-delay': 0 }, 3000);
  }

  async stop(): Promise<void> {
    this.#socket.close();
    await this.#program.stop();
  }

  async #answers(): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const answer = await this.#ask({ command: 'ping' }, 100);
      if (answer !== undefined) return;
    }
    throw new Error(`rtpengine does not answer: ${this.#program.output()}`);
  }

  async #sdp(message: NgFlags): Promise<string> {
    const answer = await this.#ask(message, 3000);
    const { result = '', sdp = '' } = (answer ?? {}) as Record<string, Bencoded>;
    if (result !== 'ok' || typeof sdp !== 'string' || sdp === '')
      throw new Error(`rtpengine refused: ${JSON.stringify(answer)} ${this.#program.output()}`);
    return sdp;
  }

  #ask(message: NgFlags, ms: number): Promise<Bencoded | undefined> {
    const cookie = randomBytes(8).toString('hex');
    return new Promise((resolve) => {
      const settle = (answer: Bencoded | undefined): void => {
        clearTimeout(timer);
        this.#asked.delete(cookie);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(undefined), ms);
      this.#asked.set(cookie, settle);
      this.#socket.send(Buffer.from(`${cookie} ${bencode(message)}`, 'latin1'), this.#port, host);
    });
  }
}
