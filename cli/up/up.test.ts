import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { parseArguments as parseMediaArguments } from '../../media/options.ts';
import { loadConfig } from '../../server/config.ts';
import { parseArguments as parseEngineArguments } from '../../server/sip-engine/options.ts';
import { LogFile } from './log-file.ts';
import { Part, type PartEvent, type PartPlan } from './part.ts';
import { partsOf, portsOf } from './parts.ts';
import { runningPid, takePidFile } from './pid-file.ts';
import { takenPorts } from './ports.ts';
import { Site, type SiteEvent } from './site.ts';
import { summary } from './summary.ts';
import { until } from '../../test/support/until.ts';

const lifeline = resolve(import.meta.dirname, 'lifeline.ts');
const times = { startMs: 10_000, stopMs: 5000, lastWordsMs: 100, spareMs: 20 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-up-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A stand-in for a part: says it listens, writes its name to `order` when it starts and when it stops. */
const listens = `
  const { appendFileSync } = require('node:fs');
  const [order, name] = process.argv.slice(1);
  appendFileSync(order, 'start ' + name + '\\n');
  process.on('SIGTERM', () => { appendFileSync(order, 'stop ' + name + '\\n'); process.exit(0); });
  setInterval(() => {}, 1000);
  console.log('hello');
  console.log(JSON.stringify({ type: 'listening' }));
`;
const complains = `console.error('port 5060 is taken'); process.exit(1)`;

function plan(name: PartPlan['name'], script: string): PartPlan {
  const args = ['--import', lifeline, '--eval', script, '--', join(folder, 'order'), name.replace(' ', '-')];
  return { name, args, env: process.env, cwd: folder };
}

/** Whether a process has ended; its parent need not have looked yet. */
function hasEnded(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

function nextEvent<T extends { readonly type: string }>(
  events: { on(listener: (event: T) => void): () => void },
  type: T['type'],
): Promise<T> {
  return new Promise((found) => {
    const cancel = events.on((event) => {
      if (event.type !== type) return;
      cancel();
      found(event);
    });
  });
}

test('parts start in order, stop in reverse, and one that is killed is started again', async () => {
  const site = new Site([plan('SIP engine', listens), plan('server', listens)], folder, systemClock, times);
  expect(await site.start()).toBeUndefined();
  const died = nextEvent<SiteEvent>(site.events, 'part-died');
  const back = nextEvent<SiteEvent>(site.events, 'part-back');
  process.kill(site.pids['server'] ?? 0, 'SIGKILL');
  expect(await died).toMatchObject({ part: 'server', reason: 'SIGKILL' });
  expect(await back).toMatchObject({ part: 'server' });
  await site.stop();
  expect(readFileSync(join(folder, 'order'), 'utf8').trim().split('\n')).toEqual([
    'start SIP-engine',
    'start server',
    'start server',
    'stop server',
    'stop SIP-engine',
  ]);
  expect(readFileSync(join(folder, 'server.log'), 'utf8')).toContain('hello');
});

/** A stand-in for a part that can wait: it makes itself ready, and listens when its turn has come. */
const waits = `
  const { appendFileSync } = require('node:fs');
  const [order, goAhead] = process.argv.slice(1);
  setInterval(() => {}, 1000);
  import(goAhead).then(async (held) => {
    appendFileSync(order, 'ready ' + process.pid + '\\n');
    await held.goAhead.given;
    appendFileSync(order, 'go ' + process.pid + '\\n');
    console.log(JSON.stringify({ type: 'listening' }));
  });
`;

/** A part whose program tells when it is ready and when it goes on, and what was told so far, a line each. */
function partWithSpare() {
  const log = new LogFile(join(folder, 'part.log'));
  log.start();
  const order = join(folder, 'order');
  const held = ['--import', resolve(import.meta.dirname, 'spare-held.ts')];
  const goAhead = resolve(import.meta.dirname, '..', '..', 'base', 'go-ahead.ts');
  const args = ['--import', lifeline, '--eval', waits, '--', order, goAhead];
  const plan: PartPlan = { name: 'server', args, env: process.env, cwd: folder, spare: held };
  const part = new Part(plan, log, systemClock, times);
  return { part, log, done: (): string[] => readFileSync(order, 'utf8').trim().split('\n') };
}

test('a spare is ready before its part dies, opens nothing until then, and takes its place', async () => {
  const { part, log, done } = partWithSpare();
  expect(await part.start()).toBeUndefined();
  const first = String(part.pid);
  await until(() => done().length === 3);
  const second = String(part.sparePid);
  const back = nextEvent<PartEvent>(part.events, 'listening');
  process.kill(part.pid ?? 0, 'SIGKILL');
  expect(await back).toMatchObject({ restarted: true });
  expect(String(part.pid)).toBe(second);
  expect(done()).toEqual([`ready ${first}`, `go ${first}`, `ready ${second}`, `go ${second}`]);
  // The next one, which ends with the part.
  await until(() => done().length === 5);
  const third = part.sparePid ?? 0;
  await part.stop();
  await until(() => hasEnded(third));
  log.close();
});

test('a part without a spare, or whose spare has died, is started again all the same', async () => {
  const { part, log, done } = partWithSpare();
  expect(await part.start()).toBeUndefined();
  await until(() => done().length === 3);
  process.kill(part.sparePid ?? 0, 'SIGKILL');
  await until(() => part.sparePid === undefined);
  const back = nextEvent<PartEvent>(part.events, 'listening');
  process.kill(part.pid ?? 0, 'SIGKILL');
  expect(await back).toMatchObject({ restarted: true });
  await part.stop();
  log.close();
});

test('a part that does not start is not tried again: its last words are the reason, the others are stopped', async () => {
  const site = new Site([plan('SIP engine', listens), plan('server', complains)], folder, systemClock, times);
  const problem = await site.start();
  expect(problem?.code).toBe('part-did-not-start');
  expect(problem?.title).toContain('exit code 1: port 5060 is taken');
  expect(site.pids).toEqual({ 'SIP engine': undefined, server: undefined });
});

test('a part that says nothing in time is killed', async () => {
  const log = new LogFile(join(folder, 'part.log'));
  log.start();
  const part = new Part(plan('server', 'setInterval(() => {}, 1000)'), log, systemClock, { ...times, startMs: 50 });
  expect(await part.start()).toContain('it did not listen within 0.05 seconds');
  expect(part.pid).toBeUndefined();
  log.close();
});

test('a part that dies too often is given up', async () => {
  const log = new LogFile(join(folder, 'part.log'));
  log.start();
  const dies = `console.log(JSON.stringify({ type: 'listening' })); console.error('no memory'); process.exitCode = 3`;
  const part = new Part(plan('server', dies), log, systemClock, times, { limit: 2, windowMs: 60_000 });
  const gaveUp = nextEvent<PartEvent>(part.events, 'gave-up');
  expect(await part.start()).toBeUndefined();
  expect(await gaveUp).toMatchObject({ reason: 'exit code 3: no memory', deaths: 3 });
  log.close();
});

test('parts end when their supervisor is killed without a word', async () => {
  const supervisor = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, JSON.parse(process.argv[1]), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    console.log(child.pid);
  `;
  const args = JSON.stringify(plan('server', listens).args);
  const parent = spawn(process.execPath, ['--eval', supervisor, '--', args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  parent.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const closed = once(parent.stdout, 'close');
  while (!said.includes('listening')) await once(parent.stdout, 'data');
  parent.kill('SIGKILL');
  // The pipe closes when the last process that holds it is gone: the part itself.
  await closed;
  expect(readFileSync(join(folder, 'order'), 'utf8')).toContain('stop server');
});

test('a second supervisor is refused with the process id of the first; a dead one is replaced', async () => {
  const file = join(folder, 'run', 'jackfield.pid');
  const release = takePidFile(file);
  expect(takePidFile(file)).toEqual({ ok: false, error: process.pid });
  if (release.ok) release.value();
  expect(runningPid(file)).toBeUndefined();
  const other = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(other, 'exit');
  mkdirSync(join(folder, 'run'), { recursive: true });
  writeFileSync(file, `${other.pid} 12345\n`);
  expect(takePidFile(file).ok).toBe(true);
  // The same process id, but another process than the one that wrote it.
  writeFileSync(file, `${process.pid} 1\n`);
  expect(takePidFile(file).ok).toBe(true);
});

test('a taken port is named with its use and its setting', async () => {
  const tcp = createServer().listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const ports = [
    { protocol: 'TCP', port: (tcp.address() as AddressInfo).port, use: 'agent page', setting: 'http.port' },
    { protocol: 'UDP', port: udp.address().port, use: 'SIP', setting: 'sip.port' },
    { protocol: 'UDP', port: 0, use: 'SIP', setting: 'sip.port' },
  ] as const;
  const problems = await takenPorts(ports.map((port) => ({ ...port, address: '127.0.0.1' })));
  expect(problems.map((problem) => problem.code)).toEqual(['port-taken', 'port-taken']);
  expect(problems[0]?.detail).toContain('agent page');
  expect(problems[1]?.detail).toContain('sip.port');
  tcp.close();
  udp.close();
  const unknown = await takenPorts([{ ...ports[0], address: '192.0.2.1' }]);
  expect(unknown[0]?.code).toBe('address-unknown');
});

test('a log file is rotated before it grows too large, and only so many old ones stay', () => {
  const log = new LogFile(join(folder, 'a.log'), 10, 2);
  log.start();
  for (const text of ['one456789', 'two456789', 'three6789', 'four56789']) log.write(text);
  log.close();
  expect(readdirSync(folder).sort()).toEqual(['a.log', 'a.log.1', 'a.log.2']);
  expect(readFileSync(join(folder, 'a.log'), 'utf8')).toBe('four56789');
  expect(readFileSync(join(folder, 'a.log.2'), 'utf8')).toBe('two456789');
  expect(statSync(join(folder, 'a.log')).mode & 0o777).toBe(0o600);
});

test('a stock drachtio-server takes the place of the SIP engine', () => {
  const own = loadConfig(folder, {});
  const stock = loadConfig(folder, { JACKFIELD_DRACHTIO: '10.0.0.5:9022,cymru' });
  if (!own.ok || !stock.ok) throw new Error('the configuration is refused');
  expect(partsOf(own.value, {}).map((part) => part.name)).toEqual(['SIP engine', 'media node', 'server']);
  expect(partsOf(stock.value, {}).map((part) => part.name)).toEqual(['media node', 'server']);
  expect(portsOf(stock.value).some((port) => port.setting.startsWith('sip.'))).toBe(false);
});

test('engine and media node accept the arguments the configuration leads to', () => {
  const config = loadConfig(folder, {
    JACKFIELD_HOME: folder,
    JACKFIELD_NETWORK_BIND: '0.0.0.0',
    JACKFIELD_SIP_T1: '50',
    JACKFIELD_SIP_TLS_AUTHORITIES: 'carriers.pem',
  });
  if (!config.ok) throw new Error('the configuration is refused');
  mkdirSync(join(folder, 'run'));
  writeFileSync(join(folder, 'run', 'engine.secret'), 'secret');
  const [engine, media] = partsOf(config.value, {});
  const own = (args: readonly string[] = []): string[] =>
    args.slice(args.findIndex((arg) => arg.endsWith('main.ts')) + 1);
  const forEngine = parseEngineArguments(own(engine?.args));
  expect(forEngine.listen.map((place) => `${place.protocol} ${place.host}:${place.port}`)).toEqual([
    'udp 0.0.0.0:5060',
    'tcp 0.0.0.0:5060',
    'tls 0.0.0.0:5061',
    'ws 0.0.0.0:5066',
    'wss 0.0.0.0:5067',
  ]);
  expect(forEngine).toMatchObject({ secret: 'secret', advertise: '127.0.0.1', timers: { t1: 50 } });
  expect(forEngine.session).toEqual({ expires: 1800 });
  expect(forEngine.tls).toMatchObject({ ca: 'carriers.pem', verify: true });
  expect(parseMediaArguments(own(media?.args))).toMatchObject({
    ok: true,
    value: { bind: '0.0.0.0', advertise: '127.0.0.1', rpcPort: 9024, leaseInSeconds: 60, rtpTimeoutMs: 30_000 },
  });
});

test('the summary names page, logins, number, demo call and how to stop, in both languages', () => {
  const config = loadConfig(folder, {});
  if (!config.ok) throw new Error('the configuration is refused');
  const text = summary(
    config.value,
    [
      { login: 'anna', password: 'abcd-efgh' },
      { login: 'sue', password: 'ijkl-mnop', supervisor: true },
    ],
    'logs',
    4200,
  );
  for (const part of [
    'http://127.0.0.1:8080/',
    'anna  abcd-efgh',
    'sue  ijkl-mnop  (supervisor / 班长)',
    'sip:+8653100000@127.0.0.1:5060',
    './jackfield call',
    'Ctrl-C',
    '坐席页面',
  ])
    expect(text).toContain(part);
});
