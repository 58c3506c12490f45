/**
 * Writes the newest result of every bench into docs/bench.md, between its markers: `node bench/report.ts`. Nothing is left
 * out or chosen: whatever the last run found stands there.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { BenchResult } from './entry.ts';
import { machineLine } from './machine.ts';
import { markdownTable } from './table.ts';

const results = join(import.meta.dirname, 'results');
const file = join(import.meta.dirname, '..', 'docs', 'bench.md');
const [begin, end] = ['<!-- figures -->', '<!-- end of figures -->'];

function section({ name, at, commit, seconds, machine, loadAfter, notes, entries }: BenchResult): string {
  return [
    `### ${name}`,
    `${at.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}, ${Math.round(seconds)} s. ${machineLine(machine)} before, ${loadAfter.join(' ')} after.`,
    markdownTable(entries),
    ...notes.map((note) => `- ${note}`),
  ].join('\n\n');
}

const newest = new Map<string, BenchResult>();
for (const each of readdirSync(results).sort())
  if (each.endsWith('.json')) {
    const result = JSON.parse(readFileSync(join(results, each), 'utf8')) as BenchResult;
    newest.set(result.name, result);
  }

const text = readFileSync(file, 'utf8');
const from = text.indexOf(begin) + begin.length;
const to = text.indexOf(end);
if (to < from) throw new Error(`docs/bench.md has no ${begin} and ${end}`);
const order = ['calls', 'pop', 'ledger', 'sip', 'storm', 'journal', 'parser', 'media', 'deaths', 'stack'];
const sections = order.flatMap((name) => newest.get(name) ?? []).map(section);
const written = `${text.slice(0, from)}\n\n${sections.join('\n\n')}\n\n${text.slice(to)}`;
writeFileSync(file, await format(written, { ...(await resolveConfig(file)), parser: 'markdown' }));
