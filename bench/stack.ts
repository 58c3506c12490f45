/**
 * The packages that were asked for against those that ship: SQLite in batches, Opus by the frame, each in a process of its
 * own, in turn, so that whatever else the machine does meets all of them.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BenchContext, BenchEntry, BenchReport } from './entry.ts';
import { type Installed, installAll } from './stack/install.ts';
import { median, spread } from './statistics.ts';

const execute = promisify(execFile);
const packages = ['sqlite3@6.0.1', 'better-sqlite3@13.2.0', 'node-opus@0.3.3', '@evan/opus@1.0.3'];
/**
 * How long npm may take for a package; sqlite3 and node-opus compile C where nothing ready-made can be downloaded. Less as
 * one of all benches, which must come to an end.
 */
const installLimitMs = { alone: 300_000, amongAll: 100_000 };
const rounds = 5;
const runLimitMs = 60_000;

type Candidate = Extract<Installed, { ok: true }>;

async function inNode(program: string, args: readonly string[]): Promise<string> {
  const file = join(import.meta.dirname, 'stack', program);
  const node = ['--disable-warning=ExperimentalWarning', '--expose-gc', file, ...args];
  return (await execute(process.execPath, node, { timeout: runLimitMs, killSignal: 'SIGKILL' })).stdout.trim();
}

/** How a process ended, in words. */
function howItEnded(error: unknown): string {
  const { signal, code, stderr = '' } = error as { signal?: string; code?: unknown; stderr?: string };
  const said = stderr.split('\n').find((line) => /FATAL|Error|assert/i.test(line)) ?? '';
  return `${signal ?? `exit code ${String(code)}`}${said === '' ? '' : `: ${said.trim().slice(0, 90)}`}`;
}

/** Each candidate `rounds` times, in turn. */
async function inTurn<C>(
  candidates: readonly C[],
  measure: (candidate: C, round: number) => Promise<number[]>,
): Promise<Map<C, number[][]>> {
  const found = new Map<C, number[][]>(candidates.map((candidate) => [candidate, []]));
  for (let round = 0; round < rounds; round++)
    for (const candidate of candidates) found.get(candidate)?.push(await measure(candidate, round));
  return found;
}

const apart = (values: readonly number[]): string =>
  `median of ${rounds}, spread ${Math.round(100 * spread(values))} %`;

async function sqlite(installed: readonly Candidate[], folder: string, rows: number): Promise<BenchEntry[]> {
  const shipped = { name: 'node:sqlite', version: process.versions.node, entry: '-' };
  const candidates = [shipped, ...installed.filter(({ name }) => name.includes('sqlite'))];
  const found = await inTurn(candidates, async ({ name, entry }, round) => {
    const file = join(folder, `${name}-${rows}-${round}.db`);
    const said = JSON.parse(await inNode('sqlite.ts', [name, entry, file, String(rows)])) as Record<string, number>;
    rmSync(file, { force: true });
    return [said['rowsPerSecond'] ?? Number.NaN, said['cpuUs'] ?? Number.NaN];
  });
  const column = (candidate: (typeof candidates)[number], at: number): number[] =>
    (found.get(candidate) ?? []).map((values) => values[at] ?? Number.NaN);
  const own = column(shipped, 0);
  return candidates.flatMap((candidate): BenchEntry[] => {
    const { name, version } = candidate;
    const speeds = column(candidate, 0);
    const cpu = `${median(column(candidate, 1)).toFixed(1)} us CPU a row`;
    const how = `${rows === 1 ? 'a row' : `${rows} rows`} a statement, 1000 a transaction`;
    const label = `stack/${name}${rows === 1 ? '' : `-${rows}`}`;
    const better = name === shipped.name ? 'larger' : 'reference';
    const detail = `${version}, ${how}; ${cpu}; ${apart(speeds)}`;
    const figure: BenchEntry = { name: label, value: median(speeds), unit: 'rows/s', better, detail };
    if (name === shipped.name) return [figure];
    const ratio = median(speeds.map((speed, round) => speed / (own[round] ?? Number.NaN)));
    const against = 'of node:sqlite, median of the rounds';
    return [figure, { name: `${label}-ratio`, value: ratio, unit: 'x', better, detail: against }];
  });
}

async function opus(candidates: readonly Candidate[], rate: number): Promise<BenchEntry[]> {
  const found = await inTurn(candidates, async ({ name, entry }) => {
    const { encodeUs, decodeUs } = JSON.parse(await inNode('opus.ts', [name, entry, String(rate)])) as {
      encodeUs: number;
      decodeUs: number;
    };
    return [encodeUs, decodeUs];
  });
  return [...found].flatMap(([{ name, version }, all]) =>
    (['encode', 'decode'] as const).map((what, at): BenchEntry => {
      const values = all.map((pair) => pair[at] ?? Number.NaN);
      const detail = `${version}, 20 ms, ${rate / 1000} kHz mono, complexity 5, 24 kb/s; ${apart(values)}`;
      return {
        name: `stack/${name}-${what}-${rate / 1000}k`,
        value: median(values),
        unit: 'us/frame',
        better: 'reference',
        detail,
      };
    }),
  );
}

/** Whether a process outlives the garbage collection of its encoders. */
async function collects({ name, version, entry }: Candidate): Promise<string> {
  const said = await inNode('opus.ts', [name, entry, 'collect']).catch(howItEnded);
  return said === 'alive'
    ? `${name} ${version}: 3000 encoders made and garbage-collected, the process lives`
    : `${name} ${version}: the process died when encoders were garbage-collected (${said})`;
}

/** Installs what is missing and measures. */
export async function run({ alone }: BenchContext): Promise<BenchReport> {
  const all = await installAll(packages, alone ? installLimitMs.alone : installLimitMs.amongAll);
  const installed = all.filter((each): each is Candidate => each.ok);
  const notes = all.flatMap((each) =>
    each.ok
      ? []
      : [
          `${each.name} ${each.version} could not be installed: ${each.reason}${alone ? '' : ' (npm run bench stack has more patience)'}`,
        ],
  );
  const codecs = installed.filter(({ name }) => name.includes('opus'));
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-stack-'));
  const entries: BenchEntry[] = [];
  try {
    for (const rows of [1, 100]) entries.push(...(await sqlite(installed, folder, rows)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const rate of [8000, 48_000]) entries.push(...(await opus(codecs, rate)));
  for (const codec of codecs) notes.push(await collects(codec));
  return { entries, notes };
}
