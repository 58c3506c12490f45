/** Reading: a connection of its own that sees everything written, and never waits for the writer. Synchronous. */
import type { SiteKeys } from './site-key.ts';
import { bytesOf, type Database, numberOf, optionalTextOf, type SqlRow, type SqlValue, textOf } from './sqlite.ts';
import { Opener } from './subject-keys.ts';
import type { JsonObject, LedgerRow, RowFilter, StoredSnapshot } from './types.ts';

const columns = 'node, seq, id, at, type, call_id, agent_id, facts, subject, personal, hash';

/** Reads rows, snapshots and the store's tables, and opens what is sealed. */
export class Reader {
  readonly #db: Database;
  readonly #opener: Opener;

  constructor(db: Database, site: SiteKeys) {
    this.#db = db;
    this.#opener = new Opener(db, site);
  }

  /** Plain SQL for views and the store. */
  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.#db.all(sql, ...values);
  }

  get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.#db.get(sql, ...values);
  }

  /** What a subject's key sealed, parsed; undefined once the subject is erased. */
  open(keyId: string | undefined, blob: Uint8Array | undefined): JsonObject | undefined {
    if (keyId === undefined || blob === undefined) return undefined;
    const text = this.#opener.unseal(keyId, blob);
    return text === undefined ? undefined : (JSON.parse(text) as JsonObject);
  }

  rows(filter: RowFilter = {}): LedgerRow[] {
    const { where, values } = conditions(filter);
    const order = filter.newestFirst === true ? 'DESC' : 'ASC';
    const sql = `SELECT ${columns} FROM ledger_rows ${where} ORDER BY rowid ${order} LIMIT ?`;
    return this.#db.all(sql, ...values, filter.limit ?? 1000).map((row) => this.row(row));
  }

  snapshots(kind: string): StoredSnapshot[] {
    const found = this.#db.all('SELECT kind, id, version, subject, state, sealed FROM snapshots WHERE kind = ?', kind);
    return found.flatMap((row) => {
      const clear = optionalTextOf(row, 'state');
      const state =
        clear === undefined
          ? this.open(optionalTextOf(row, 'subject'), bytesOf(row, 'sealed'))
          : (JSON.parse(clear) as JsonObject);
      if (state === undefined) return [];
      return [{ kind: textOf(row, 'kind'), id: textOf(row, 'id'), version: numberOf(row, 'version'), state }];
    });
  }

  /** The calls with rows under one of a person's keys. */
  callsOf(subject: string): string[] {
    const found = this.#db.all(
      `SELECT DISTINCT call_id FROM ledger_rows WHERE call_id IS NOT NULL AND subject IN (
         SELECT id FROM subject_keys WHERE alias = ?1 OR id = ?1
         OR person IN (SELECT person FROM subject_keys WHERE alias = ?1 OR id = ?1))`,
      subject,
    );
    return found.map((row) => textOf(row, 'call_id'));
  }

  /** A row from its columns. */
  row(row: SqlRow): LedgerRow {
    const subject = optionalTextOf(row, 'subject');
    const personal = this.open(subject, bytesOf(row, 'personal'));
    const callId = optionalTextOf(row, 'call_id');
    const agentId = optionalTextOf(row, 'agent_id');
    return {
      id: textOf(row, 'id'),
      node: textOf(row, 'node'),
      seq: numberOf(row, 'seq'),
      hash: Buffer.from(bytesOf(row, 'hash') ?? []).toString('hex'),
      type: textOf(row, 'type'),
      at: numberOf(row, 'at'),
      facts: JSON.parse(textOf(row, 'facts')) as JsonObject,
      erased: subject !== undefined && personal === undefined,
      ...(callId === undefined ? {} : { callId }),
      ...(agentId === undefined ? {} : { agentId }),
      ...(personal === undefined ? {} : { personal }),
    };
  }
}

function conditions(filter: RowFilter): { where: string; values: SqlValue[] } {
  const beyond = filter.newestFirst === true ? '<' : '>';
  const all: [string, string | undefined][] = [
    ['call_id = ?', filter.callId],
    ['type = ?', filter.type],
    ['agent_id = ?', filter.agentId],
    [`rowid ${beyond} (SELECT rowid FROM ledger_rows WHERE id = ?)`, filter.after],
  ];
  const given = all.filter((each): each is [string, string] => each[1] !== undefined);
  return {
    where: given.length === 0 ? '' : `WHERE ${given.map(([text]) => text).join(' AND ')}`,
    values: given.map(([, value]) => value),
  };
}
