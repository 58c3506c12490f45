/** The durable level: the log's file is flushed beside the writer, which goes on writing meanwhile. */
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { LedgerError } from './errors.ts';

const flush = promisify(fdatasync);

/**
 * Flushes the write-ahead log. SQLite writes it with `synchronous=NORMAL`, which hands a commit to the operating system
 * and syncs at checkpoints only; flushing the log itself makes every commit before it durable, without a wait in the
 * writer. The log has no locks, so it is safe to have it open beside SQLite.
 */
export class LogSync {
  readonly #fd: number;
  readonly #windowMs: number;
  readonly #onSynced: (upTo: number) => void;
  readonly #onFailed: (error: LedgerError) => void;
  #written = 0;
  #synced = 0;
  #running = false;

  /** `windowMs`: how long commits are gathered before a flush. */
  constructor(log: string, windowMs: number, onSynced: (upTo: number) => void, onFailed: (error: LedgerError) => void) {
    this.#fd = openSync(log, 'r');
    this.#windowMs = windowMs;
    this.#onSynced = onSynced;
    this.#onFailed = onFailed;
  }

  /** Commit number `commit` is written; it will be flushed within the window. */
  committed(commit: number): void {
    this.#written = commit;
    if (this.#running) return;
    this.#running = true;
    setTimeout(() => void this.#run(), this.#windowMs);
  }

  /** Flushes now, before going on. */
  flushNow(): void {
    const upTo = this.#written;
    fdatasyncSync(this.#fd);
    this.#synced = upTo;
    this.#onSynced(upTo);
  }

  close(): void {
    closeSync(this.#fd);
  }

  async #run(): Promise<void> {
    const upTo = this.#written;
    try {
      await flush(this.#fd);
      if (upTo > this.#synced) {
        this.#synced = upTo;
        this.#onSynced(upTo);
      }
    } catch (cause) {
      this.#onFailed(new LedgerError('ledger-io', 'the log could not be flushed to the disk', { cause }));
    }
    this.#running = false;
    if (this.#written > this.#synced) this.committed(this.#written);
  }
}
