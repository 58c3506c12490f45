/** `jackfield up`: the supervisor. `jackfield sip|media|server`: one part alone. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { z } from 'zod';
import { systemClock } from '../base/clock.ts';
import { makeProblem, problemLine, type Problem } from '../protocol/problems/index.ts';
import { certificateFiles, loadConfig, siteFiles, type Config } from '../server/config.ts';
import { takePidFile } from './up/pid-file.ts';
import { takenPorts } from './up/ports.ts';
import { partsOf, portsOf } from './up/parts.ts';
import { Site, type SiteEvent } from './up/site.ts';
import { summary, type DemoLogin } from './up/summary.ts';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));

const loginsFile = z.object({
  logins: z.array(z.object({ login: z.string(), password: z.string(), supervisor: z.boolean().optional() })),
});

function say(problem: Problem): void {
  console.error(problemLine(problem));
  console.error(`${problem.titleZh}${problem.detailZh}`);
}

/** The shared secrets of engine, media node and server; made once, readable by the owner only. */
function ensureSecrets(config: Config): void {
  for (const file of [siteFiles(config).engineSecret, siteFiles(config).mediaSecret]) {
    if (existsSync(file)) continue;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  }
  // A key that the configuration names is the admin's: a new one in its place would hide that it is gone.
  const { recordingKey } = siteFiles(config);
  if (config.recording.keyFile !== undefined || existsSync(recordingKey)) return;
  mkdirSync(dirname(recordingKey), { recursive: true, mode: 0o700 });
  writeFileSync(recordingKey, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
}

function missingCertificate(config: Config): Problem | undefined {
  const files = certificateFiles(config);
  for (const what of ['certificate', 'key'] as const)
    if (!existsSync(files[what])) return makeProblem('certificate-missing', { reason: `no ${what} file` }, files[what]);
  return undefined;
}

/** The demo logins that set-up left to be shown; the file goes with that. */
function takeLogins(config: Config): readonly DemoLogin[] {
  const file = join(config.home, 'run', 'demo-logins.json');
  if (!existsSync(file)) return [];
  const parsed = loginsFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  rmSync(file);
  return parsed.success ? parsed.data.logins : [];
}

function sayEvent(event: SiteEvent): void {
  switch (event.type) {
    case 'part-died':
      console.log(
        `The ${event.part} ended (${event.reason}); it is started again. / ${event.partZh}已退出，正在重新启动。`,
      );
      return;
    case 'part-back':
      console.log(`The ${event.part} is running again. / ${event.partZh}已恢复运行。`);
      return;
    case 'gave-up':
      say(event.problem);
      return;
  }
}

/** Resolves when someone wants the site to stop: a signal, the launcher's end, or a part that keeps dying. */
function untilStopped(site: Site): Promise<number> {
  return new Promise((resolveWith) => {
    // Stays on: a second signal must not cut the orderly stop short. Every part is killed when it takes too long.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolveWith(0));
    process.once('disconnect', () => resolveWith(0));
    site.events.on((event) => {
      sayEvent(event);
      if (event.type === 'gave-up') resolveWith(1);
    });
  });
}

async function checkBefore(config: Config): Promise<readonly Problem[]> {
  const missing = missingCertificate(config);
  return [...(missing === undefined ? [] : [missing]), ...(await takenPorts(portsOf(config)))];
}

async function runSite(config: Config): Promise<number> {
  const began = Date.now();
  const [first, ...more] = await checkBefore(config);
  if (first !== undefined) {
    say(first);
    for (const { place, title } of more) console.error(`  + ${place ?? ''}: ${title}`);
    return 1;
  }
  ensureSecrets(config);
  mkdirSync(dirname(siteFiles(config).database), { recursive: true, mode: 0o700 });
  const logs = siteFiles(config).logs;
  const { restarts: limit, withinInSeconds } = config.supervisor;
  const intensity = { limit, windowMs: withinInSeconds * 1000 };
  const site = new Site(partsOf(config, process.env), logs, systemClock, undefined, intensity);
  const stopped = untilStopped(site);
  const outcome = await Promise.race([site.start(), stopped.then(() => 'stopped' as const)]);
  if (outcome === undefined) console.log(summary(config, takeLogins(config), logs, Date.now() - began));
  else if (outcome !== 'stopped') {
    say(outcome);
    return 1;
  }
  const code = await stopped;
  console.log('Stopping ... / 正在停止……');
  await site.stop();
  return code;
}

/** Runs the site until it is told to stop. Resolves with the exit code. */
export async function up(): Promise<number> {
  // A closed terminal must not stop the orderly stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const config = loadConfig(root);
  if (!config.ok) {
    say(config.error);
    return 1;
  }
  const pidFile = takePidFile(join(config.value.home, 'run', 'jackfield.pid'));
  if (!pidFile.ok) {
    say(makeProblem('already-running', { pid: pidFile.error }));
    return 1;
  }
  try {
    return await runSite(config.value);
  } finally {
    pidFile.value();
  }
}

/** Runs one part alone with the arguments given, in this terminal. */
async function runAlone(program: string, args: readonly string[]): Promise<void> {
  const lifeline = join(root, 'cli', 'up', 'lifeline.ts');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', lifeline, join(root, program), ...args],
    {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  process.once('disconnect', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}

/** Adds the commands to `program`. */
export function register(program: Command): void {
  program
    .command('up')
    .description('run the SIP engine, the media node and the server (npm start does set-up first) / 启动全部程序')
    .action(async () => {
      process.exitCode = await up();
      if (process.connected) process.disconnect();
    });
  const alone = { sip: 'server/sip-engine/main.ts', media: 'media/main.ts', server: 'server/main.ts' } as const;
  for (const [name, file] of Object.entries(alone))
    program
      .command(name)
      .description(`run only this part; its options: jackfield ${name} --help / 单独运行`)
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .argument('[options...]')
      .action(async (args: string[]) => {
        await runAlone(file, args);
        if (process.connected) process.disconnect();
      });
}
