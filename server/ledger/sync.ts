/** The durable level: the log's file is flushed beside the writer, which goes on writing meanwhile. */
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { LedgerError } from './errors.ts';

const flush = promisify(fdatasync);

/** How long commits are gathered before a flush. */
export interface FlushWindows {
  readonly wantedMs: number;
  /** While nobody waits. A commit that meets a flush under way waits for the disk, so there are few of those. */
  readonly unwantedMs: number;
}

/**
 * Flushes the write-ahead log. SQLite writes it with `synchronous=NORMAL`, which hands a commit to the operating system
 * and syncs at checkpoints only; flushing the log itself makes every commit before it durable, without a wait in the
 * writer. The log has no locks, so it is safe to have it open beside SQLite.
 */
export class LogSync {
  readonly #fd: number;
  readonly #windows: FlushWindows;
  readonly #onSynced: (upTo: number) => void;
  readonly #onFailed: (error: LedgerError) => void;
  #written = 0;
  #synced = 0;
  #flushing = false;
  /** Somebody waits for commits up to this one. */
  #wanted = 0;
  #armed: { readonly timer: NodeJS.Timeout; readonly wanted: boolean } | undefined;

  constructor(
    log: string,
    windows: FlushWindows,
    onSynced: (upTo: number) => void,
    onFailed: (error: LedgerError) => void,
  ) {
    this.#fd = openSync(log, 'r');
    this.#windows = windows;
    this.#onSynced = onSynced;
    this.#onFailed = onFailed;
  }

  /** Commit number `commit` is written; `wanted`: somebody waits until it is on the disk. */
  committed(commit: number, wanted: boolean): void {
    this.#written = commit;
    if (wanted) this.#wanted = commit;
    this.#arm();
  }

  /** Somebody waits for what is written already. */
  want(): void {
    this.#wanted = this.#written;
    this.#arm();
  }

  /** Flushes now, before going on. */
  flushNow(): void {
    const upTo = this.#written;
    fdatasyncSync(this.#fd);
    this.#synced = upTo;
    this.#onSynced(upTo);
  }

  close(): void {
    clearTimeout(this.#armed?.timer);
    closeSync(this.#fd);
  }

  #arm(): void {
    if (this.#flushing || this.#written <= this.#synced) return;
    const wanted = this.#wanted > this.#synced;
    if (this.#armed !== undefined && (this.#armed.wanted || !wanted)) return;
    clearTimeout(this.#armed?.timer);
    const wait = wanted ? this.#windows.wantedMs : this.#windows.unwantedMs;
    this.#armed = { timer: setTimeout(() => void this.#run(), wait), wanted };
  }

  async #run(): Promise<void> {
    this.#armed = undefined;
    this.#flushing = true;
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
    this.#flushing = false;
    this.#arm();
  }
}
