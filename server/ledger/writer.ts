/** The one place that writes to the database. Synchronous and without a thread of its own: `writer-thread.ts` gives it one. */
import { genesis, rowHash } from './chain.ts';
import { isDiskFailure, type LedgerErrorCode } from './errors.ts';
import { commitment } from './sealing.ts';
import type { SiteKeys } from './site-key.ts';
import { bytesOf, type Database, fromSqlite, numberOf, type SqlValue } from './sqlite.ts';
import { SubjectKeys } from './subject-keys.ts';
import type { Parameter, Statement } from './types.ts';

/** A row with its id, and its objects as JSON texts: what crosses to the writer's thread. */
export interface PreparedRow {
  readonly id: string;
  readonly type: string;
  readonly callId: string | null;
  readonly agentId: string | null;
  readonly at: number;
  readonly facts: string;
  readonly personal: { readonly subject: string; readonly text: string } | null;
}

export interface PreparedSnapshot {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly state: string | null;
  readonly subject: string | null;
}

/** One append: all of it is written, or nothing. */
export interface PreparedAppend {
  readonly rows: readonly PreparedRow[];
  readonly snapshots: readonly PreparedSnapshot[];
  readonly statements: readonly Statement[];
}

/** Where a row came to stand. */
export interface Place {
  readonly seq: number;
  readonly hash: string;
}

export type Outcome =
  | { readonly ok: true; readonly places: readonly Place[] }
  | { readonly ok: false; readonly code: LedgerErrorCode; readonly message: string };

interface Tail {
  readonly seq: number;
  readonly hash: Uint8Array;
}

const insertRow = `INSERT INTO ledger_rows
  (node, seq, id, at, type, call_id, agent_id, facts, subject, commitment, personal, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const putSnapshot = `INSERT INTO snapshots (kind, id, version, subject, state, sealed) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, subject = excluded.subject, state = excluded.state, sealed = excluded.sealed`;

/** Writes appends in transactions and keeps the chain. */
export class Writer {
  readonly #db: Database;
  readonly #site: SiteKeys;
  readonly #node: string;
  readonly keys: SubjectKeys;
  #tail: Tail = { seq: 0, hash: genesis };
  #dataVersion = -1;

  constructor(db: Database, site: SiteKeys, node: string) {
    this.#db = db;
    this.#site = site;
    this.#node = node;
    this.keys = new SubjectKeys(db, site);
  }

  /** The last row of this node's chain that is written. */
  get tail(): Tail {
    return this.#tail;
  }

  /**
   * Writes all appends in one transaction; if one of them is bad in itself, each in its own. Throws `LedgerError` when
   * the disk refuses, and then nothing is written. `again`: some may have been written before an answer was lost; those
   * are recognised by the ids of their rows.
   */
  commit(appends: readonly PreparedAppend[], again = false): Outcome[] {
    try {
      return this.transaction(() => appends.map((append) => this.#write(append, again)));
    } catch (cause) {
      const error = fromSqlite(cause);
      if (isDiskFailure(error.code)) throw error;
      if (appends.length === 1) return [{ ok: false, code: error.code, message: error.message }];
      return appends.flatMap((append) => this.commit([append], again));
    }
  }

  /** Runs `run` in a transaction with the chain's tail and the keys up to date, or leaves everything as it was. */
  transaction<T>(run: () => T): T {
    const before = this.#tail;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#catchUp();
      const result = run();
      this.#db.exec('COMMIT');
      return result;
    } catch (cause) {
      this.#tail = before;
      this.#dataVersion = -1;
      this.keys.forget();
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw cause;
    }
  }

  /** Adds a row to the chain. Must run inside `transaction`. */
  addRow(row: PreparedRow): Place {
    const sealed = row.personal === null ? undefined : this.keys.seal(row.personal.subject, row.personal.text);
    const chained = {
      node: this.#node,
      seq: this.#tail.seq + 1,
      id: row.id,
      at: row.at,
      type: row.type,
      callId: row.callId,
      agentId: row.agentId,
      facts: row.facts,
      subject: sealed?.id ?? null,
      commitment: sealed === undefined ? null : commitment(sealed.blob),
    };
    const hash = rowHash(this.#site.chain, this.#tail.hash, chained);
    const { node, seq, id, at, type, callId, agentId, facts, subject } = chained;
    const personal = sealed?.blob ?? null;
    this.#db.run(
      insertRow,
      node,
      seq,
      id,
      at,
      type,
      callId,
      agentId,
      facts,
      subject,
      chained.commitment,
      personal,
      hash,
    );
    this.#tail = { seq, hash };
    return { seq, hash: hash.toString('hex') };
  }

  /** Another process (the command line) may have written since: then the tail and the keys are read again. */
  #catchUp(): void {
    const version = numberOf(this.#db.get('PRAGMA data_version') ?? {}, 'data_version');
    if (version === this.#dataVersion) return;
    const last = this.#db.get('SELECT seq, hash FROM ledger_rows WHERE node = ? ORDER BY seq DESC LIMIT 1', this.#node);
    this.#tail =
      last === undefined
        ? { seq: 0, hash: genesis }
        : { seq: numberOf(last, 'seq'), hash: bytesOf(last, 'hash') ?? genesis };
    this.#dataVersion = version;
    this.keys.forget();
  }

  #write(append: PreparedAppend, again: boolean): Outcome {
    const before = again ? this.#writtenBefore(append) : undefined;
    if (before !== undefined) return before;
    const places = append.rows.map((row) => this.addRow(row));
    for (const snapshot of append.snapshots) this.#writeSnapshot(snapshot);
    for (const { sql, parameters } of append.statements)
      this.#db.run(sql, ...parameters.map((each) => this.#value(each)));
    return { ok: true, places };
  }

  #writtenBefore(append: PreparedAppend): Outcome | undefined {
    const found = append.rows.map((row) => this.#db.get('SELECT seq, hash FROM ledger_rows WHERE id = ?', row.id));
    const places = found.flatMap((row) =>
      row === undefined
        ? []
        : [{ seq: numberOf(row, 'seq'), hash: Buffer.from(bytesOf(row, 'hash') ?? genesis).toString('hex') }],
    );
    return places.length > 0 && places.length === append.rows.length ? { ok: true, places } : undefined;
  }

  #writeSnapshot(snapshot: PreparedSnapshot): void {
    const { kind, id, version, state, subject } = snapshot;
    if (state === null) {
      this.#db.run('DELETE FROM snapshots WHERE kind = ? AND id = ?', kind, id);
      return;
    }
    const sealed = subject === null ? undefined : this.keys.seal(subject, state);
    const clear = sealed === undefined ? state : null;
    this.#db.run(putSnapshot, kind, id, version, sealed?.id ?? null, clear, sealed?.blob ?? null);
  }

  #value(parameter: Parameter): SqlValue {
    if (typeof parameter !== 'object' || parameter === null || parameter instanceof Uint8Array) return parameter;
    switch (parameter.type) {
      case 'sealed':
        return this.keys.seal(parameter.subject, parameter.text).blob;
      case 'key':
        return this.keys.ensure(parameter.subject).id;
    }
  }
}
