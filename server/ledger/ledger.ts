import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { monotonicFactory } from 'ulid';
import type { Cancel, Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Logger } from '../../base/logger.ts';
import { AppendQueue, type Entry } from './append-queue.ts';
import { LedgerError } from './errors.ts';
import { prepareAppend } from './prepare.ts';
import { Reader } from './reader.ts';
import { createKeyFile, readSiteKeys, type SiteKeys, subjectAlias } from './site-key.ts';
import { type Database, openDatabase } from './sqlite.ts';
import { startWriterThread } from './start-writer.ts';
import type { WriterReply, WriterRequest, WriterSettings } from './thread-messages.ts';
import type {
  Append,
  AppendOptions,
  Erasure,
  LedgerHealth,
  LedgerRow,
  Row,
  RowFilter,
  Snapshot,
  StoredSnapshot,
} from './types.ts';
import { type Verification, verifyChain } from './verify.ts';
import type { Place, PreparedRow } from './writer.ts';

export interface LedgerOptions {
  /** The database; its log, shared memory and head file stand beside it (`-wal`, `-shm`, `.head`). */
  readonly file: string;
  /** The site's key, 0600; made with a new database. Whoever has both file and key can read everything. */
  readonly keyFile: string;
  /** Name of this server in the rows. */
  readonly node: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many rows are held in memory while the disk takes none. Default 100 000. */
  readonly heldRowLimit?: number;
  /** How long commits are gathered before the log is flushed when somebody waits for it. Default 4 ms. */
  readonly syncWindowMs?: number;
  /** The same while nobody does: what a power cut may take. Default 1000 ms. */
  readonly quietSyncMs?: number;
  /** Default 200 ms. */
  readonly retryAfterMs?: number;
  /** After how long without an answer of the writer it counts as locked. Default 1000 ms. */
  readonly stalledAfterMs?: number;
  /** Upper limit of the file in pages of 4096 bytes: for drills of a full disk. */
  readonly maxPages?: number;
  /** Starts the writer's thread; tests look at it through this. */
  readonly startWriter?: (settings: WriterSettings) => Worker;
}

type Pending = { readonly resolve: (erasure: Erasure) => void; readonly reject: (error: LedgerError) => void };

/** The ledger of one server. Writes go through its thread; reads are local and synchronous and see all that is written. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #site: SiteKeys;
  readonly #queue: AppendQueue;
  readonly #nextId = monotonicFactory();
  readonly #rows = new Emitter<LedgerRow>();
  readonly #health = new Emitter<LedgerHealth>();
  readonly #erasures = new Map<number, Pending>();
  #erasureCount = 0;
  #worker: Worker | undefined;
  #ready = false;
  #closing: Promise<void> | undefined;
  #db: Database | undefined;
  #reader: Reader | undefined;
  #onStarted: { resolve: () => void; reject: (error: LedgerError) => void } | undefined;
  #onDrained: (() => void) | undefined;
  /** Settled when the newest append is written or refused; so are all before it. */
  #newest: Promise<unknown> = Promise.resolve();

  /** Use `openLedger`. */
  constructor(options: LedgerOptions, site: SiteKeys) {
    this.#options = options;
    this.#site = site;
    const { heldRowLimit = 100_000, retryAfterMs = 200, stalledAfterMs = 1_000, clock } = options;
    this.#queue = new AppendQueue(
      (batch, appends, how) => this.#post({ type: 'append', batch, appends, ...how }),
      clock,
      { heldRowLimit, retryAfterMs, stalledAfterMs },
      (health) => this.#healthChanged(health),
    );
  }

  /** Starts the writer and opens the read connection. Rejects with `LedgerError`. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#onStarted = { resolve, reject };
      this.#startWorker();
    });
    this.#db = openDatabase(this.#options.file, { readOnly: true });
    this.#reader = new Reader(this.#db, this.#site);
  }

  /**
   * Writes rows and the snapshots that changed with them, all or nothing. The only way to write business facts. Rows
   * appended in order stand in order. See `Append` for the levels and `AppendOptions` for what a full disk does.
   */
  append(rows: readonly Row[], snapshots: readonly Snapshot[] = [], options: AppendOptions = {}): Append {
    const written = Promise.withResolvers<readonly LedgerRow[]>();
    const durable: PromiseWithResolvers<void> = Promise.withResolvers();
    // A listener of our own, so that a failure nobody waits for does not end the process.
    written.promise.catch(() => undefined);
    durable.promise.catch(() => undefined);
    const refuse = (error: LedgerError): void => written.reject(error);
    let wanted = false;
    try {
      if (this.#closing !== undefined) throw new LedgerError('ledger-closed', 'the ledger is closed');
      const now = this.#options.clock.now();
      const append = prepareAppend(rows, snapshots, options.statements ?? [], () => this.#nextId(now));
      this.#queue.push({
        append,
        onFailure: options.onFailure ?? 'hold',
        wanted: () => wanted || this.#closing !== undefined,
        written: (places) => written.resolve(this.#publish(append.rows, places)),
        refused: refuse,
        durable: durable.resolve,
        notDurable: (error) => durable.reject(error),
      } satisfies Entry);
      this.#newest = written.promise.catch(() => undefined);
    } catch (cause) {
      const error = cause instanceof LedgerError ? cause : new LedgerError('ledger-bad-row', String(cause), { cause });
      refuse(error);
      durable.reject(error);
    }
    const want = (): Promise<void> => {
      if (!wanted) this.#post({ type: 'flush' });
      wanted = true;
      return durable.promise;
    };
    return {
      written: written.promise,
      get durable() {
        return want();
      },
    };
  }

  /**
   * Resolves when the rows appended before are written, so that who reads then finds them; at once when there are none,
   * and without them when the disk refuses them.
   */
  async caughtUp(): Promise<void> {
    await this.#newest;
  }

  /** Whether new facts can be written now. Comes back to `writable` by itself. */
  health(): LedgerHealth {
    return this.#queue.health;
  }

  /** Hears every change of `health().writable`. */
  onHealth(listener: (health: LedgerHealth) => void): Cancel {
    return this.#health.on(listener);
  }

  /** Hears every row that is written by this process, in order, after it is written. */
  subscribe(listener: (row: LedgerRow) => void): Cancel {
    return this.#rows.on(listener);
  }

  rows(filter: RowFilter = {}): LedgerRow[] {
    return this.reader.rows(filter);
  }

  /** Every snapshot of a kind; those of erased subjects are gone. */
  snapshots(kind: string): StoredSnapshot[] {
    return this.reader.snapshots(kind);
  }

  /** The subject of a person: give the number in E.164, or whatever else names them. Tells nothing without the key file. */
  subjectOf(who: string): string {
    return subjectAlias(this.#site, who);
  }

  /** Every call that has personal fields of a person, under any of their numbers. `who` as for `erase`. */
  callsOf(who: string): string[] {
    return this.reader.callsOf(/^[sk]-/.test(who) ? who : this.subjectOf(who));
  }

  /** The read connection, for the views and the store. */
  get reader(): Reader {
    if (this.#reader === undefined) throw new LedgerError('ledger-closed', 'the ledger is not open');
    return this.#reader;
  }

  /** Checks the whole chain, in small steps beside everything else. */
  verify(): Promise<Verification> {
    if (this.#db === undefined) throw new LedgerError('ledger-closed', 'the ledger is not open');
    return verifyChain(this.#db, this.#site, this.#options.file);
  }

  /**
   * Destroys the keys of a person and all that was kept under them, for all of the person's numbers. `who`: a subject
   * (`s-...`), a key's id as it stands in rows (`k-...`), or the number itself. Resolves when it is on the disk.
   */
  erase(who: string): Promise<Erasure> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== undefined || !this.#ready) {
        reject(new LedgerError('ledger-writer-lost', 'the writer is not running'));
        return;
      }
      const request = ++this.#erasureCount;
      this.#erasures.set(request, { resolve, reject });
      const subject = /^[sk]-/.test(who) ? who : this.subjectOf(who);
      this.#post({ type: 'erase', request, subject, at: this.#options.clock.now() });
    });
  }

  /** Sets the upper limit of the file in pages: for drills of a full disk. */
  limitPages(pages: number): void {
    this.#post({ type: 'limit', pages });
  }

  /** Writes what is still waiting, unless the disk refuses it, and closes. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#post({ type: 'flush' });
    if (!this.#queue.empty && this.#queue.health.writable)
      await new Promise<void>((resolve) => {
        this.#onDrained = resolve;
      });
    this.#queue.close();
    this.#db?.close();
    const worker = this.#worker;
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
      if (this.#ready) this.#post({ type: 'close' });
      else void worker.terminate();
    });
  }

  #startWorker(): void {
    const { file, keyFile, node, syncWindowMs = 4, quietSyncMs = 1_000, maxPages } = this.#options;
    const { startWriter = startWriterThread } = this.#options;
    const worker = startWriter({ file, keyFile, node, syncWindowMs, quietSyncMs, maxPages });
    this.#worker = worker;
    worker.on('message', (reply: WriterReply) => this.#hear(reply));
    worker.on('error', (err) => this.#options.logger.error({ err }, 'the ledger writer failed'));
    worker.on('exit', () => this.#workerEnded(worker));
  }

  #workerEnded(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#ready = false;
    const error = new LedgerError('ledger-writer-lost', 'the writer stopped');
    this.#onStarted?.reject(error);
    for (const { reject } of this.#erasures.values()) reject(error);
    this.#erasures.clear();
    this.#onDrained?.();
    if (this.#closing !== undefined || this.#reader === undefined) return;
    this.#queue.writerLost();
    const { clock, retryAfterMs = 200 } = this.#options;
    clock.at(clock.now() + retryAfterMs, () => {
      if (this.#closing === undefined) this.#startWorker();
    });
  }

  #post(request: WriterRequest): void {
    // A writer that is being started again gets what is held once it is ready.
    if (this.#ready) this.#worker?.postMessage(request);
  }

  #hear(reply: WriterReply): void {
    switch (reply.type) {
      case 'ready':
        this.#ready = true;
        this.#onStarted?.resolve();
        this.#onStarted = undefined;
        this.#queue.writerBack();
        break;
      case 'not-started':
        this.#options.logger.error({ code: reply.code, reason: reply.message }, 'the ledger writer could not start');
        this.#onStarted?.reject(new LedgerError(reply.code, reply.message));
        break;
      case 'written':
        this.#queue.written(reply.batch, reply.outcomes);
        break;
      case 'refused':
        this.#queue.refused(reply.batch, new LedgerError(reply.code, reply.message));
        break;
      case 'durable':
        this.#queue.durable(reply.batch);
        break;
      case 'sync-failed':
        this.#queue.syncFailed(new LedgerError(reply.code, reply.message));
        break;
      case 'checkpoint-failed':
        this.#options.logger.warn(
          { code: reply.code, reason: reply.message },
          'the log of the ledger could not be emptied',
        );
        break;
      case 'erased':
        this.#publish(
          reply.rows.map(({ row }) => row),
          reply.rows.map(({ place }) => place),
        );
        this.#settleErasure(reply.request)?.resolve(reply.erasure);
        break;
      case 'not-erased':
        this.#settleErasure(reply.request)?.reject(new LedgerError(reply.code, reply.message));
        break;
      case 'closed':
        break;
    }
    if (this.#queue.empty || !this.#queue.health.writable) this.#onDrained?.();
  }

  #settleErasure(request: number): Pending | undefined {
    const pending = this.#erasures.get(request);
    this.#erasures.delete(request);
    return pending;
  }

  #publish(rows: readonly PreparedRow[], places: readonly Place[]): LedgerRow[] {
    const published = rows.flatMap((row, index) => {
      const place = places[index];
      return place === undefined ? [] : [rowAsWritten(row, place, this.#options.node)];
    });
    for (const row of published) this.#rows.emit(row);
    return published;
  }

  #healthChanged(health: LedgerHealth): void {
    const { writable, reason, heldRows } = health;
    if (writable) this.#options.logger.info({}, 'the ledger is written again');
    else this.#options.logger.error({ reason, heldRows }, 'the ledger cannot be written');
    this.#health.emit(health);
  }
}

function rowAsWritten(row: PreparedRow, place: Place, node: string): LedgerRow {
  return {
    id: row.id,
    node,
    seq: place.seq,
    hash: place.hash,
    type: row.type,
    at: row.at,
    facts: JSON.parse(row.facts) as LedgerRow['facts'],
    erased: false,
    ...(row.callId === null ? {} : { callId: row.callId }),
    ...(row.agentId === null ? {} : { agentId: row.agentId }),
    ...(row.personal === null ? {} : { personal: JSON.parse(row.personal.text) as LedgerRow['facts'] }),
  };
}

/**
 * Opens the ledger, making database and key file if neither is there. Rejects with `LedgerError`: `ledger-key-missing`
 * for a database whose key file is gone, `ledger-key-wrong`, `ledger-io`, `ledger-corrupt`, `ledger-locked`.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  if (!existsSync(options.file)) {
    mkdirSync(dirname(options.file), { recursive: true });
    if (!existsSync(options.keyFile)) createKeyFile(options.keyFile);
    // For its owner only; SQLite gives its other files the same mode.
    closeSync(openSync(options.file, 'a', 0o600));
  }
  const ledger = new Ledger(options, readSiteKeys(options.keyFile));
  await ledger.start();
  return ledger;
}
