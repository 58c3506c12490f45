/** Judges the wire by tshark, which nobody here wrote. Captures on `lo`; needs the right to capture (root). */
import { createSocket } from 'node:dgram';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Program } from './programs.ts';
import { freePort, startProgram } from './programs.ts';

const run = promisify(execFile);

export interface CaptureOptions {
  /** A capture filter (pcap syntax), such as `udp port 5060 or tcp port 5060`. */
  readonly filter: string;
  /** Ports on which SIP is spoken, so that it is dissected. */
  readonly sipPorts?: readonly number[];
}

/** One packet: the fields that were asked for, by name; a field that occurs several times is joined by commas. */
export type PacketRow = Readonly<Record<string, string>>;

/** A capture in progress, or one that was stopped. */
export class Capture {
  /** The pcapng file; gone after `close`. */
  readonly file: string;
  readonly #folder: string;
  readonly #program: Program;
  readonly #markPort: number;
  readonly #sipPorts: readonly number[];
  #marks = 0;
  #stopped = false;

  constructor(folder: string, file: string, program: Program, markPort: number, sipPorts: readonly number[]) {
    this.#folder = folder;
    this.file = file;
    this.#program = program;
    this.#markPort = markPort;
    this.#sipPorts = sipPorts;
  }

  /**
   * Sends a packet to a port of our own until tshark has printed it: what was sent before is then captured. tshark says
   * "Capturing" before it really does, and buffers, so nothing less is proof.
   */
  async mark(): Promise<void> {
    const length = 40 + this.#marks++;
    const socket = createSocket('udp4');
    const send = (): void => socket.send(Buffer.alloc(length), this.#markPort, '127.0.0.1');
    const timer = setInterval(send, 20);
    try {
      send();
      await this.#program.printed(new RegExp(`\\b${String(this.#markPort)} ${String(length + 8)}\\n`));
    } finally {
      clearInterval(timer);
      socket.close();
    }
  }

  /** Ends the capture once everything sent until now is in it. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.mark();
    await this.#program.stop('SIGINT');
  }

  /** The packets that pass a display filter, with the given fields of each. Stops the capture first. */
  async rows(displayFilter: string, fields: readonly string[]): Promise<PacketRow[]> {
    await this.stop();
    const args = [
      ...['-r', this.file, '-2', '-R', `(${displayFilter}) and not udp.dstport == ${String(this.#markPort)}`],
      ...['--enable-heuristic', 'rtp_udp', '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a'],
      ...this.#sipPorts.flatMap((port) => [
        '-d',
        `udp.port==${String(port)},sip`,
        '-d',
        `tcp.port==${String(port)},sip`,
      ]),
      ...fields.flatMap((field) => ['-e', field]),
    ];
    const { stdout } = await run('tshark', args, { maxBuffer: 256 * 1024 * 1024 });
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const values = line.split('\t');
      return Object.fromEntries(fields.map((field, index) => [field, values[index] ?? '']));
    });
  }

  /** Stops, and deletes the file. */
  async close(): Promise<void> {
    this.#stopped = true;
    await this.#program.stop('SIGINT');
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Starts a capture on the loopback interface and returns when it really captures. */
export async function startCapture(options: CaptureOptions): Promise<Capture> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-capture-'));
  const file = join(folder, 'capture.pcapng');
  const markPort = await freePort();
  const filter = `(${options.filter}) or udp dst port ${String(markPort)}`;
  const printing = ['-P', '-l', '-T', 'fields', '-E', 'separator=/s', '-e', 'udp.dstport', '-e', 'udp.length'];
  const program = startProgram('tshark', ['-n', '-i', 'lo', '-f', filter, '-w', file, ...printing]);
  const capture = new Capture(folder, file, program, markPort, options.sipPorts ?? []);
  await capture.mark();
  return capture;
}
