/** What the main thread and the writer's thread say to each other. Both are ours, so nothing is parsed. */
import type { LedgerErrorCode } from './errors.ts';
import type { Erasure } from './types.ts';
import type { Outcome, Place, PreparedAppend, PreparedRow } from './writer.ts';

/** What the thread is started with. */
export interface WriterSettings {
  readonly file: string;
  readonly keyFile: string;
  readonly node: string;
  readonly syncWindowMs: number;
  /** As `syncWindowMs`, while nobody waits for the disk. */
  readonly quietSyncMs: number;
  /** Upper limit of the file in pages; absent: none. */
  readonly maxPages: number | undefined;
}

export type WriterRequest =
  | {
      readonly type: 'append';
      readonly batch: number;
      readonly appends: readonly PreparedAppend[];
      readonly again: boolean;
      /** Somebody waits until it is on the disk. */
      readonly wanted: boolean;
    }
  /** Somebody waits for what was sent before. */
  | { readonly type: 'flush' }
  | { readonly type: 'erase'; readonly request: number; readonly subject: string; readonly at: number }
  | { readonly type: 'limit'; readonly pages: number }
  | { readonly type: 'close' };

export type WriterReply =
  | { readonly type: 'ready' }
  | { readonly type: 'not-started'; readonly code: LedgerErrorCode; readonly message: string }
  | { readonly type: 'written'; readonly batch: number; readonly outcomes: readonly Outcome[] }
  | { readonly type: 'refused'; readonly batch: number; readonly code: LedgerErrorCode; readonly message: string }
  /** Every batch up to this one is on the disk. */
  | { readonly type: 'durable'; readonly batch: number }
  | { readonly type: 'sync-failed'; readonly code: LedgerErrorCode; readonly message: string }
  /** The log could not be moved into the database; it grows, and it is tried again. Nothing is lost. */
  | { readonly type: 'checkpoint-failed'; readonly code: LedgerErrorCode; readonly message: string }
  | {
      readonly type: 'erased';
      readonly request: number;
      readonly erasure: Erasure;
      readonly rows: readonly { readonly row: PreparedRow; readonly place: Place }[];
    }
  | { readonly type: 'not-erased'; readonly request: number; readonly code: LedgerErrorCode; readonly message: string }
  | { readonly type: 'closed' };
