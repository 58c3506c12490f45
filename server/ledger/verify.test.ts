import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LedgerBench, sampleRow } from '../../test/support/ledger-bench.ts';
import { verifyLedgerFile } from './maintenance.ts';
import { type Database, openDatabase } from './sqlite.ts';
import type { LedgerRow } from './types.ts';

let model: LedgerBench;
let modelFolder: string;
let bench: LedgerBench;
let options: ReturnType<LedgerBench['folder']>;
/** Rows 1 to 10; the odd ones carry personal fields of one person. */
let rows: readonly LedgerRow[];

/** Written once; every test works on a copy. */
beforeAll(async () => {
  model = new LedgerBench();
  const modelOptions = model.folder();
  modelFolder = modelOptions.folder;
  const ledger = await model.open(modelOptions);
  const personal = { subject: ledger.subjectOf('+8613800000000'), fields: { text: 'I want a refund' } };
  const append = ledger.append(
    Array.from({ length: 10 }, (_, n) =>
      sampleRow('transcript-heard', { callId: 'c1', facts: { n }, ...(n % 2 === 0 ? { personal } : {}) }),
    ),
  );
  rows = await append.written;
  await append.durable;
  await ledger.close();
});
afterAll(() => model.scope.close());

beforeEach(() => {
  bench = new LedgerBench();
  options = bench.folder();
  cpSync(modelFolder, options.folder, { recursive: true });
});
afterEach(() => bench.scope.close());

/** Does something to the file that the ledger would not do. */
function tamper(change: (db: Database) => void): void {
  const db = openDatabase(options.file);
  try {
    change(db);
  } finally {
    db.close();
  }
}

const idOf = (seq: number): string | undefined => rows[seq - 1]?.id;
const problem = async (): Promise<unknown> => {
  const result = await verifyLedgerFile(options);
  return result.ok ? undefined : result.problem;
};

it('passes what nobody touched', async () => {
  expect(await verifyLedgerFile(options)).toEqual({ ok: true, rows: 10, warnings: [] });
});

describe('names the row', () => {
  it.each([
    ['facts', '{"n":99}'],
    ['type', 'call-ended'],
    ['at', 7],
    ['call_id', 'c2'],
    ['agent_id', 'mallory'],
    ['id', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['subject', 'k-other'],
    ['commitment', new Uint8Array(32)],
    ['hash', new Uint8Array(32)],
  ])('of a flipped field: %s', async (column, value) => {
    tamper((db) => db.run(`UPDATE ledger_rows SET ${column} = ? WHERE seq = 5`, value));
    const id = column === 'id' ? value : idOf(5);
    expect(await problem()).toMatchObject({ kind: 'row-altered', node: 'n1', seq: 5, id });
  });

  it('of a single flipped bit in personal fields', async () => {
    tamper((db) => {
      const blob = Buffer.from(db.get('SELECT personal FROM ledger_rows WHERE seq = 5')?.['personal'] as Uint8Array);
      blob.writeUInt8(blob.readUInt8(20) ^ 1, 20);
      db.run('UPDATE ledger_rows SET personal = ? WHERE seq = 5', blob);
    });
    expect(await problem()).toMatchObject({ kind: 'personal-altered', seq: 5, id: idOf(5) });
  });

  it('of a deleted row', async () => {
    tamper((db) => db.run('DELETE FROM ledger_rows WHERE seq = 5'));
    expect(await problem()).toMatchObject({ kind: 'row-missing', seq: 5 });
  });

  it('of a deleted row when those after it are numbered anew', async () => {
    tamper((db) => {
      db.run('DELETE FROM ledger_rows WHERE seq = 5');
      for (let seq = 6; seq <= 10; seq++) db.run('UPDATE ledger_rows SET seq = ? WHERE seq = ?', seq - 1, seq);
    });
    expect(await problem()).toMatchObject({ kind: 'row-altered', seq: 5, id: idOf(6) });
  });

  it('of two rows that changed places', async () => {
    tamper((db) => {
      db.run('UPDATE ledger_rows SET seq = 99 WHERE seq = 4');
      db.run('UPDATE ledger_rows SET seq = 4 WHERE seq = 7');
      db.run('UPDATE ledger_rows SET seq = 7 WHERE seq = 99');
    });
    expect(await problem()).toMatchObject({ kind: 'row-altered', seq: 4, id: idOf(7) });
  });

  it.each([10, 9, 1])('of a tail cut off at %i', async (from) => {
    tamper((db) => db.run('DELETE FROM ledger_rows WHERE seq >= ?', from));
    expect(await problem()).toMatchObject({ kind: 'tail-truncated', seq: from });
  });

  it('of a forgery at the end, however well made without the key', async () => {
    tamper((db) => {
      db.run(
        `INSERT INTO ledger_rows (node, seq, id, at, type, facts, hash) VALUES ('n1', 11, 'forged', 1, 'call-ended', '{}', ?)`,
        new Uint8Array(32).fill(7),
      );
    });
    expect(await problem()).toMatchObject({ kind: 'row-altered', seq: 11, id: 'forged' });
  });

  it('of a last row that was replaced by another', async () => {
    tamper((db) => db.run(`UPDATE ledger_rows SET facts = '{}' WHERE seq = 10`));
    expect(await problem()).toMatchObject({ kind: 'row-altered', seq: 10 });
  });

  it('of a row of a node that does not exist', async () => {
    tamper((db) => db.run(`UPDATE ledger_rows SET node = 'n2' WHERE seq = 10`));
    expect(await problem()).toMatchObject({ kind: 'row-missing', node: 'n2', seq: 1 });
  });

  it('whose personal fields were taken away without an erasure', async () => {
    tamper((db) => db.run('UPDATE ledger_rows SET personal = NULL WHERE seq = 5'));
    expect(await problem()).toMatchObject({ kind: 'personal-missing', seq: 5, id: idOf(5) });
  });

  it('that cannot be read because somebody deleted or spoilt a key', async () => {
    tamper((db) => db.run('UPDATE subject_keys SET wrapped = zeroblob(60)'));
    expect(await problem()).toMatchObject({ kind: 'personal-missing', seq: 1 });
  });
});

it('finds a head file that was altered, and one half of it is enough', async () => {
  const file = `${options.file}.head`;
  const sound = readFileSync(file);
  const spoil = (at: number): void => {
    const spoilt = Buffer.from(sound);
    spoilt[at] = (spoilt[at] ?? 0) ^ 1;
    writeFileSync(file, spoilt);
  };
  writeFileSync(
    file,
    sound.map((byte) => byte ^ 1),
  );
  expect(await problem()).toMatchObject({ kind: 'head-damaged' });
  // Only the first slot has been written so far: its loss is the loss of the head.
  spoil(70);
  expect(await problem()).toMatchObject({ kind: 'head-damaged' });
  writeFileSync(file, Buffer.concat([sound.subarray(0, 256), Buffer.from('torn')]));
  expect(await problem()).toBeUndefined();
});

it('tells for ever of a tail that was lost before the server went on', async () => {
  tamper((db) => db.run('DELETE FROM ledger_rows WHERE seq > 7'));
  const ledger = await bench.open(options);
  expect(ledger.rows({ type: 'ledger-tail-lost' })).toMatchObject([{ seq: 8, facts: { headSeq: 10, lastSeq: 7 } }]);
  await ledger.append([sampleRow('call-ended')]).durable;
  const result = await ledger.verify();
  expect(result).toMatchObject({ ok: true, rows: 9 });
  expect(result.ok && result.warnings).toHaveLength(1);
});

it('needs the right key', async () => {
  const other = bench.folder();
  await (await bench.open(other)).close();
  await expect(bench.open({ ...options, keyFile: other.keyFile })).rejects.toMatchObject({ code: 'ledger-key-wrong' });
  rmSync(options.keyFile);
  await expect(bench.open(options)).rejects.toMatchObject({ code: 'ledger-key-missing', retryable: false });
  await expect(verifyLedgerFile(options)).rejects.toMatchObject({ code: 'ledger-key-missing' });
});

it('stands an erasure of any of the people, in any order', async () => {
  const ledger = await bench.open(options);
  const people = ['+861', '+862', '+863'];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ who: fc.constantFrom(...people), erase: fc.boolean() }), { maxLength: 6 }),
      async (steps) => {
        for (const { who, erase } of steps) {
          const personal = { subject: ledger.subjectOf(who), fields: { who } };
          await ledger.append([sampleRow('call-invited', { personal })]).written;
          if (erase) expect(await ledger.erase(who)).toMatchObject({ found: true });
          const last = ledger.rows({ type: 'call-invited', newestFirst: true, limit: 1 })[0];
          expect(last?.erased).toBe(erase);
        }
        expect(await ledger.verify()).toMatchObject({ ok: true });
      },
    ),
    { numRuns: 15 },
  );
});
