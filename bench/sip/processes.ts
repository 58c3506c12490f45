/** The programs that are measured: the engine with an app, and kamailio. Each ends with `stop`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, portOpen, type Program, startProgram } from '../../test/support/programs.ts';
import { engineHeap } from '../../cli/up/parts.ts';
import type { EnginePorts } from '../../server/sip-engine/index.ts';

const here = import.meta.dirname;
const engineMain = join(here, '..', '..', 'server', 'sip-engine', 'main.ts');
const quiet = '--disable-warning=ExperimentalWarning';
const secret = 'bench';

/** Something that SIP can be sent to. */
export interface Measured {
  /** Of the SIP ports, on 127.0.0.1. */
  readonly udp: number;
  readonly tcp: number;
  /** By the name of the program. */
  readonly pids: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** The engine and its app. */
export interface MeasuredEngine extends Measured {
  /** Bytes on the JavaScript heap after a full collection, and resident bytes. */
  memory(): Promise<{ readonly heap: number; readonly resident: number }>;
  /** Writes down where its time goes until what is returned is called; resolves then when the file is written. */
  profile(): () => Promise<void>;
}

const pidOf = (program: Program): number => program.child.pid ?? 0;

/** What becomes of every call: the app answers it, the app sends it on to `host:port`, or the engine does so by itself. */
export type Task = { readonly type: 'answer' } | { readonly type: 'proxy' | 'route'; readonly next: string };

/** The line `{"heap":n,"resident":n}` that was printed after `from` others. */
async function heapLine(program: Program, from: number): Promise<{ heap: number; resident: number }> {
  for (;;) {
    const lines = program.output().match(/\{"heap":\d+,"resident":\d+\}/g) ?? [];
    const line = lines[from];
    if (line !== undefined) return JSON.parse(line) as { heap: number; resident: number };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** An app that is connected to the engine at `admin`. */
async function startApp(task: Exclude<Task, { type: 'route' }>, admin: number): Promise<Program> {
  const next = task.type === 'proxy' ? [task.next] : [];
  const app = startProgram(process.execPath, [quiet, join(here, 'app.ts'), task.type, String(admin), secret, ...next]);
  await app.printed(/connected/);
  return app;
}

/**
 * Starts the engine as it is started on a site, without link and journal unless `more` asks for them, and an app of its
 * own process where the task wants one. A profile is written to `profile`.
 */
export async function startEngineAndApp(
  task: Task,
  more: readonly string[] = [],
  profile = '',
): Promise<MeasuredEngine> {
  const listen = ['--listen', 'udp://127.0.0.1:0', '--listen', 'tcp://127.0.0.1:0', '--admin', '127.0.0.1:0'];
  const watched = [...engineHeap, '--expose-gc', '--import', join(here, 'watched.ts')];
  const route = task.type === 'route' ? ['--route', `INVITE=sip:${task.next}`] : [];
  const args = [quiet, ...watched, engineMain, ...listen, '--secret', secret, ...route, ...more];
  const engine = startProgram(process.execPath, args, undefined, { ...process.env, JACKFIELD_BENCH_PROFILE: profile });
  await engine.printed(/"type":"listening".*\n/);
  const line = /\{"type":"listening".*\}/.exec(engine.output())?.[0] ?? '{}';
  const ports = JSON.parse(line) as EnginePorts;
  const port = (protocol: string): number => ports.listen.find((place) => place.protocol === protocol)?.port ?? 0;
  const app = task.type === 'route' ? undefined : await startApp(task, ports.admin);
  let asked = 0;
  return {
    udp: port('udp'),
    tcp: port('tcp'),
    pids: { engine: pidOf(engine), ...(app === undefined ? {} : { app: pidOf(app) }) },
    profile() {
      engine.child.kill('SIGALRM');
      return () => {
        engine.child.kill('SIGALRM');
        return engine.printed(/"profile":"written"/);
      };
    },
    memory() {
      engine.child.kill('SIGUSR2');
      return heapLine(engine, asked++);
    },
    async stop() {
      await app?.stop('SIGTERM');
      await engine.stop('SIGTERM');
    },
  };
}

/** Debian's kamailio as a stateful proxy that sends every call to `next` and stays in its path. */
export async function startKamailio(next: string): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-kamailio-'));
  const port = await freePort();
  const config = readFileSync(join(here, 'kamailio.cfg'), 'utf8')
    .replaceAll('listen=LISTEN', `listen=udp:127.0.0.1:${port}`)
    .replaceAll('sip:NEXT', `sip:${next}`);
  writeFileSync(join(folder, 'kamailio.cfg'), config);
  const run = ['-DD', '-E', '-m', '256', '-M', '16', '-Y', folder, '-P', join(folder, 'pid')];
  const program = startProgram('kamailio', ['-f', join(folder, 'kamailio.cfg'), ...run]);
  await Promise.race([portOpen('udp', port), program.exited]);
  if (program.child.exitCode !== null) throw new Error(`kamailio does not run: ${program.output().slice(-500)}`);
  return {
    udp: port,
    tcp: 0,
    pids: { kamailio: pidOf(program) },
    async stop() {
      await program.stop('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
