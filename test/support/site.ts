/** A whole Jackfield of its own for one test file: supervisor, engine, media node, server; free ports, a home and a copy of the dialplans. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetch } from 'undici';
import { ensureCertificates } from '../../certs/folder.ts';
import { readWav, writeWav } from '../../cli/caller/index.ts';
import { loadConfig, type Config, siteFiles } from '../../server/config.ts';
import { makeDemoSite, type DemoLogin } from '../../server/demo-site.ts';
import { freePort, type Program, startProgram } from './programs.ts';
import { until } from './until.ts';
import { witnesses } from './witnesses.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

export type PartName = 'sip-engine' | 'media' | 'server';

export interface SiteOptions {
  /** More JACKFIELD_* variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Changes the copied dialplans before the site starts. */
  readonly prepare?: (dialplans: string) => void;
  /**
   * As its customers have it: what callers and agents say is written down, and callers hear each prompt to its end.
   * Default: no utterance is written down, which costs a third of a core for each talk, and the prompt before the queue, which
   * every call of a story waits for, is cut to its first words. Phrases are spotted in any case.
   */
  readonly asShipped?: boolean;
  /** Parts are killed: each has its spare, as in a site of its customers. Default: none, which saves loading all code twice. */
  readonly deaths?: boolean;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running site. */
export class TestSite {
  readonly config: Config;
  readonly logins: readonly DemoLogin[];
  readonly #program: Program;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(config: Config, logins: readonly DemoLogin[], program: Program, environment: NodeJS.ProcessEnv) {
    this.config = config;
    this.logins = logins;
    this.#program = program;
    this.#environment = environment;
  }

  /** Address of the agent page over plain http (loopback: a secure context). */
  get url(): string {
    return `http://127.0.0.1:${this.config.http.port}`;
  }

  get secureUrl(): string {
    return `https://127.0.0.1:${this.config.http.tlsPort}`;
  }

  get sipPort(): number {
    return this.config.sip.port;
  }

  loginOf(agent: string): DemoLogin {
    const found = this.logins.find(({ login }) => login === agent);
    if (found === undefined) throw new Error(`the demo site has no agent ${agent}`);
    return found;
  }

  /** All the supervisor printed. */
  get output(): string {
    return this.#program.output();
  }

  /** The log of a part. */
  log(part: 'sip-engine' | 'media-node' | 'server'): string {
    return readFileSync(join(siteFiles(this.config).logs, `${part}.log`), 'utf8');
  }

  /** `./jackfield ARGS...` against this site. */
  async command(...args: string[]): Promise<CommandResult> {
    const child = run(process.execPath, [join(root, 'cli', 'main.ts'), ...args], {
      env: this.#environment,
      maxBuffer: 50_000_000,
    });
    return child.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: unknown) => {
        const failed = error as { code?: number; stdout?: string; stderr?: string };
        return { code: failed.code ?? -1, stdout: failed.stdout ?? '', stderr: failed.stderr ?? '' };
      },
    );
  }

  /** Starts `./jackfield ARGS...` and lets it run. */
  start(...args: string[]): Program {
    return startProgram(process.execPath, [join(root, 'cli', 'main.ts'), ...args], undefined, this.#environment);
  }

  /** The API as the admin. Rejects on problems unless `expectProblem`. */
  async api(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const runFile = JSON.parse(readFileSync(siteFiles(this.config).runFile, 'utf8')) as { token: string };
    const response = await fetch(`${this.url}${path}`, {
      method,
      // A kept connection may be closed by the server just as a test that was busy for seconds asks again.
      headers: { authorization: `Bearer ${runFile.token}`, 'content-type': 'application/json', connection: 'close' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  /** The process of a part: a child of the supervisor that runs its program. */
  async pidOf(part: PartName): Promise<number> {
    const program = part === 'server' ? 'server/main.ts' : part === 'media' ? 'media/main.ts' : 'sip-engine/main.ts';
    const { stdout } = await run('ps', ['--ppid', String(this.#program.child.pid), '-o', 'pid=,args=']);
    const line = stdout.split('\n').find((each) => each.includes(program) && !each.includes('<defunct>'));
    return line === undefined ? 0 : Number.parseInt(line, 10);
  }

  /** `kill -9` of a part. Returns the id it had. */
  async kill(part: PartName): Promise<number> {
    const pid = await this.pidOf(part);
    if (pid === 0) throw new Error(`the ${part} does not run`);
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  /** Resolves when `GET /readyz` says ready, and (after a kill) another process than `not` runs the part. */
  async untilReady(part: PartName = 'server', not = -1): Promise<void> {
    await until(async () => {
      const pid = await this.pidOf(part);
      if (pid === 0 || pid === not) return false;
      const response = await fetch(`${this.url}/readyz`).catch(() => undefined);
      return response?.status === 200;
    });
  }

  /** What happened, for a test that failed: every call's story, what the parts complained of. */
  async diagnosis(): Promise<string> {
    const lines = [this.output];
    const { body } = await this.api('GET', '/api/v1/calls').catch(() => ({ body: { items: [] } }));
    for (const { id } of (body as { items: { id: string }[] }).items.slice(0, 3)) {
      const { story } = (await this.api('GET', `/api/v1/calls/${id}`)).body as { story: Record<string, unknown>[] };
      for (const row of story)
        lines.push(`${id} ${String(row['at'])} ${String(row['type'])} ${JSON.stringify(row['facts'])}`);
    }
    for (const part of ['sip-engine', 'media-node', 'server'] as const) {
      const said = this.log(part)
        .split('\n')
        .filter((line) => !line.includes('"diagnostic"'));
      lines.push(`--- ${part}`, ...said.slice(-12));
    }
    return lines.join('\n');
  }

  /** The same in a few lines: the newest calls' rows with their times, and the last complaint of each part. */
  async brief(): Promise<string> {
    const lines: string[] = [];
    const { body } = await this.api('GET', '/api/v1/calls').catch(() => ({ body: { items: [] } }));
    for (const { id } of (body as { items: { id: string }[] }).items.slice(0, 2)) {
      const { story } = (await this.api('GET', `/api/v1/calls/${id}`)).body as {
        story: { at: number; type: string }[];
      };
      const rows = story.map(({ at, type }) => `${type} ${((at - (story[0]?.at ?? 0)) / 1000).toFixed(1)}`);
      lines.push(`${id}: ${rows.slice(0, 4).join(', ')} ... ${rows.slice(4).slice(-8).join(', ')}`);
    }
    for (const part of ['sip-engine', 'media-node', 'server'] as const) {
      const complaints = this.log(part)
        .split('\n')
        .filter((line) => !line.includes('"diagnostic"'))
        .filter((line) => /"level":[456]0/.test(line) || line.includes('"type":"ended"'));
      lines.push(...complaints.slice(-2).map((line) => `${part}: ${line.slice(0, 300)}`));
    }
    return lines.join('\n');
  }

  /** Stops everything and removes its files. Returns the supervisor's exit code. */
  async stop(): Promise<number> {
    witnesses.delete(this);
    const code = await this.#program.stop('SIGTERM');
    rmSync(this.config.home, { recursive: true, force: true });
    return code;
  }
}

/** Several browsers that answer at once, or end their calls at once, on a loaded machine take longer than agents are given for it. */
function patientQueues(dialplans: string): void {
  const file = join(dialplans, 'queues.yaml');
  const queues = readFileSync(file, 'utf8')
    .replaceAll('ring: 20s', 'ring: 90s')
    .replaceAll('wrap-up: 60s', 'wrap-up: 5m');
  if (!/ring: 90s[^]*wrap-up: 5m/.test(queues))
    throw new Error('the demo queues have other times than the tests believe');
  writeFileSync(file, queues);
}

/** What callers hear before they are in the queue, of every language: four seconds, cut to one. */
function briefPrompts(dialplans: string): void {
  const prompts = join(dialplans, 'prompts');
  for (const language of readdirSync(prompts)) {
    const file = join(prompts, language, 'please-wait.wav');
    const sound = readWav(readFileSync(file));
    if (typeof sound === 'string') throw new Error(`${file}: ${sound}`);
    writeFileSync(file, writeWav(sound.samples.subarray(0, sound.sampleRate), sound.sampleRate));
  }
}

/** Starts a site and waits until it is ready. */
export async function startSite(options: SiteOptions = {}): Promise<TestSite> {
  const home = mkdtempSync(join(tmpdir(), 'jackfield-site-'));
  const dialplans = join(home, 'dialplans');
  cpSync(join(root, 'dialplans'), dialplans, { recursive: true });
  patientQueues(dialplans);
  if (options.asShipped !== true) briefPrompts(dialplans);
  options.prepare?.(dialplans);
  mkdirSync(join(home, 'run'), { recursive: true });
  const names = [
    'HTTP_PORT',
    'HTTP_TLS_PORT',
    'SIP_PORT',
    'SIP_TLS_PORT',
    'SIP_WEB_SOCKET_PORT',
    'SIP_SECURE_WEB_SOCKET_PORT',
  ];
  names.push('SIP_ADMIN_PORT', 'SIP_LINK_PORT', 'MEDIA_RPC_PORT', 'MEDIA_WEBRTC_PORT');
  const ports = await Promise.all(names.map(() => freePort()));
  const rtp = 20_000 + 2 * Math.floor(Math.random() * 6000);
  const own: Record<string, string> = {
    JACKFIELD_HOME: home,
    JACKFIELD_DIALPLANS: dialplans,
    JACKFIELD_MEDIA_RTP_PORTS: `${rtp}-${rtp + 199}`,
    // Whatever else this machine is busy with: the stories have their calls.
    JACKFIELD_MEDIA_MOST_BUSY_PERCENT: '100',
    ...(options.asShipped === true ? {} : { JACKFIELD_MEDIA_TRANSCRIPTIONS: '0' }),
    JACKFIELD_SUPERVISOR_SPARES: String(options.asShipped === true || options.deaths === true),
    ...Object.fromEntries(names.map((name, index) => [`JACKFIELD_${name}`, String(ports[index])])),
    ...options.environment,
  };
  const config = loadConfig(root, { ...own, JACKFIELD_CONFIG: join(home, 'jackfield.yaml') });
  if (!config.ok) throw new Error(config.error.title);
  const [logins] = await Promise.all([
    makeDemoSite(config.value),
    ensureCertificates(join(home, 'certs'), ['127.0.0.1', 'localhost'], Date.now()),
  ]);
  const environment = { ...process.env, ...own, JACKFIELD_CONFIG: join(home, 'jackfield.yaml'), LANG: 'C.UTF-8' };
  const program = startProgram(process.execPath, [join(root, 'cli', 'main.ts'), 'up'], undefined, environment);
  const site = new TestSite(config.value, logins, program, environment);
  witnesses.add(site);
  await program.printed(/Jackfield is running/);
  await site.untilReady();
  return site;
}
