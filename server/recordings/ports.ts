import type { RecordingRow } from './row.ts';

/** What recordings need of the ledger. */
export interface RecordingLedger {
  /** The rows of a call, oldest first; `erased`: its personal fields are gone. */
  rows(callId: string): readonly (RecordingRow & { readonly erased: boolean })[];
  /** Writes a row; `durable` resolves when it is on the disk. */
  put(row: { readonly type: string; readonly callId: string; readonly facts: Readonly<Record<string, unknown>> }): {
    readonly durable: Promise<unknown>;
  };
}
