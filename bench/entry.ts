/** One measured figure. */
export interface BenchEntry {
  /** What was measured: `ledger/durable-rows`. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Larger is better, or smaller. */
  readonly better: 'larger' | 'smaller';
  /** How it was measured. */
  readonly detail?: string;
}

/** The value below which the share `part` (0 to 1) of `values` lies; NaN of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
