/** Erasing a person: their keys are destroyed and what was sealed under them is removed, in one transaction. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Database } from './sqlite.ts';
import { bytesOf, numberOf, textOf } from './sqlite.ts';
import type { Place, PreparedRow, Writer } from './writer.ts';

interface Key {
  readonly id: string;
  readonly alias: string;
  readonly wrapped: Uint8Array;
}

/** What an erasure removed, and the byte strings of which no copy may be left in the files. */
export interface ErasedKeys {
  readonly rows: number;
  readonly written: readonly { readonly row: PreparedRow; readonly place: Place }[];
  readonly traces: readonly Uint8Array[];
}

/** All keys of the person that `who` (a subject's alias or the id of its key) belongs to: one for each number. */
function keysOf(db: Database, who: string): Key[] {
  const rows = db.all(
    `SELECT id, alias, wrapped FROM subject_keys WHERE alias = ?1 OR id = ?1
     OR person IN (SELECT person FROM subject_keys WHERE alias = ?1 OR id = ?1)`,
    who,
  );
  return rows.map((row) => ({
    id: textOf(row, 'id'),
    alias: textOf(row, 'alias'),
    wrapped: bytesOf(row, 'wrapped') ?? new Uint8Array(),
  }));
}

/** Destroys a person's keys and writes an `erased` row for each. Undefined when nothing is kept about them. */
export function eraseKeys(
  db: Database,
  writer: Writer,
  who: string,
  erasedRow: (keyId: string, rows: number) => PreparedRow,
): ErasedKeys | undefined {
  const keys = keysOf(db, who);
  if (keys.length === 0) return undefined;
  let rows = 0;
  const written: { row: PreparedRow; place: Place }[] = [];
  writer.transaction(() => {
    for (const { id, wrapped } of keys) {
      const cleared = db.run('UPDATE ledger_rows SET personal = NULL WHERE subject = ? AND personal IS NOT NULL', id);
      // The same length again, so SQLite overwrites the key where it stands; only then the row goes, and with it,
      // by the foreign keys, snapshots, legs and contacts.
      db.run('UPDATE subject_keys SET wrapped = zeroblob(?) WHERE id = ?', wrapped.length, id);
      db.run('DELETE FROM subject_keys WHERE id = ?', id);
      const row = erasedRow(id, cleared);
      written.push({ row, place: writer.addRow(row) });
      rows += cleared;
    }
  });
  writer.keys.forget();
  return { rows, written, traces: keys.flatMap(({ alias, wrapped }) => [wrapped, Buffer.from(alias)]) };
}

/** Moves the log into the database and empties it. False when a reader still needs it. */
export function truncateLog(db: Database): boolean {
  const result = db.get('PRAGMA wal_checkpoint(TRUNCATE)');
  return result !== undefined && numberOf(result, 'busy') === 0;
}

/**
 * Makes sure that no copy of `traces` is left: empties the log, reads the whole file, and rebuilds it if a copy stayed
 * behind in the unused part of a page. True when the file is clean.
 */
export function scrub(db: Database, file: FileScan, traces: readonly Uint8Array[]): boolean {
  if (!truncateLog(db)) return false;
  if (!file.contains(traces)) return true;
  db.exec('VACUUM');
  return truncateLog(db) && !file.contains(traces);
}

/**
 * Reads the database file beside SQLite. It is opened once and closed after the database: closing any descriptor of the
 * file would drop SQLite's POSIX locks on it.
 */
export class FileScan {
  readonly #fd: number;

  constructor(file: string) {
    this.#fd = openSync(file, 'r');
  }

  /** Whether any of the byte strings occurs anywhere in the file. */
  contains(traces: readonly Uint8Array[]): boolean {
    const overlap = Math.max(...traces.map((trace) => trace.length));
    const chunk = Buffer.alloc(1 << 20);
    for (let position = 0; ; position += chunk.length - overlap) {
      const length = readSync(this.#fd, chunk, 0, chunk.length, position);
      const part = chunk.subarray(0, length);
      if (traces.some((trace) => part.indexOf(trace) >= 0)) return true;
      if (length < chunk.length) return false;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
