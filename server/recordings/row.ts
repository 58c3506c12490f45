/** What recordings read in the ledger. */

/** A row, as far as it matters here. */
export interface RecordingRow {
  readonly type: string;
  readonly at: number;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly personal?: Readonly<Record<string, unknown>> | undefined;
}
