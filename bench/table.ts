import type { BenchEntry } from './entry.ts';
import { rounded } from './statistics.ts';

const heads = ['what', 'value', 'unit', 'better', 'how'] as const;

function cells({ name, value, unit, better, detail = '' }: BenchEntry): readonly string[] {
  return [name, Number.isFinite(value) ? String(rounded(value)) : '-', unit, better, detail];
}

/** The figures as a table for the terminal. */
export function table(entries: readonly BenchEntry[]): string {
  const rows = [heads, ...entries.map(cells)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 1 ? cell.padStart(widths[1] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** The same as CommonMark, for docs/bench.md. */
export function markdownTable(entries: readonly BenchEntry[]): string {
  const line = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), '| --- | ---: | --- | --- | --- |', ...entries.map((entry) => line(cells(entry)))].join('\n');
}
