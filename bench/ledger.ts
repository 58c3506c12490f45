/** How fast the ledger is: rows that are on the disk, and how long a transition waits for its rows to be written. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { type Ledger, openLedger, type Row, type Snapshot } from '../server/ledger/index.ts';
import type { BenchEntry, BenchReport } from './entry.ts';
import { quantile } from './statistics.ts';

/** A call's typical row: two of three have no personal fields. */
function sampleRow(n: number, subject: string): Row {
  const row = { type: 'prompt-played', callId: `c${n % 500}`, at: n, facts: { step: 'welcome', prompts: ['hello'] } };
  return n % 3 === 0 ? { ...row, personal: { subject, fields: { text: 'my order has not arrived' } } } : row;
}

/** A call's snapshot of a usual size. */
function sampleSnapshot(n: number, subject: string): Snapshot {
  return { kind: 'call', id: `c${n % 500}`, version: 1, state: { n, position: 'x'.repeat(600) }, subject };
}

/** Many appends at the same time: `perAppend` rows each. Returns durable rows per second. */
async function throughput(ledger: Ledger, rows: number, perAppend: number): Promise<number> {
  const subject = ledger.subjectOf('+8613800000000');
  const began = performance.now();
  const durable: Promise<void>[] = [];
  for (let n = 0; n < rows; n += perAppend) {
    durable.push(ledger.append(Array.from({ length: perAppend }, (_, each) => sampleRow(n + each, subject))).durable);
    // Lets the answers in, as calls do that come from sockets.
    if (durable.length % 100 === 0) await pause(0);
  }
  await Promise.all(durable);
  return rows / ((performance.now() - began) / 1000);
}

/** One transition after the other, some time apart: two rows and a snapshot each. Milliseconds. */
async function latencies(ledger: Ledger, count: number): Promise<{ written: number[]; durable: number[] }> {
  const subject = ledger.subjectOf('+8613800000000');
  const written: number[] = [];
  const durable: number[] = [];
  for (let n = 0; n < count; n++) {
    const began = performance.now();
    const append = ledger.append([sampleRow(n, subject), sampleRow(n + 1, subject)], [sampleSnapshot(n, subject)]);
    await append.written;
    written.push(performance.now() - began);
    await append.durable;
    durable.push(performance.now() - began);
    await pause(1);
  }
  return { written, durable };
}

/** What the disk itself takes: 4 kB appended and flushed, one after the other. Milliseconds. */
function flushes(folder: string, count: number): number[] {
  const file = openSync(join(folder, 'flushed'), 'a');
  const page = Buffer.alloc(4096, 1);
  const times = Array.from({ length: count }, () => {
    const began = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return performance.now() - began;
  });
  closeSync(file);
  return times;
}

/** Measures on a new database in the system's folder for temporary files, after a warm-up. */
export async function run(): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-bench-'));
  const ledger = await openLedger({
    file: join(folder, 'ledger.db'),
    keyFile: join(folder, 'site.key'),
    node: 'bench',
    clock: systemClock,
    logger: silentLogger,
  });
  try {
    await throughput(ledger, 20_000, 5);
    await latencies(ledger, 200);
    flushes(folder, 50);
    const disk = flushes(folder, 500);
    const single = await throughput(ledger, 50_000, 1);
    const grouped = await throughput(ledger, 50_000, 10);
    const { written, durable } = await latencies(ledger, 1_000);
    const detail = 'node:sqlite, WAL, 2 rows and a sealed snapshot of 600 bytes, one at a time';
    const ms = (name: string, value: number): BenchEntry => ({ name, value, unit: 'ms', better: 'smaller', detail });
    const rows = (name: string, value: number, what: string): BenchEntry => ({
      name,
      value,
      unit: 'rows/s',
      better: 'larger',
      detail: `node:sqlite, hash chain, a third with personal fields, ${what}`,
    });
    const flush = (name: string, value: number): BenchEntry => ({
      name,
      value,
      unit: 'ms',
      better: 'reference',
      detail: '4 kB appended to a file and flushed (fdatasync), 500 times',
    });
    const entries = [
      flush('ledger/flush-p50', quantile(disk, 0.5)),
      flush('ledger/flush-p99', quantile(disk, 0.99)),
      rows('ledger/durable-rows', single, '1 row an append'),
      rows('ledger/durable-rows-grouped', grouped, '10 rows an append'),
      ms('ledger/written-p50', quantile(written, 0.5)),
      ms('ledger/written-p99', quantile(written, 0.99)),
      ms('ledger/durable-p50', quantile(durable, 0.5)),
      ms('ledger/durable-p99', quantile(durable, 0.99)),
    ];
    return { entries, samples: { 'ledger/flush': disk, 'ledger/written': written, 'ledger/durable': durable } };
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}
