/**
 * Calls through the SIP engine alone: answered by the smallest drachtio app, and sent on as a proxy beside Debian's
 * kamailio. CPU is read from /proc, of each program named; callers and called are sipp. docs/bench.md says the goals.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext, BenchEntry, BenchReport } from './entry.ts';
import { installPeers } from './peers.ts';
import { meter } from './processes.ts';
import { type Measured, startEngineAndApp, startKamailio } from './sip/processes.ts';
import { registrationStorm, smallStorm, wholeStorm } from './sip/storm.ts';
import { type CpuProfile, selfTimes } from './sip/profile.ts';
import { load, type LoadOptions, type LoadResult, startCalled } from './sipp.ts';
import { numbers, startBenchSite } from './site.ts';
import { median, quantile } from './statistics.ts';

/** How long a row takes. */
interface Extent {
  /** Seconds of a row, and of the row that shows the goal. */
  readonly seconds: number;
  readonly goalSeconds: number;
  /** Calls of the memory row. */
  readonly calls: number;
  /** More options of the engine of that row. */
  readonly memory: readonly string[];
  /** Turns of each proxy. */
  readonly turns: number;
}

/** In a short run what is kept for a time has to go sooner: transactions after 6.4 s, messages beyond 4 MB. */
const sooner = ['--t1', '100', '--capture-bytes', '4000000'];
const short: Extent = { seconds: 8, goalSeconds: 10, calls: 10_000, memory: sooner, turns: 2 };
const full: Extent = { seconds: 20, goalSeconds: 60, calls: 100_000, memory: [], turns: 4 };

/** What the goal asks for. */
const goal = { perSecond: 1800, cpuMs: 0.46 };
const warmUp = { seconds: 4, perSecond: 400 };
/** As many as it takes V8 to compile what is run often, at a pace that a busy machine holds. */
const proxyWarmUp = { calls: 15_000, perSecond: 1500, atOnce: 40, seconds: 40 };
/** Slow enough for both proxies on a busy machine, fast enough that CPU counts in hundredths of a second are exact. */
const proxyRate = 300;

interface Turn {
  readonly result: LoadResult;
  /** Milliseconds of CPU a call, by program. */
  readonly cpu: Readonly<Record<string, number>>;
}

/** Calls that the caller ends. */
function callsTo({ udp, tcp }: Measured, how: Partial<LoadOptions> & { seconds: number }): LoadOptions {
  const port = how.transport === 'tcp' ? tcp : udp;
  return { port, called: 'bench', bye: 'caller', atOnce: 20, perSecond: 5000, ...how };
}

async function turnOf(pids: Readonly<Record<string, number>>, options: LoadOptions): Promise<Turn> {
  const read = meter(pids);
  const result = await load(options);
  const calls = Math.max(1, result.successful);
  return { result, cpu: Object.fromEntries(Object.entries(read()).map(([name, ms]) => [name, ms / calls])) };
}

const total = (cpu: Readonly<Record<string, number>>): number => Object.values(cpu).reduce((sum, ms) => sum + ms, 0);

const rate = ({ successful, seconds }: LoadResult): number => successful / seconds;

const counted = ({ successful, failed, retransmitted }: LoadResult): string =>
  `${successful} calls, ${failed} failed, ${retransmitted} messages sent again by the caller`;

function loadEntries(name: string, { result, cpu }: Turn, how: string): BenchEntry[] {
  const smaller = (what: string, value: number, unit: string, detail: string): BenchEntry => ({
    name: `sip/${name}-${what}`,
    value,
    unit,
    better: 'smaller',
    detail,
  });
  return [
    {
      name: `sip/${name}`,
      value: rate(result),
      unit: 'calls/s',
      better: 'larger',
      detail: `${how}; ${counted(result)}`,
    },
    smaller('failed', result.failed, 'calls', `of ${result.successful + result.failed}`),
    ...Object.entries(cpu).map(([part, ms]) => smaller(`cpu-${part}`, ms, 'ms/call', `CPU of process ${part}`)),
    smaller('set-up-p50', quantile(result.setUpMs, 0.5), 'ms', 'INVITE to 200'),
    smaller('set-up-p99', quantile(result.setUpMs, 0.99), 'ms', 'INVITE to 200'),
  ];
}

/** Goal (a): an app answers, the caller hangs up. */
async function answered(
  { seconds, goalSeconds }: Extent,
  samples: Record<string, readonly number[]>,
): Promise<BenchEntry[]> {
  const entries: BenchEntry[] = [];
  const measured = await startEngineAndApp({ type: 'answer' });
  try {
    await load(callsTo(measured, warmUp));
    for (const transport of ['udp', 'tcp'] as const) {
      const turn = await turnOf(measured.pids, callsTo(measured, { transport, seconds }));
      entries.push(...loadEntries(transport, turn, `${transport.toUpperCase()}, srf createUAS, 20 calls at once`));
      samples[`sip/${transport}-set-up`] = turn.result.setUpMs;
    }
    const pace = { atOnce: 20_000, perSecond: goal.perSecond, seconds: goalSeconds };
    const turn = await turnOf(measured.pids, callsTo(measured, pace));
    entries.push(...loadEntries('goal', turn, `UDP, ${goal.perSecond} calls/s begun for ${goalSeconds} s`));
    const engine = turn.cpu['engine'] ?? Number.NaN;
    const detail = `engine, of the ${goal.cpuMs} ms a call that the C++ drachtio-server takes`;
    entries.push({ name: 'sip/goal-cpu-ratio', value: engine / goal.cpuMs, unit: 'x', better: 'smaller', detail });
  } finally {
    await measured.stop();
  }
  return entries;
}

function medianTurns(name: string, turns: readonly Turn[], processes: string): BenchEntry[] {
  const parts = Object.keys(turns[0]?.cpu ?? {});
  const detail = `${processes}, UDP, ${proxyRate} calls/s; median of ${turns.length} turns`;
  const waits = turns.flatMap(({ result }) => result.setUpMs);
  const entry = (what: string, value: number, unit: string, how: string): BenchEntry => ({
    name: `sip/proxy-${name}-${what}`,
    value,
    unit,
    better: name === 'kamailio' ? 'reference' : 'smaller',
    detail: how,
  });
  return [
    ...parts.map((part) => entry(`cpu-${part}`, median(turns.map(({ cpu }) => cpu[part] ?? 0)), 'ms/call', detail)),
    entry('set-up-p99', quantile(waits, 0.99), 'ms', 'INVITE to 200'),
    entry(
      'failed',
      turns.reduce((sum, { result }) => sum + result.failed, 0),
      'calls',
      turns.map(({ result }) => counted(result)).join('; '),
    ),
  ];
}

/** Goal (b): the same calls through each proxy, turn about. */
async function proxied({ seconds, turns }: Extent): Promise<BenchEntry[]> {
  const called = await startCalled(['-sf', join(import.meta.dirname, 'sip', 'called.xml')]);
  const next = `127.0.0.1:${called.port}`;
  const started: Measured[] = [];
  try {
    const engine = await startEngineAndApp({ type: 'proxy', next });
    started.push(engine);
    const routed = await startEngineAndApp({ type: 'route', next });
    started.push(routed);
    const kamailio = await startKamailio(next);
    started.push(kamailio);
    const found: Record<'engine' | 'routed' | 'kamailio', Turn[]> = { engine: [], routed: [], kamailio: [] };
    for (const proxy of started) await load(callsTo(proxy, proxyWarmUp));
    for (let turn = 0; turn < turns; turn++) {
      const pace = { atOnce: 5000, perSecond: proxyRate, seconds };
      found.engine.push(await turnOf(engine.pids, callsTo(engine, pace)));
      found.routed.push(await turnOf(routed.pids, callsTo(routed, pace)));
      found.kamailio.push(await turnOf(kamailio.pids, callsTo(kamailio, pace)));
    }
    const ratios = found.kamailio.map(({ cpu }, at) => ({
      routed: total(found.routed[at]?.cpu ?? {}) / total(cpu),
      engine: (found.engine[at]?.cpu['engine'] ?? 0) / total(cpu),
      both: total(found.engine[at]?.cpu ?? {}) / total(cpu),
    }));
    const ratio = (name: string, values: readonly number[], detail: string): BenchEntry => ({
      name: `sip/proxy-${name}`,
      value: median(values),
      unit: 'x',
      better: 'smaller',
      detail,
    });
    return [
      ...medianTurns('routed', found.routed, 'engine that sends calls on by --route, as kamailio by its configuration'),
      ...medianTurns('engine', found.engine, 'engine with a drachtio-srf app that calls proxyRequest'),
      ...medianTurns('kamailio', found.kamailio, 'kamailio with all its processes, tm + rr'),
      ratio(
        'ratio-routed',
        ratios.map(({ routed: one }) => one),
        'CPU of the engine that routes by its configuration to that of kamailio',
      ),
      ratio(
        'ratio',
        ratios.map(({ engine: one }) => one),
        'CPU of the engine, which an app tells to proxy, to that of kamailio',
      ),
      ratio(
        'ratio-with-app',
        ratios.map(({ both }) => both),
        'CPU of engine and app to that of kamailio',
      ),
    ];
  } finally {
    for (const each of started) await each.stop();
    await called.program.stop('SIGKILL');
  }
}

/** The same call answered by the whole site: engine, server, media node, ledger. */
async function wholeServer({ seconds }: Extent): Promise<BenchEntry[]> {
  const site = await startBenchSite();
  try {
    const [engine, server, media] = await Promise.all([
      site.pidOf('sip-engine'),
      site.pidOf('server'),
      site.pidOf('media'),
    ]);
    const options = { port: site.sipPort, called: numbers.hangUp, atOnce: 20, perSecond: 1000, bye: 'called' } as const;
    await load({ ...options, seconds: warmUp.seconds });
    const turn = await turnOf({ engine, server, media }, { ...options, seconds });
    return loadEntries('whole-server', turn, 'UDP, a route answers and hangs up, 20 calls at once');
  } finally {
    await site.stop();
  }
}

const mb = (bytes: number): number => bytes / 1e6;

/** Memory while many calls are made, read after every tenth of them. */
async function memory(
  { calls, memory: more }: Extent,
  samples: Record<string, readonly number[]>,
): Promise<BenchEntry[]> {
  const measured = await startEngineAndApp({ type: 'answer' }, more);
  try {
    await load(callsTo(measured, warmUp));
    const readings = [await measured.memory()];
    for (let turn = 0; turn < 10; turn++) {
      await load(callsTo(measured, { calls: calls / 10, seconds: 60 }));
      readings.push(await measured.memory());
    }
    samples['sip/memory-heap'] = readings.map(({ heap }) => heap);
    samples['sip/memory-resident'] = readings.map(({ resident }) => resident);
    const [half, end] = [readings[5], readings[10]];
    const value = (name: string, bytes: number, detail: string): BenchEntry => ({
      name: `sip/memory-${name}`,
      value: mb(bytes),
      unit: 'MB',
      better: 'smaller',
      detail,
    });
    const course = (of: readonly number[]): string => of.map((bytes) => mb(bytes).toFixed(0)).join(' ');
    const every = `${more.join(' ')} every ${calls / 10} calls:`.trim();
    return [
      value('resident', end?.resident ?? NaN, `${every} ${course(samples['sip/memory-resident'])}`),
      value('heap', end?.heap ?? NaN, `after collection, ${every} ${course(samples['sip/memory-heap'])}`),
      value('growth', (end?.heap ?? NaN) - (half?.heap ?? NaN), 'of the heap in the second half'),
    ];
  } finally {
    await measured.stop();
  }
}

/** Where the engine's own time goes, in a run of its own: being watched costs time. */
async function profiled(task: 'answer' | 'proxy'): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-profile-'));
  const called = await startCalled(['-sf', join(import.meta.dirname, 'sip', 'called.xml')]);
  try {
    const how = task === 'answer' ? { type: task } : { type: task, next: `127.0.0.1:${called.port}` };
    const file = join(folder, 'engine.cpuprofile');
    const measured = await startEngineAndApp(how, [], file);
    try {
      await load(callsTo(measured, warmUp));
      const written = measured.profile();
      await load(callsTo(measured, { seconds: 6, perSecond: 400, atOnce: 200 }));
      await written();
    } finally {
      await measured.stop();
    }
    const shares = selfTimes(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile).slice(0, 15);
    const list = shares.map(({ name, part }) => `${(part * 100).toFixed(1)} % ${name}`).join(', ');
    return [`where the engine's time goes (${task}, self time): ${list}`];
  } finally {
    await called.program.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures; what cannot be measured is said in a note, the rest is measured all the same. */
export async function run(context: BenchContext): Promise<BenchReport> {
  const extent = context.full ? full : short;
  await installPeers('sip-tester');
  const samples: Record<string, readonly number[]> = {};
  const entries: BenchEntry[] = [];
  const notes: string[] = [];
  const attempt = async (what: string, measure: () => Promise<void>): Promise<void> => {
    await measure().catch((error: unknown) => void notes.push(`${what} could not be measured: ${String(error)}`));
  };
  await attempt('answered calls', async () => void entries.push(...(await answered(extent, samples))));
  await attempt('the proxies', async () => {
    await installPeers('kamailio');
    entries.push(...(await proxied(extent)));
  });
  await attempt('the whole server', async () => void entries.push(...(await wholeServer(extent))));
  await attempt('the registration storm', async () => {
    entries.push(...(await registrationStorm(context.full ? wholeStorm : smallStorm, samples)));
  });
  await attempt('memory', async () => void entries.push(...(await memory(extent, samples))));
  for (const task of ['answer', 'proxy'] as const)
    await attempt('the profile', async () => void notes.push(...(await profiled(task))));
  if (!context.full)
    notes.push('short rows; `npm run bench sip -- --full` takes 60 s and 100,000 calls, as the goals say');
  return { entries, samples, notes };
}
