/** Child programs of tests: started, watched and ended by their own id. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A program that runs, with all it printed so far. */
export interface Program {
  readonly child: ChildProcess;
  /** Standard output and error together. */
  output(): string;
  /** Resolves when the output matches; rejects when the program ends first. */
  printed(pattern: RegExp): Promise<void>;
  /** Resolves with the exit code (or -1 when it was ended by a signal). */
  readonly exited: Promise<number>;
  /** Ends it and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

let endsOnSignals = false;

/**
 * A signal, or the end of the process that runs the tests, would end this one without its `exit` listeners: whole sites
 * were left behind by an aborted `npm test`.
 */
function exitOnSignals(): void {
  if (endsOnSignals) return;
  endsOnSignals = true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  process.once('disconnect', () => process.exit(1));
}

/** Starts a program. Rejects in `exited` when it is not installed. */
export function startProgram(
  command: string,
  args: readonly string[],
  cwd?: string,
  env: NodeJS.ProcessEnv = process.env,
): Program {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  const child = spawn(command, args, { stdio, env, ...(cwd === undefined ? {} : { cwd }) });
  let output = '';
  const waiting = new Set<() => void>();
  const more = (bytes: Buffer): void => {
    output += bytes.toString();
    for (const look of [...waiting]) look();
  };
  child.stdout.on('data', more);
  child.stderr.on('data', more);
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  exited.catch(() => undefined);
  // A test run that breaks off must not leave phones and captures behind.
  exitOnSignals();
  const endToo = (): boolean => child.kill('SIGKILL');
  process.once('exit', endToo);
  child.once('exit', () => process.off('exit', endToo));
  return {
    child,
    exited,
    output: () => output,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(output)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        exited.then(
          (code) => reject(new Error(`${command} ended with ${String(code)}:\n${output}`)),
          (cause: unknown) => reject(new Error(`${command} cannot run`, { cause })),
        );
        look();
      }),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
  };
}

/** Below what Linux gives out by itself (32768 and up), so nobody who asks for any port is given one of these. */
const lowest = 10_000;
const ports = 10_000;
/** Where this process looks next: it never hands out a port twice, and others that run beside it look elsewhere. */
let next = (process.pid * 97) % ports;

async function takesBoth(port: number): Promise<boolean> {
  const server = createServer();
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, '127.0.0.1', resolve);
    });
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
    socket.close();
  }
}

/** A port that was free a moment ago for TCP and UDP on 127.0.0.1. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + next;
    next = (next + 1) % ports;
    if (await takesBoth(port)) return port;
  }
}

/**
 * Resolves when some process has opened a port of 127.0.0.1, as the kernel's own table tells: for programs that do not
 * say when they are ready.
 */
export async function portOpen(transport: 'udp' | 'tcp', port: number): Promise<void> {
  // Columns: slot, local address, remote address, state; 0A is LISTEN.
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const isOpen = (line: string): boolean =>
    line.slice(0, 24).includes(wanted) && (transport === 'udp' || line.split(/\s+/)[4] === '0A');
  while (!(await readFile(`/proc/net/${transport}`, 'utf8')).split('\n').some(isOpen)) await pause(5);
}
