import type { Machine } from './machine.ts';

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

/** How a bench is run. */
export interface BenchContext {
  /** Whether it is the only one. */
  readonly alone: boolean;
  /** Whether it may take as long as the goals are worded for: minutes a figure, for a quiet machine. */
  readonly full: boolean;
  /** Whether a rough look will do: for who tries something, not for who compares. */
  readonly quick: boolean;
}

/** One run of one bench, as it is kept in bench/results/. */
export interface BenchResult {
  readonly name: string;
  readonly at: string;
  readonly commit: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly loadAfter: readonly number[];
  readonly notes: readonly string[];
  readonly entries: readonly BenchEntry[];
}
