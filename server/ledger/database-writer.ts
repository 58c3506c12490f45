import { ulid } from 'ulid';
import { eraseKeys, FileScan, scrub, truncateLog } from './erase.ts';
import { HeadWriter, headFileOf, readHead } from './head-file.ts';
import { prepareSchema } from './schema.ts';
import { readSiteKeys, type SiteKeys } from './site-key.ts';
import { type Database, fromSqlite, openDatabase } from './sqlite.ts';
import { LogSync } from './sync.ts';
import type { WriterReply, WriterRequest, WriterSettings } from './thread-messages.ts';
import type { Erasure } from './types.ts';
import { type Place, type PreparedRow, Writer } from './writer.ts';

/** After so much quiet, or so many batches, the log is moved into the database. */
const checkpointAfterMs = 2_000;
const checkpointAfterBatches = 2_000;

/** Everything that writes to one database file: transactions, the flush of its log, the head file, checkpoints. */
export class DatabaseWriter {
  readonly #settings: WriterSettings;
  readonly #reply: (message: WriterReply) => void;
  readonly #db: Database;
  readonly #writer: Writer;
  readonly #site: SiteKeys;
  readonly #sync: LogSync;
  readonly #head: HeadWriter;
  #scan: FileScan | undefined;
  #unscrubbed: Uint8Array[] = [];
  /** The chain's end after each batch that is not durable yet, oldest first. */
  readonly #ends: { readonly batch: number; readonly seq: number; readonly hash: Uint8Array }[] = [];
  #idle: NodeJS.Timeout | undefined;
  #batches = 0;

  constructor(settings: WriterSettings, reply: (message: WriterReply) => void) {
    this.#settings = settings;
    this.#reply = reply;
    this.#site = readSiteKeys(settings.keyFile);
    this.#db = openForWriting(settings, this.#site.fingerprint);
    this.#writer = new Writer(this.#db, this.#site, settings.node);
    this.#noteLostTail();
    this.#head = new HeadWriter(headFileOf(settings.file), this.#site.head);
    this.#sync = new LogSync(
      `${settings.file}-wal`,
      { wantedMs: settings.syncWindowMs, unwantedMs: settings.quietSyncMs },
      (batch) => this.#synced(batch),
      ({ code, message }) => reply({ type: 'sync-failed', code, message }),
    );
    this.#sync.flushNow();
  }

  serve(request: Exclude<WriterRequest, { type: 'close' }>): void {
    switch (request.type) {
      case 'append':
        this.#append(request);
        break;
      case 'erase':
        this.#erase(request);
        break;
      case 'flush':
        this.#sync.want();
        break;
      case 'limit':
        this.#db.exec(`PRAGMA max_page_count = ${Math.trunc(request.pages)}`);
        break;
    }
    this.#armCheckpoint();
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#sync.flushNow();
    this.#sync.close();
    this.#head.close();
    this.#db.close();
    this.#scan?.close();
  }

  #append(request: Extract<WriterRequest, { type: 'append' }>): void {
    const { batch, appends, again, wanted } = request;
    try {
      const outcomes = this.#writer.commit(appends, again);
      this.#reply({ type: 'written', batch, outcomes });
      this.#ends.push({ batch, ...this.#writer.tail });
      this.#sync.committed(batch, wanted);
      this.#batches++;
    } catch (cause) {
      const { code, message } = fromSqlite(cause);
      this.#reply({ type: 'refused', batch, code, message });
    }
  }

  /** The head follows the flush, so it is never ahead of what a power cut leaves. */
  #synced(upTo: number): void {
    const done = this.#ends.findLastIndex((end) => end.batch <= upTo);
    const end = this.#ends[done];
    this.#ends.splice(0, done + 1);
    if (end !== undefined && end.seq > 0)
      this.#head.write({ node: this.#settings.node, seq: end.seq, hash: Buffer.from(end.hash).toString('hex') });
    this.#reply({ type: 'durable', batch: upTo });
  }

  #erase(request: Extract<WriterRequest, { type: 'erase' }>): void {
    try {
      const rows: { row: PreparedRow; place: Place }[] = [];
      const erased = eraseKeys(this.#db, this.#writer, request.subject, (keyId, count) =>
        erasedRow(keyId, count, request.at),
      );
      const erasure: Erasure =
        erased === undefined
          ? { found: false, rows: 0, scrubbed: true }
          : { found: true, rows: erased.rows, scrubbed: this.#scrub(erased.traces) };
      if (erased !== undefined) {
        rows.push(...erased.written);
        const { seq, hash } = this.#writer.tail;
        this.#ends.push({ batch: this.#ends.at(-1)?.batch ?? 0, seq, hash });
        this.#sync.flushNow();
      }
      this.#reply({ type: 'erased', request: request.request, erasure, rows });
    } catch (cause) {
      const { code, message } = fromSqlite(cause);
      this.#reply({ type: 'not-erased', request: request.request, code, message });
    }
  }

  #scrub(traces: readonly Uint8Array[]): boolean {
    this.#scan ??= new FileScan(this.#settings.file);
    const clean = scrub(this.#db, this.#scan, traces);
    this.#unscrubbed = clean ? [] : [...this.#unscrubbed, ...traces];
    return clean;
  }

  #armCheckpoint(): void {
    if (this.#batches >= checkpointAfterBatches) this.#checkpoint();
    else if (this.#idle === undefined) this.#idle = setTimeout(() => this.#checkpoint(), checkpointAfterMs);
    else this.#idle.refresh();
  }

  #checkpoint(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#batches = 0;
    try {
      if (this.#unscrubbed.length > 0) this.#scrub(this.#unscrubbed.splice(0));
      else this.#db.get('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (cause) {
      const { code, message } = fromSqlite(cause);
      this.#reply({ type: 'checkpoint-failed', code, message });
    }
  }

  /** A head beyond the last row means that the end was cut off (or an old copy put back): said in the chain for ever. */
  #noteLostTail(): void {
    const { head, damaged } = readHead(headFileOf(this.#settings.file), this.#site.head);
    this.#writer.transaction(() => {
      const lastSeq = this.#writer.tail.seq;
      if (damaged || (head !== undefined && head.seq > lastSeq))
        this.#writer.addRow(plainRow('ledger-tail-lost', Date.now(), { headSeq: head?.seq ?? null, lastSeq, damaged }));
    });
  }
}

function openForWriting(settings: WriterSettings, fingerprint: string): Database {
  const db = openDatabase(settings.file);
  try {
    db.exec('PRAGMA journal_mode = WAL');
    // NORMAL: a commit is handed to the operating system; `LogSync` makes it durable.
    db.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = ON');
    db.exec('PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000');
    prepareSchema(db, fingerprint);
    if (settings.maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${settings.maxPages}`);
    truncateLog(db);
    return db;
  } catch (cause) {
    db.close();
    throw cause;
  }
}

function plainRow(type: string, at: number, facts: Record<string, unknown>): PreparedRow {
  return { id: ulid(), type, callId: null, agentId: null, at, facts: JSON.stringify(facts), personal: null };
}

function erasedRow(keyId: string, rows: number, at: number): PreparedRow {
  return plainRow('erased', at, { subject: keyId, rows });
}
