/**
 * Batched inserts by one SQLite package, as a process of its own: `sqlite.ts KIND ENTRY FILE ROWS` prints rows per
 * second and microseconds of CPU a row (all threads), with so many rows a statement and 1000 a transaction.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';

const batch = 1000;
const warmUpRows = 10_000;
const measureMs = 1000;
const setUp = `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;
  CREATE TABLE rows (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, facts TEXT NOT NULL, hash BLOB NOT NULL) STRICT;`;
const hash = createHash('sha256').update('row').digest();
const facts = JSON.stringify({ step: 'welcome', stepType: 'menu', prompts: ['welcome'], language: 'en-US' });
const [kind = '', entry = '', file = '', perStatement = '1'] = process.argv.slice(2);
const rowsPerStatement = Number(perStatement);
const insert = `INSERT INTO rows VALUES ${Array.from({ length: rowsPerStatement }, () => '(?, ?, ?, ?, ?)').join(', ')}`;

type Values = readonly (number | string | Uint8Array)[];

const rowOf = (n: number): Values => [
  n,
  `01M81AZNJAK2CKD6HTSJ${String(n).padStart(6, '0')}`,
  1_795_341_407_000 + n,
  facts,
  hash,
];

/** The values of one statement. */
function valuesOf(from: number): Values {
  if (rowsPerStatement === 1) return rowOf(from);
  return Array.from({ length: rowsPerStatement }, (_, n) => rowOf(from + n)).flat();
}

/** What the packages have in common once each is put behind it. */
interface Inserter {
  /** One transaction; resolves when it is committed. */
  insertBatch(from: number): Promise<void> | void;
  close(): void;
}

function synchronous(db: { exec(sql: string): unknown; close(): void }, run: (...values: Values) => unknown): Inserter {
  return {
    insertBatch(from) {
      db.exec('BEGIN');
      for (let n = from; n < from + batch; n += rowsPerStatement) run(...valuesOf(n));
      db.exec('COMMIT');
    },
    close: () => db.close(),
  };
}

function nodeSqlite(): Inserter {
  const db = new DatabaseSync(file);
  db.exec(setUp);
  const statement = db.prepare(insert);
  return synchronous(db, (...values) => statement.run(...values));
}

function betterSqlite(): Inserter {
  const Database = createRequire(import.meta.url)(entry) as new (file: string) => {
    exec(sql: string): unknown;
    close(): void;
    prepare(sql: string): { run(...values: Values): unknown };
  };
  const db = new Database(file);
  db.exec(setUp);
  const statement = db.prepare(insert);
  return synchronous(db, (...values) => statement.run(...values));
}

/** Its calls are asynchronous; `serialize` keeps them in order, and the batch is done when COMMIT has called back. */
async function sqlite3(): Promise<Inserter> {
  type Done = (error: Error | null) => void;
  interface Connection {
    exec(sql: string, done: Done): void;
    run(sql: string, done?: Done): void;
    prepare(sql: string): { run(...values: Values): unknown; finalize(): void };
    serialize(): void;
    close(): void;
  }
  const { Database } = createRequire(import.meta.url)(entry) as { Database: new (file: string) => Connection };
  const db = new Database(file);
  const settled = (ask: (done: Done) => void): Promise<void> =>
    new Promise((resolve, reject) => ask((error) => (error === null ? resolve() : reject(error))));
  await settled((done) => db.exec(setUp, done));
  db.serialize();
  const statement = db.prepare(insert);
  return {
    insertBatch(from) {
      db.run('BEGIN');
      for (let n = from; n < from + batch; n += rowsPerStatement) statement.run(...valuesOf(n));
      return settled((done) => db.run('COMMIT', done));
    },
    close() {
      statement.finalize();
      db.close();
    },
  };
}

const inserters = {
  'node:sqlite': () => nodeSqlite(),
  'better-sqlite3': () => betterSqlite(),
  sqlite3: () => sqlite3(),
};
if (!(kind in inserters)) throw new Error(`no such package: ${kind}`);
const inserter = await inserters[kind as keyof typeof inserters]();
let rows = 0;
for (; rows < warmUpRows; rows += batch) await inserter.insertBatch(rows);
const cpuBefore = process.cpuUsage();
const began = performance.now();
for (; performance.now() - began < measureMs; rows += batch) await inserter.insertBatch(rows);
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const measured = rows - warmUpRows;
console.log(JSON.stringify({ rowsPerSecond: measured / seconds, cpuUs: (user + system) / measured }));
inserter.close();
