/** Why the ledger could not do it. */
export type LedgerErrorCode =
  /** The disk, or the page limit, is full (SQLITE_FULL). */
  | 'ledger-full'
  /** Another process holds the database (SQLITE_BUSY, SQLITE_LOCKED). */
  | 'ledger-locked'
  /** The file system failed (SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN, fsync). */
  | 'ledger-io'
  /** The file is no sound database (SQLITE_CORRUPT, SQLITE_NOTADB). */
  | 'ledger-corrupt'
  /** The writer thread died; it is being started again. */
  | 'ledger-writer-lost'
  /** Nothing can be written and the buffer of held rows is full too. */
  | 'ledger-overflow'
  /** The row itself cannot be stored: a mistake of the caller. */
  | 'ledger-bad-row'
  | 'ledger-closed'
  /** There are rows but the key file is gone: personal fields cannot be read, nor the chain checked. */
  | 'ledger-key-missing'
  /** The key file belongs to another database. */
  | 'ledger-key-wrong';

const retryable: ReadonlySet<LedgerErrorCode> = new Set([
  'ledger-full',
  'ledger-locked',
  'ledger-io',
  'ledger-writer-lost',
  'ledger-overflow',
]);

/** The one error of the ledger and the store. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode;
  /** Trying again later may help. */
  readonly retryable: boolean;
  /** True when the rows are kept in memory and will be written, in order, as soon as the database takes them. */
  readonly held: boolean;

  constructor(code: LedgerErrorCode, message: string, options: { cause?: unknown; held?: boolean } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'LedgerError';
    this.code = code;
    this.retryable = retryable.has(code);
    this.held = options.held ?? false;
  }
}

/** True for the failures of the disk, which pass for every row alike, and not for those of one row. */
export function isDiskFailure(code: LedgerErrorCode): boolean {
  return retryable.has(code) || code === 'ledger-corrupt';
}
