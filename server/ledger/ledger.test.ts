import { afterEach, describe, expect, it } from 'vitest';
import { LedgerError } from './errors.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { LedgerBench, sampleRow as row } from '../../test/support/ledger-bench.ts';
import type { LedgerHealth, Row } from './types.ts';

let bench = new LedgerBench();
afterEach(async () => {
  await bench.scope.close();
  bench = new LedgerBench();
});

describe('append', () => {
  it('gives every row an id, a gap-free seq and a hash, in order', async () => {
    const ledger = await bench.open();
    const appends = ['call-invited', 'route-chosen', 'queued'].map((type) => ledger.append([row(type)]));
    const written = (await Promise.all(appends.map((each) => each.written))).flat();
    expect(written.map(({ type, seq, node }) => [type, seq, node])).toEqual([
      ['call-invited', 1, 'n1'],
      ['route-chosen', 2, 'n1'],
      ['queued', 3, 'n1'],
    ]);
    expect(new Set(written.map(({ hash }) => hash)).size).toBe(3);
    expect(ledger.rows()).toEqual(written);
    await Promise.all(appends.map((each) => each.durable));
    expect(await ledger.verify()).toEqual({ ok: true, rows: 3, warnings: [] });
  });

  it('keeps personal fields sealed and gives them back', async () => {
    const ledger = await bench.open();
    const personal = { subject: ledger.subjectOf('+8613800000000'), fields: { from: '+8613800000000' } };
    await ledger.append([row('call-invited', { callId: 'c1', facts: { to: '100' }, personal })]).written;
    expect(ledger.rows({ callId: 'c1' })[0]).toMatchObject({ facts: { to: '100' }, personal: personal.fields });
    const stored = ledger.reader.get('SELECT * FROM ledger_rows');
    expect(JSON.stringify(stored)).not.toContain('13800000000');
  });

  it('writes rows and snapshots together or not at all', async () => {
    const ledger = await bench.open();
    const snapshot = { kind: 'call', id: 'c1', version: 1, state: { talking: true } };
    await ledger.append([row('answered')], [snapshot]).written;
    expect(ledger.snapshots('call')).toEqual([snapshot]);
    const bad = ledger.append([row('held')], [{ ...snapshot, state: null }], {
      statements: [{ sql: 'INSERT INTO nowhere VALUES (1)', parameters: [] }],
    });
    await expect(bad.written).rejects.toMatchObject({ code: 'ledger-bad-row' });
    expect(ledger.snapshots('call')).toEqual([snapshot]);
    expect(ledger.rows()).toHaveLength(1);
    await ledger.append([row('call-ended')], [{ ...snapshot, state: null }]).written;
    expect(ledger.snapshots('call')).toEqual([]);
  });

  it('a bad append among good ones harms only itself', async () => {
    const ledger = await bench.open();
    const statements = [{ sql: 'INSERT INTO nowhere VALUES (1)', parameters: [] }];
    const appends = [
      ledger.append([row('a')]),
      ledger.append([row('b')], [], { statements }),
      ledger.append([row('Not Kebab')]),
      ledger.append([row('c')]),
    ];
    const results = await Promise.allSettled(appends.map((each) => each.written));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(ledger.rows().map(({ type }) => type)).toEqual(['a', 'c']);
  });

  it('refuses a number given as subject', async () => {
    const ledger = await bench.open();
    const personal = { subject: '+8613800000000', fields: {} };
    await expect(ledger.append([row('call-invited', { personal })]).written).rejects.toMatchObject({
      code: 'ledger-bad-row',
      retryable: false,
    });
  });

  it('tells subscribers what is written, and goes on where it stopped after a restart', async () => {
    const options = bench.folder();
    const first = await openLedger(options);
    const heard: number[] = [];
    first.subscribe(({ seq }) => heard.push(seq));
    await first.append([row('a'), row('b')]).written;
    await first.close();
    expect(heard).toEqual([1, 2]);
    const second = await bench.open(options);
    await second.append([row('c')]).durable;
    expect(second.rows().map(({ type, seq }) => `${type}${seq}`)).toEqual(['a1', 'b2', 'c3']);
    expect(await second.verify()).toMatchObject({ ok: true, rows: 3 });
  });

  it('is flushed soon for who waits, also for one who asks late', async () => {
    const ledger = await bench.open({ ...bench.folder(), quietSyncMs: 3_600_000 });
    const unheard = ledger.append([row('a')]);
    await unheard.written;
    await ledger.append([row('b')]).durable;
    const late = ledger.append([row('c')]);
    await late.written;
    await late.durable;
    await unheard.durable;
  });

  it('is read by who waits until the ledger has caught up', async () => {
    const ledger = await bench.open();
    await ledger.caughtUp();
    ledger.append([row('held')]);
    ledger.append([row('resumed')]);
    await ledger.caughtUp();
    expect(ledger.rows().map(({ type }) => type)).toEqual(['held', 'resumed']);
  });

  it('is written when closed right after', async () => {
    const options = bench.folder();
    const first = await openLedger(options);
    const { durable } = first.append([row('a')]);
    await first.close();
    await durable;
    expect((await bench.open(options)).rows()).toHaveLength(1);
    await expect(first.append([row('b')]).written).rejects.toMatchObject({ code: 'ledger-closed' });
  });
});

describe('rows', () => {
  it('filters and pages in both directions', async () => {
    const ledger = await bench.open();
    const rows = Array.from({ length: 10 }, (_, n) => row('held', { callId: `c${n % 2}`, facts: { n } }));
    await ledger.append(rows).written;
    const first = ledger.rows({ callId: 'c1', limit: 2 });
    expect(first.map(({ facts }) => facts['n'])).toEqual([1, 3]);
    const next = ledger.rows({ callId: 'c1', limit: 2, after: first[1]?.id });
    expect(next.map(({ facts }) => facts['n'])).toEqual([5, 7]);
    const newest = ledger.rows({ newestFirst: true, limit: 2 });
    expect(newest.map(({ facts }) => facts['n'])).toEqual([9, 8]);
    expect(ledger.rows({ newestFirst: true, after: newest[1]?.id, limit: 1 })[0]?.facts['n']).toBe(7);
  });
});

describe('a full disk', () => {
  const big = (): Row => row('transcript-heard', { facts: { text: 'x'.repeat(100_000) } });
  const settled = (ledger: Ledger): Promise<LedgerHealth> =>
    new Promise((resolve) => {
      const cancel = ledger.onHealth((health) => {
        cancel();
        resolve(health);
      });
    });

  it('refuses new ones, holds the others in order, and writes them when there is room again', async () => {
    const ledger = await bench.open({ ...bench.folder(), maxPages: 60 });
    await ledger.append([row('before')]).durable;
    const held = ledger.append([big(), big(), big()]);
    await expect(held.written).rejects.toMatchObject({ code: 'ledger-full', held: true, retryable: true });
    expect(ledger.health()).toMatchObject({ writable: false, reason: 'ledger-full', heldRows: 3 });
    await ledger.caughtUp();
    const later = ledger.append([row('later')]);
    await expect(later.written).rejects.toMatchObject({ code: 'ledger-full', held: true });
    await expect(ledger.append([row('new')], [], { onFailure: 'reject' }).durable).rejects.toMatchObject({
      code: 'ledger-full',
      held: false,
    });
    const back = settled(ledger);
    ledger.limitPages(100_000);
    expect((await back).writable).toBe(true);
    await Promise.all([held.durable, later.durable]);
    expect(ledger.rows().map(({ type }) => type)).toEqual(['before', ...Array(3).fill('transcript-heard'), 'later']);
    expect(await ledger.verify()).toMatchObject({ ok: true, rows: 5 });
    expect(ledger.health()).toEqual({ writable: true, heldRows: 0 });
  });

  it('drops nothing silently when the buffer is full too', async () => {
    const ledger = await bench.open({ ...bench.folder(), maxPages: 60, heldRowLimit: 3 });
    await expect(ledger.append([big(), big(), big()]).written).rejects.toBeInstanceOf(LedgerError);
    const over = ledger.append([row('over')]);
    await expect(over.written).rejects.toMatchObject({ code: 'ledger-overflow', held: false });
    await expect(over.durable).rejects.toMatchObject({ code: 'ledger-overflow' });
  });
});
