import type { Cancel, Clock } from '../../base/clock.ts';
import { LedgerError, type LedgerErrorCode } from './errors.ts';
import type { LedgerHealth } from './types.ts';
import type { Outcome, Place, PreparedAppend } from './writer.ts';

/** An append on its way. The queue answers `written` once, with places or an error, and `durable` once. */
export interface Entry {
  readonly append: PreparedAppend;
  readonly onFailure: 'hold' | 'reject';
  /** Whether somebody waits until it is on the disk. */
  readonly wanted: () => boolean;
  /** Rows have found their places; called also when `refused` was before, for a held entry that made it. */
  written(places: readonly Place[]): void;
  /** Not written. `error.held`: not yet. */
  refused(error: LedgerError): void;
  durable(): void;
  notDurable(error: LedgerError): void;
}

/** Gives a batch to the writer. `again`: it may have been written before; `wanted`: somebody waits for the disk. */
export type SendBatch = (
  batch: number,
  appends: readonly PreparedAppend[],
  how: { readonly again: boolean; readonly wanted: boolean },
) => void;

export interface QueueSettings {
  /** How many rows are held while nothing can be written. */
  readonly heldRowLimit: number;
  /** How long after a refusal it is tried again. */
  readonly retryAfterMs: number;
  /** After how long without an answer nobody waits for the writer any longer. */
  readonly stalledAfterMs: number;
}

/** At most so many rows in one transaction. */
const batchRows = 2_000;

/** A write that needs room and leaves nothing: tells whether the database takes rows again. */
const probe: PreparedAppend = {
  rows: [],
  snapshots: [],
  statements: [
    { sql: "INSERT OR REPLACE INTO site VALUES ('probe', hex(zeroblob(16384)))", parameters: [] },
    { sql: "DELETE FROM site WHERE name = 'probe'", parameters: [] },
  ],
};

/**
 * Groups appends into batches, one at a time under way, so that the slower the disk the larger the batch. When the disk
 * refuses, keeps what may be kept, in order, and tries again until it takes them.
 */
export class AppendQueue {
  readonly #send: SendBatch;
  readonly #clock: Clock;
  readonly #settings: QueueSettings;
  readonly #onHealth: (health: LedgerHealth) => void;
  #waiting: Entry[] = [];
  #underWay: Entry[] | undefined;
  /** Entries at the front that were sent before and may have been written although no answer came. */
  #again = false;
  #batch = 0;
  #broken: { readonly code: LedgerErrorCode; readonly since: number } | undefined;
  readonly #notDurable: { readonly batch: number; readonly entries: readonly Entry[] }[] = [];
  #cancelRetry: Cancel | undefined;
  #cancelStall: Cancel | undefined;
  #scheduled = false;
  #heldRows = 0;

  constructor(send: SendBatch, clock: Clock, settings: QueueSettings, onHealth: (health: LedgerHealth) => void) {
    this.#send = send;
    this.#clock = clock;
    this.#settings = settings;
    this.#onHealth = onHealth;
  }

  get health(): LedgerHealth {
    const broken = this.#broken;
    return broken === undefined
      ? { writable: true, heldRows: 0 }
      : { writable: false, reason: broken.code, since: broken.since, heldRows: this.#heldRows };
  }

  /** True when nothing waits and all that was written is durable. */
  get empty(): boolean {
    return this.#waiting.length === 0 && this.#underWay === undefined && this.#notDurable.length === 0;
  }

  push(entry: Entry): void {
    if (this.#broken === undefined) {
      this.#waiting.push(entry);
      this.#schedule();
    } else if (this.#keep(entry, this.#broken.code)) this.#waiting.push(entry);
  }

  /** The writer wrote a batch. */
  written(batch: number, outcomes: readonly Outcome[]): void {
    if (batch !== this.#batch || this.#underWay === undefined) return;
    const entries = this.#underWay;
    this.#finishBatch();
    this.#again = false;
    const written: Entry[] = [];
    entries.forEach((entry, index) => {
      const outcome = outcomes[index];
      if (outcome?.ok === true) {
        written.push(entry);
        entry.written(outcome.places);
      } else abandon(entry, new LedgerError(outcome?.code ?? 'ledger-bad-row', outcome?.message ?? 'not written'));
    });
    if (written.length > 0) this.#notDurable.push({ batch, entries: written });
    this.#heldRows = this.#broken === undefined ? 0 : Math.max(0, this.#heldRows - rowsOf(entries));
    // After trouble, the first batch that passes means the disk is back.
    if (this.#broken !== undefined) {
      this.#broken = undefined;
      this.#onHealth(this.health);
    }
    this.#flush();
  }

  /** The disk took nothing of a batch. */
  refused(batch: number, error: LedgerError): void {
    if (batch !== this.#batch || this.#underWay === undefined) return;
    const entries = this.#underWay;
    this.#finishBatch();
    this.#again = true;
    this.#waiting = [...entries, ...this.#waiting];
    this.#breakDown(error.code);
  }

  /** The writer is gone; what was under way may or may not be written. */
  writerLost(): void {
    if (this.#underWay === undefined) this.#breakDown('ledger-writer-lost');
    else this.refused(this.#batch, new LedgerError('ledger-writer-lost', 'the writer stopped'));
  }

  /** Everything up to `batch` is on the disk. */
  durable(batch: number): void {
    const count = this.#notDurable.findLastIndex((each) => each.batch <= batch) + 1;
    for (const { entries } of this.#notDurable.splice(0, count)) for (const entry of entries) entry.durable();
  }

  /** A new writer flushed the log as it started, so all that was ever written is durable. */
  writerBack(): void {
    this.durable(this.#batch);
    this.refused(this.#batch, new LedgerError('ledger-writer-lost', 'the writer was started again'));
    this.#retry();
  }

  /** The log could not be flushed: what is written may be lost in a power cut. */
  syncFailed(error: LedgerError): void {
    for (const { entries } of this.#notDurable.splice(0)) for (const entry of entries) entry.notDurable(error);
    this.#breakDown(error.code);
  }

  /** Rejects what is still waiting. */
  close(): void {
    this.#cancelRetry?.();
    this.#cancelStall?.();
    const error = new LedgerError('ledger-closed', 'the ledger was closed before the row was written');
    for (const entry of [...(this.#underWay ?? []), ...this.#waiting.splice(0)]) abandon(entry, error);
    for (const { entries } of this.#notDurable.splice(0)) for (const entry of entries) entry.notDurable(error);
    this.#underWay = undefined;
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay !== undefined) return;
    this.#scheduled = true;
    // At the end of this turn of the event loop: appends made together travel together.
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#underWay !== undefined || this.#broken !== undefined || this.#waiting.length === 0) return;
    this.#start(this.#take());
  }

  #take(): Entry[] {
    let rows = 0;
    const end = this.#waiting.findIndex((entry) => (rows += entry.append.rows.length) > batchRows);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : Math.max(1, end));
  }

  #start(entries: Entry[]): void {
    this.#underWay = entries;
    this.#batch++;
    const appends = entries.map((entry) => entry.append);
    const wanted = entries.some((entry) => entry.wanted());
    this.#send(this.#batch, appends.length > 0 ? appends : [probe], { again: this.#again, wanted });
    this.#cancelStall = this.#clock.at(this.#clock.now() + this.#settings.stalledAfterMs, () => this.#stalled());
  }

  #finishBatch(): void {
    this.#underWay = undefined;
    this.#cancelStall?.();
    this.#cancelStall = undefined;
  }

  /** The writer is busy with something long, or hangs: nobody waits for it, and what is under way counts as held. */
  #stalled(): void {
    if (this.#underWay === undefined || this.#broken !== undefined) return;
    this.#breakDown('ledger-locked', false);
    for (const entry of this.#underWay) if (entry.onFailure === 'hold') this.#keep(entry, 'ledger-locked');
  }

  #breakDown(code: LedgerErrorCode, retry = true): void {
    const first = this.#broken === undefined;
    this.#broken = { code, since: this.#broken?.since ?? this.#clock.now() };
    this.#heldRows = 0;
    this.#waiting = this.#waiting.filter((entry) => this.#keep(entry, code));
    if (first) this.#onHealth(this.health);
    if (!retry) return;
    this.#cancelRetry?.();
    this.#cancelRetry = this.#clock.at(this.#clock.now() + this.#settings.retryAfterMs, () => this.#retry());
  }

  /** Tries with what is held, or with a probe. */
  #retry(): void {
    this.#cancelRetry?.();
    if (this.#broken === undefined || this.#underWay !== undefined) return;
    this.#start(this.#take());
  }

  /** Answers an entry that cannot be written now; true if it is held. */
  #keep(entry: Entry, code: LedgerErrorCode): boolean {
    const rows = entry.append.rows.length;
    if (entry.onFailure === 'reject') {
      abandon(entry, new LedgerError(code, 'the ledger cannot be written'));
      return false;
    }
    if (this.#heldRows + rows > this.#settings.heldRowLimit) {
      abandon(entry, new LedgerError('ledger-overflow', 'too many rows wait for the ledger'));
      return false;
    }
    this.#heldRows += rows;
    entry.refused(new LedgerError(code, 'the ledger cannot be written; the rows are held', { held: true }));
    return true;
  }
}

function abandon(entry: Entry, error: LedgerError): void {
  entry.refused(error);
  entry.notDurable(error);
}

function rowsOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + entry.append.rows.length, 0);
}
