import type { Database } from './sqlite.ts';
import { LedgerError } from './errors.ts';
import { numberOf, textOf } from './sqlite.ts';

/**
 * The tables of the ledger. A table that keeps something of a person refers to `subject_keys` with `ON DELETE CASCADE`,
 * so erasing needs to know none of them.
 *
 * `subject_keys` is filled in order of `number` and its keys are overwritten in place, so that a key stands in one place
 * only and is gone when that place is.
 */
const ledgerTables = `
  CREATE TABLE site (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE subject_keys (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    alias TEXT NOT NULL UNIQUE,
    wrapped BLOB NOT NULL,
    person TEXT
  ) STRICT;
  CREATE INDEX subject_keys_person ON subject_keys (person) WHERE person IS NOT NULL;
  CREATE TABLE ledger_rows (
    node TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    call_id TEXT,
    agent_id TEXT,
    facts TEXT NOT NULL,
    subject TEXT,
    commitment BLOB,
    personal BLOB,
    hash BLOB NOT NULL,
    PRIMARY KEY (node, seq)
  ) STRICT;
  CREATE INDEX ledger_rows_call ON ledger_rows (call_id) WHERE call_id IS NOT NULL;
  CREATE INDEX ledger_rows_type ON ledger_rows (type);
  CREATE INDEX ledger_rows_agent ON ledger_rows (agent_id) WHERE agent_id IS NOT NULL;
  CREATE INDEX ledger_rows_subject ON ledger_rows (subject) WHERE subject IS NOT NULL;
  CREATE TABLE snapshots (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    subject TEXT REFERENCES subject_keys (id) ON DELETE CASCADE,
    state TEXT,
    sealed BLOB,
    PRIMARY KEY (kind, id)
  ) STRICT;
  CREATE INDEX snapshots_subject ON snapshots (subject) WHERE subject IS NOT NULL;
`;

/** The tables of the store (`server/store/`), in the same file so that one transaction can hold both. */
const storeTables = `
  CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    demo INTEGER NOT NULL,
    password TEXT NOT NULL
  ) STRICT;
  CREATE TABLE tokens (
    digest TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX tokens_account ON tokens (account);
  CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL REFERENCES subject_keys (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    sealed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX contacts_subject ON contacts (subject);
  CREATE TABLE legs (
    id TEXT PRIMARY KEY,
    call_id TEXT NOT NULL,
    subject TEXT NOT NULL REFERENCES subject_keys (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX legs_call ON legs (call_id);
  CREATE INDEX legs_subject ON legs (subject);
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

/** Accounts of desk phones. */
const deviceTables = `
  CREATE TABLE devices (
    username TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    realm TEXT NOT NULL,
    ha1s TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (agent, name)
  ) STRICT;
`;

/** One entry per version; an entry that was ever released is never changed, only followed. */
const migrations: readonly string[] = [ledgerTables + storeTables, deviceTables];

/** Brings the tables to this version, and ties a new database to its key. Throws `ledger-key-wrong` for another's. */
export function prepareSchema(db: Database, fingerprint: string): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = numberOf(db.get('PRAGMA user_version') ?? {}, 'user_version');
    for (const migration of migrations.slice(version)) db.exec(migration);
    if (version < migrations.length) db.exec(`PRAGMA user_version = ${migrations.length}`);
    db.run("INSERT INTO site VALUES ('fingerprint', ?) ON CONFLICT DO NOTHING", fingerprint);
    const kept = textOf(db.get("SELECT value FROM site WHERE name = 'fingerprint'") ?? {}, 'value');
    if (kept !== fingerprint) throw new LedgerError('ledger-key-wrong', 'the key file belongs to another database');
    db.exec('COMMIT');
  } catch (cause) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw cause;
  }
}
