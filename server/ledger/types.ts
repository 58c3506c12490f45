/** What goes into the ledger and what comes out of it. */

/** Anything JSON can hold, by name. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Fields about a person, kept under that person's own key. */
export interface Personal {
  /** From `Ledger.subjectOf()`. */
  readonly subject: string;
  readonly fields: JsonObject;
}

/** One business fact to be written. */
export interface Row {
  /** What happened: kebab-case, past tense. The ledger knows no list of types. */
  readonly type: string;
  readonly callId?: string | undefined;
  readonly agentId?: string | undefined;
  /** When it happened, whole milliseconds. */
  readonly at: number;
  /** Nothing personal goes in here: it is stored in clear and can never be erased. */
  readonly facts: JsonObject;
  readonly personal?: Personal | undefined;
}

/** A row as it stands in the ledger. */
export interface LedgerRow {
  /** A ULID; ids of one node grow with `seq`, also when the clock goes back. */
  readonly id: string;
  readonly node: string;
  /** Per node, from 1, without a gap. */
  readonly seq: number;
  /** The chain's hash at this row, in hex. */
  readonly hash: string;
  readonly type: string;
  readonly callId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly at: number;
  readonly facts: JsonObject;
  /** Absent if the row has none, and when they were erased. */
  readonly personal?: JsonObject | undefined;
  /** True when the row had personal fields that can no longer be read. */
  readonly erased: boolean;
}

/** The state of a machine, written in the same transaction as the rows that led to it. */
export interface Snapshot {
  /** `call`, `ticket`, `agent` ... */
  readonly kind: string;
  readonly id: string;
  /** Of the state's shape, for upcasting; not of its content. */
  readonly version: number;
  /** Null deletes it. */
  readonly state: JsonObject | null;
  /** Whose key it is kept under. Needed when anything in the state is personal. */
  readonly subject?: string | undefined;
}

/** A snapshot as read. `state` is undefined when its subject was erased. */
export interface StoredSnapshot {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly state: JsonObject;
}

/** A value for a statement of the store; sealed ones are encrypted in the writer under the subject's key. */
export type Parameter =
  | string
  | number
  | null
  | Uint8Array
  | { readonly type: 'sealed'; readonly subject: string; readonly text: string }
  /** The id of the subject's key, which is made if there is none. */
  | { readonly type: 'key'; readonly subject: string };

/** A write to one of the store's tables. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

export interface AppendOptions {
  /**
   * When the database takes nothing: `hold` (default) keeps the rows in memory and writes them later, in order;
   * `reject` forgets them. Either way `written` rejects at once, so that nobody waits for a broken disk.
   */
  readonly onFailure?: 'hold' | 'reject';
  /** Writes of the store that belong to the same transaction. */
  readonly statements?: readonly Statement[];
}

/** The two levels of an append. Neither crashes the process when it rejects and nobody listens. */
export interface Append {
  /** In the database's log, handed to the operating system: survives `kill -9`. Rejects with `LedgerError`. */
  readonly written: Promise<readonly LedgerRow[]>;
  /**
   * On the disk: survives a power cut. For held rows it stays open until they are. Reading it asks for a flush within
   * milliseconds; appends nobody reads it of are flushed every second.
   */
  readonly durable: Promise<void>;
}

export interface LedgerHealth {
  readonly writable: boolean;
  /** Why not: the code of the last failure. */
  readonly reason?: string | undefined;
  readonly since?: number | undefined;
  /** Rows waiting in memory for the database to come back. */
  readonly heldRows: number;
}

export interface RowFilter {
  readonly callId?: string | undefined;
  readonly type?: string | undefined;
  readonly agentId?: string | undefined;
  /** Rows after (or, newest first, before) the one of this id. */
  readonly after?: string | undefined;
  /** Default 1000. */
  readonly limit?: number | undefined;
  readonly newestFirst?: boolean | undefined;
}

export interface Erasure {
  /** False when nothing is kept about the subject. */
  readonly found: boolean;
  /** Rows whose personal fields are gone. */
  readonly rows: number;
  /** True when no copy of the keys is left in the files. False: readers held the log; it is tried again. */
  readonly scrubbed: boolean;
}
