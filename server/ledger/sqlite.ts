/** The only importer of the SQLite driver. Another synchronous driver (better-sqlite3) can replace it behind these types. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { LedgerError, type LedgerErrorCode } from './errors.ts';

/** What SQLite stores. */
export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A connection of one thread. Every statement is prepared once and kept. Throws `LedgerError`. */
export interface Database {
  exec(sql: string): void;
  /** Runs a statement; returns how many rows it changed. */
  run(sql: string, ...values: SqlValue[]): number;
  get(sql: string, ...values: SqlValue[]): SqlRow | undefined;
  all(sql: string, ...values: SqlValue[]): SqlRow[];
  readonly inTransaction: boolean;
  close(): void;
}

const codes: Readonly<Record<number, LedgerErrorCode>> = {
  5: 'ledger-locked',
  6: 'ledger-locked',
  8: 'ledger-io',
  10: 'ledger-io',
  11: 'ledger-corrupt',
  13: 'ledger-full',
  14: 'ledger-io',
  26: 'ledger-corrupt',
};

/** The ledger's error for what the driver threw. Known by SQLite's result code, never by its text. */
export function fromSqlite(cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause;
  const result =
    cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode & 0xff : 0;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new LedgerError(codes[result] ?? 'ledger-bad-row', message, { cause });
}

/** How long a writer waits for another process before it gives up with `ledger-locked`. */
const busyTimeoutMs = 200;

/** Opens a database file; `readOnly` fails if it is not there. */
export function openDatabase(file: string, options: { readOnly?: boolean } = {}): Database {
  const db = guard(() => new DatabaseSync(file, { readOnly: options.readOnly ?? false, timeout: busyTimeoutMs }));
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  return {
    exec: (sql) => guard(() => db.exec(sql)),
    run: (sql, ...values) => guard(() => Number(prepared(sql).run(...values).changes)),
    get: (sql, ...values) => guard(() => prepared(sql).get(...values) as SqlRow | undefined),
    all: (sql, ...values) => guard(() => prepared(sql).all(...values) as SqlRow[]),
    get inTransaction() {
      return db.isTransaction;
    },
    close() {
      statements.clear();
      if (db.isOpen) db.close();
    },
  };
}

function guard<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw fromSqlite(cause);
  }
}

/** A column that must be text. */
export function textOf(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new LedgerError('ledger-corrupt', `column ${column} is not text`);
  return value;
}

/** A column that must be a number. */
export function numberOf(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new LedgerError('ledger-corrupt', `column ${column} is not a number`);
  return value;
}

/** A column that may be text. */
export function optionalTextOf(row: SqlRow, column: string): string | undefined {
  return row[column] == null ? undefined : textOf(row, column);
}

/** A column that may be bytes. */
export function bytesOf(row: SqlRow, column: string): Uint8Array | undefined {
  const value = row[column];
  return value instanceof Uint8Array ? value : undefined;
}
