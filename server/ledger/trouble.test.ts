import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Readable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerBench, sampleRow as row } from '../../test/support/ledger-bench.ts';
import { openStore } from '../store/index.ts';
import { systemClock } from '../../base/clock.ts';
import type { Ledger } from './ledger.ts';
import { eraseInLedgerFile, verifyLedgerFile } from './maintenance.ts';
import { startWriterThread } from './start-writer.ts';

let bench: LedgerBench;
beforeEach(() => {
  bench = new LedgerBench();
});
afterEach(() => bench.scope.close());

function child(args: readonly string[]): ChildProcess & { stdout: Readable } {
  const started = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  bench.scope.defer('child', async () => {
    if (started.exitCode === null && started.signalCode === null) {
      started.kill('SIGKILL');
      await once(started, 'exit');
    }
  });
  return started;
}

/** What `child` says until `enough` of it was said; the rest keeps coming. */
async function said(of: Readable, enough: (text: string) => boolean): Promise<string> {
  let text = '';
  for await (const chunk of of.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (enough(text)) break;
  }
  return text;
}

describe('kill -9 of the process that writes', () => {
  it.each([1, 2, 3])('keeps every row that was said to be written (%i)', async () => {
    const options = bench.folder();
    const script = fileURLToPath(new URL('../../test/support/ledger-writer.ts', import.meta.url));
    const writer = child([script, options.file, options.keyFile]);
    let text = await said(writer.stdout, (each) => each.split('\n').length > 300);
    writer.kill('SIGKILL');
    text += await said(writer.stdout, () => false);
    const promised = text.split('\n').slice(0, -1);
    const ledger = await bench.open(options);
    const rows = ledger.rows({ limit: 1_000_000 });
    const kept = new Set(rows.map(({ id }) => id));
    expect(promised.filter((id) => !kept.has(id))).toEqual([]);
    expect(await ledger.verify()).toMatchObject({ ok: true, rows: rows.length });
    // Rows and snapshot are of the same transaction: none is ahead of the other.
    expect(ledger.snapshots('call')[0]?.state['n']).toBe(rows.at(-1)?.facts['n']);
    await ledger.append([row('call-recovered')]).durable;
    expect(await ledger.verify()).toMatchObject({ ok: true, rows: rows.length + 1 });
  });
});

describe('another process', () => {
  it('that locks the database delays rows of calls and loses none', async () => {
    const options = bench.folder();
    const ledger = await bench.open(options);
    await ledger.append([row('before')]).durable;
    const hold = `const db = new (require('node:sqlite').DatabaseSync)(process.argv[1]); db.exec('BEGIN IMMEDIATE');
      console.log('locked'); process.stdin.on('data', () => { db.exec('ROLLBACK'); db.close(); process.exit(); });`;
    const locker = child(['-e', hold, options.file]);
    await said(locker.stdout, (text) => text.includes('locked'));
    const held = ledger.append([row('held')]);
    await expect(held.written).rejects.toMatchObject({ code: 'ledger-locked', held: true });
    expect(ledger.health()).toMatchObject({ writable: false, reason: 'ledger-locked', heldRows: 1 });
    await expect(ledger.append([], [], { onFailure: 'reject' }).written).rejects.toMatchObject({ held: false });
    expect(ledger.rows()).toHaveLength(1);
    locker.stdin?.write('go\n');
    await held.durable;
    expect(ledger.health().writable).toBe(true);
    expect(ledger.rows().map(({ type }) => type)).toEqual(['before', 'held']);
  });

  it('that erases and writes its row is followed by the server, in one chain', async () => {
    const options = bench.folder();
    const ledger = await bench.open(options);
    const personal = { subject: ledger.subjectOf('+861'), fields: { from: '+861' } };
    await ledger.append([row('call-invited', { personal })]).durable;
    expect(await eraseInLedgerFile({ ...options, node: options.node }, '+861')).toMatchObject({ found: true, rows: 1 });
    expect(await eraseInLedgerFile({ ...options, node: options.node }, '+861')).toMatchObject({ found: false });
    // The key that the writer had open is destroyed: it must make another.
    await ledger.append([row('call-invited', { personal })]).durable;
    const rows = ledger.rows();
    expect(rows.map(({ type, seq, erased }) => [type, seq, erased])).toEqual([
      ['call-invited', 1, true],
      ['erased', 2, false],
      ['call-invited', 3, false],
    ]);
    expect(await verifyLedgerFile(options)).toMatchObject({ ok: true, rows: 3 });
  });
});

describe('the writer’s thread', () => {
  it('is started again when it dies, and what was under way is written once', async () => {
    const workers: Worker[] = [];
    const ledger = await bench.open({
      ...bench.folder(),
      startWriter(settings) {
        const worker = startWriterThread(settings);
        workers.push(worker);
        return worker;
      },
    });
    await ledger.append([row('a')]).written;
    const appends = Array.from({ length: 50 }, (_, n) => ledger.append([row('held', { facts: { n } })]));
    await Promise.resolve();
    await workers[0]?.terminate();
    await Promise.all(appends.map(({ durable }) => durable));
    await ledger.append([row('b')]).durable;
    expect(workers).toHaveLength(2);
    const rows = ledger.rows();
    expect(rows.map(({ facts }) => facts['n'])).toEqual([undefined, ...Array(50).keys(), undefined]);
    expect(await ledger.verify()).toMatchObject({ ok: true, rows: 52 });
  });
});

describe('erasing a person', () => {
  /** Read by another program: closing a descriptor of our own would drop SQLite’s locks. */
  const bytes = (file: string): Buffer =>
    existsSync(file) ? execFileSync('cat', [file], { maxBuffer: 1 << 30 }) : Buffer.alloc(0);
  const remains = (file: string, traces: readonly (string | Uint8Array)[]): string[] =>
    ['', '-wal', '-shm', '.head'].flatMap((suffix) => {
      const content = bytes(`${file}${suffix}`);
      return traces.flatMap((trace, index) => (content.includes(trace as string) ? [`${suffix}:${index}`] : []));
    });

  async function fill(ledger: Ledger, numbers: readonly string[]): Promise<void> {
    const store = openStore(ledger, systemClock);
    for (const [n, number] of numbers.entries()) {
      const subject = ledger.subjectOf(number);
      const personal = { subject, fields: { from: number, text: `I am customer ${number} and I want a refund` } };
      const rows = ['call-invited', 'transcript-heard'].map((type) => row(type, { callId: `c${n}`, personal }));
      await ledger.append(rows, [{ kind: 'call', id: `c${n}`, version: 1, state: { from: number }, subject }]).written;
      await store.legs.put({ id: `l${n}`, callId: `c${n}`, subject, state: { sdp: 'v=0', from: number } }).written;
      if (n % 10 === 0)
        await store.contacts.put({ name: `Name of ${number}`, numbers: [number], notes: 'prefers tea' });
    }
  }

  it('leaves not a byte of number, name, words or keys in the files, and the chain still stands', async () => {
    const options = bench.folder();
    const ledger = await bench.open(options);
    const numbers = Array.from({ length: 120 }, (_, n) => `+86138${String(10_000_000 + n * 7_919)}`);
    await fill(ledger, numbers);
    const victim = numbers[60] ?? '';
    const key = ledger.reader.get('SELECT alias, wrapped FROM subject_keys WHERE alias = ?', ledger.subjectOf(victim));
    const contactKey = ledger.reader.get(
      'SELECT alias, wrapped FROM subject_keys WHERE person IS NOT NULL AND alias <> ?1 AND person = (SELECT person FROM subject_keys WHERE alias = ?1)',
      ledger.subjectOf(victim),
    );
    const keys = [key, contactKey].flatMap((each) => Object.values(each ?? {})) as (string | Uint8Array)[];
    expect(keys).toHaveLength(4);
    const clear = [victim, victim.slice(3), `Name of`, 'refund', 'prefers tea'];
    expect(remains(options.file, clear)).toEqual([]);
    expect(remains(options.file, keys).length).toBeGreaterThanOrEqual(4);
    expect(await ledger.erase(victim)).toEqual({ found: true, rows: 2, scrubbed: true });
    expect(remains(options.file, [...clear, ...keys])).toEqual([]);
    expect(await ledger.verify()).toMatchObject({ ok: true });
    // Everybody else is still there.
    expect(ledger.rows({ callId: 'c61' }).every(({ erased }) => !erased)).toBe(true);
    expect(ledger.rows({ callId: 'c60' }).every(({ erased }) => erased)).toBe(true);
    expect(ledger.snapshots('call')).toHaveLength(119);
  });

  it('works in a file no server has open, and waits for nobody', async () => {
    const options = bench.folder();
    const ledger = await bench.open(options);
    await fill(ledger, ['+8613800000000', '+8613800000001']);
    await ledger.close();
    const erased = await eraseInLedgerFile({ ...options, node: options.node }, '+8613800000000');
    expect(erased).toEqual({ found: true, rows: 2, scrubbed: true });
    expect(await verifyLedgerFile(options)).toMatchObject({ ok: true });
    await expect(verifyLedgerFile({ ...options, file: `${options.file}.gone` })).rejects.toMatchObject({
      code: 'ledger-io',
    });
  });
});
