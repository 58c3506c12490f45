/** One measured figure. */
export interface BenchEntry {
  /** What was measured: `ledger/durable-rows`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Larger is better, or smaller; `reference`: only something to compare with. */
  readonly better: 'larger' | 'smaller' | 'reference';
  /** How it was measured. */
  readonly detail?: string;
}

/** What one bench found. */
export interface BenchReport {
  readonly entries: readonly BenchEntry[];
  /** The single values behind the figures, by the name of the entry; they become a CSV file. */
  readonly samples?: Readonly<Record<string, readonly number[]>>;
  /** What a reader must know: what could not be measured, and why. */
  readonly notes?: readonly string[];
}

/** The value of an entry, by name; NaN when it is not there. */
export function valueOf(entries: readonly BenchEntry[], name: string): number {
  return entries.find((entry) => entry.name === name)?.value ?? Number.NaN;
}
