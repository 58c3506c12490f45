/**
 * Full calls per second, and what a call costs: sipp calls the whole site (engine, server, media node, ledger) over UDP,
 * once against a route that answers and hangs up, once against a menu that takes a key. The same sipp against sipp's own
 * called party, in the same run, tells what the machine could do.
 */
import type { ScriptItem } from '../cli/caller/index.ts';
import type { TestSite } from '../test/support/site.ts';
import { installPeers } from './peers.ts';
import type { BenchEntry, BenchReport } from './entry.ts';
import { meter } from './processes.ts';
import { load, type LoadOptions, type LoadResult, startCalled } from './sipp.ts';
import { numbers, startBenchSite } from './site.ts';
import { quantile } from './statistics.ts';

const seconds = 10;
const warmUpSeconds = 4;
const pressOne: readonly ScriptItem[] = [
  { type: 'pause', ms: 100 },
  { type: 'digit', digit: '1' },
];

type Kind = Pick<LoadOptions, 'called' | 'atOnce' | 'bye'> & { readonly script?: readonly ScriptItem[] };

const kinds: Readonly<Record<'hang-up' | 'menu', Kind & { readonly detail: string }>> = {
  'hang-up': {
    called: numbers.hangUp,
    atOnce: 20,
    bye: 'called',
    detail: 'INVITE, 200, ACK, BYE by the plan; 20 at once',
  },
  menu: {
    called: numbers.menu,
    atOnce: 60,
    bye: 'called',
    script: pressOne,
    detail: 'INVITE, menu prompt, key 1 by RFC 4733, BYE by the plan; 60 at once',
  },
};

interface Measured {
  readonly result: LoadResult;
  /** Milliseconds of CPU a call, by process. */
  readonly cpu: Readonly<Record<string, number>>;
}

async function measured(pids: Readonly<Record<string, number>>, options: LoadOptions): Promise<Measured> {
  await load({ ...options, seconds: warmUpSeconds });
  const read = meter(pids);
  const result = await load(options);
  const cpu = Object.fromEntries(Object.entries(read()).map(([name, ms]) => [name, ms / result.successful]));
  return { result, cpu };
}

const total = (cpu: Readonly<Record<string, number>>): number => Object.values(cpu).reduce((sum, ms) => sum + ms, 0);

async function reference(): Promise<Measured> {
  const { program, port } = await startCalled();
  try {
    const pid = program.child.pid ?? 0;
    // 400 a second: as fast as it can, sipp's called party runs into its own retransmissions.
    const options = { port, called: 'service', atOnce: 200, perSecond: 400, seconds: 6, bye: 'caller' } as const;
    return await measured({ sipp: pid }, options);
  } finally {
    await program.stop('SIGKILL');
  }
}

function entriesOf(name: string, detail: string, { result, cpu }: Measured, sipp: number): BenchEntry[] {
  const cost = total(cpu);
  const parts = Object.entries(cpu).map(([part, ms]) => `${part} ${ms.toFixed(2)}`);
  return [
    { name: `calls/${name}`, value: result.successful / result.seconds, unit: 'calls/s', better: 'larger', detail },
    {
      name: `calls/${name}-failed`,
      value: result.failed,
      unit: 'calls',
      better: 'smaller',
      detail: `of ${result.successful + result.failed}`,
    },
    { name: `calls/${name}-cpu`, value: cost, unit: 'ms/call', better: 'smaller', detail: parts.join(', ') },
    {
      name: `calls/${name}-cpu-ratio`,
      value: cost / sipp,
      unit: 'x',
      better: 'smaller',
      detail: 'of the CPU of a sipp that is called',
    },
  ];
}

/** Calls at a pace the site keeps easily: what one caller waits for the 200. */
async function setUp(site: TestSite, perSecond: number): Promise<{ entries: BenchEntry[]; values: readonly number[] }> {
  const { called, bye } = kinds['hang-up'];
  const rate = Math.max(2, Math.floor(perSecond / 4));
  const { setUpMs } = await load({ port: site.sipPort, called, bye, atOnce: 50, perSecond: rate, seconds });
  const detail = `INVITE to 200 with ${rate} calls/s, ${setUpMs.length} calls`;
  const entry = (name: string, part: number): BenchEntry => ({
    name: `calls/${name}`,
    value: quantile(setUpMs, part),
    unit: 'ms',
    better: 'smaller',
    detail,
  });
  return { entries: [entry('set-up-p50', 0.5), entry('set-up-p99', 0.99)], values: setUpMs };
}

/** Measures; needs a machine with sipp, which it installs where it may. */
export async function run(): Promise<BenchReport> {
  await installPeers();
  const sipp = await reference();
  const sippCost = total(sipp.cpu);
  const entries: BenchEntry[] = [
    {
      name: 'calls/sipp-cpu',
      value: sippCost,
      unit: 'ms/call',
      better: 'reference',
      detail: `sipp called by sipp, INVITE, 180, 200, ACK, BYE, 200, at ${Math.round(sipp.result.successful / sipp.result.seconds)} calls/s`,
    },
  ];
  const samples: Record<string, readonly number[]> = {};
  const site = await startBenchSite();
  try {
    const [engine, server, media] = await Promise.all([
      site.pidOf('sip-engine'),
      site.pidOf('server'),
      site.pidOf('media'),
    ]);
    for (const [name, { detail, ...kind }] of Object.entries(kinds)) {
      const options = { port: site.sipPort, perSecond: 1000, seconds, ...kind };
      const found = await measured({ engine, server, media }, options);
      entries.push(...entriesOf(name, detail, found, sippCost));
      if (name !== 'hang-up') continue;
      const { entries: waits, values } = await setUp(site, found.result.successful / found.result.seconds);
      entries.push(...waits);
      samples['calls/set-up'] = values;
    }
  } finally {
    await site.stop();
  }
  return { entries, samples };
}
