/**
 * `npm run bench [NAME...] [-- --full | --quick]`: measures, prints a table, and writes the figures (JSON) and the single values
 * (CSV) to bench/results/. Without names everything is measured; `--full` takes the time the goals are worded for,
 * `--quick` (media) as little as shows anything.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext, BenchReport, BenchResult } from './entry.ts';
import { describeMachine, loadWarning, machineLine } from './machine.ts';
import { table } from './table.ts';

interface Bench {
  readonly what: string;
  readonly load: () => Promise<{ readonly run: (context: BenchContext) => Promise<BenchReport> }>;
}

/** In the order they are measured. */
const benches: Readonly<Record<string, Bench>> = {
  calls: { what: 'full calls per second and their CPU', load: () => import('./calls.ts') },
  pop: { what: 'INVITE to screen pop', load: () => import('./pop.ts') },
  ledger: { what: 'durable rows and append latency', load: () => import('./ledger.ts') },
  sip: { what: 'calls through the SIP engine alone, beside kamailio', load: () => import('./sip.ts') },
  storm: { what: '10,000 registrations and 1,000 WebSocket agents', load: () => import('./storm.ts') },
  journal: { what: "what the SIP engine's journal costs a call", load: () => import('./journal.ts') },
  parser: { what: 'reading and writing SIP messages', load: () => import('./parser.ts') },
  media: { what: 'relay, transcoding, recording and mixing, beside rtpengine', load: () => import('./media.ts') },
  recording: { what: 'what recording costs, and what kill -9 costs it', load: () => import('./recording.ts') },
  deaths: { what: 'what callers miss when the media node is killed', load: () => import('./deaths.ts') },
  stack: { what: 'the packages asked for against those shipped', load: () => import('./stack.ts') },
};

const root = join(import.meta.dirname, '..');
const results = join(import.meta.dirname, 'results');

/** `2026-11-22T10-15-00`, fit for a file name. */
function stamp(at: Date): string {
  return at.toISOString().slice(0, 19).replaceAll(':', '-');
}

/** The commit that is measured, `-dirty` when files differ from it; empty without git. */
function commit(): string {
  return spawnSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
}

function writeSamples(file: string, samples: NonNullable<BenchReport['samples']>): void {
  const lines = Object.entries(samples).flatMap(([name, values]) =>
    values.map((value, at) => `${name},${at},${value}`),
  );
  writeFileSync(file, ['name,index,value', ...lines, ''].join('\n'));
}

async function measure(name: string, bench: Bench, context: BenchContext): Promise<boolean> {
  const machine = describeMachine();
  const began = new Date();
  console.log(`\n${name}: ${bench.what}\n${machineLine(machine)}`);
  const warning = loadWarning(machine);
  if (warning !== undefined) console.log(`note: ${warning}`);
  let report: BenchReport;
  try {
    report = await (await bench.load()).run(context);
  } catch (error) {
    console.error(`${name} could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
  const seconds = (Date.now() - began.getTime()) / 1000;
  console.log(`\n${table(report.entries)}\n`);
  for (const note of report.notes ?? []) console.log(`note: ${note}`);
  mkdirSync(results, { recursive: true });
  const file = join(results, `${stamp(began)}-${name}`);
  const { entries, notes = [] } = report;
  const loadAfter = describeMachine().load;
  const result: BenchResult = {
    name,
    at: began.toISOString(),
    commit: commit(),
    seconds,
    machine,
    loadAfter,
    notes,
    entries,
  };
  writeFileSync(`${file}.json`, `${JSON.stringify(result, null, 2)}\n`);
  if (report.samples !== undefined) writeSamples(`${file}.csv`, report.samples);
  console.log(`${seconds.toFixed(0)} s -> bench/results/${stamp(began)}-${name}.json`);
  return true;
}

const full = process.argv.includes('--full') || process.env['JACKFIELD_BENCH_FULL'] === '1';
const quick = process.argv.includes('--quick');
const names = process.argv.slice(2).filter((name) => !name.startsWith('--'));
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. Known: ${Object.keys(benches).join(', ')}.`);
  process.exitCode = 2;
} else {
  const chosen = Object.entries(benches).filter(([name]) => names.length === 0 || names.includes(name));
  let failed = 0;
  const context: BenchContext = { alone: chosen.length === 1, full, quick };
  for (const [name, bench] of chosen) if (!(await measure(name, bench, context))) failed++;
  if (failed > 0) process.exitCode = 1;
}
