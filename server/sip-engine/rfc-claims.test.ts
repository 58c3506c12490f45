import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const files = globSync(
  [
    'server/sip-engine/**/*.test.ts',
    'server/{sip,calls}/**/*.test.ts',
    'media/{sdp,edge,shards}/*.test.ts',
    'test/{contract,e2e}/*.test.ts',
  ],
  { cwd: root },
);
const bases = new Set(files.map((file) => basename(file)));

/** What a name of docs/rfc.md may leave out (`...`) or a test fills in (`%s`). */
function pattern(text: string): RegExp {
  const parts = text.split(/\.\.\.|%[sj]/).map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

const names = files
  .filter((file) => basename(file) !== 'rfc-claims.test.ts')
  .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/'((?:[^'\\\n]|\\.)+)'/g)])
  .map((match) => (match[1] ?? '').replaceAll("\\'", "'"));
const patterns = names.filter((name) => /%[sj]/.test(name)).map(pattern);

function exists(name: string): boolean {
  const wanted = pattern(name);
  return names.some((one) => wanted.test(one)) || patterns.some((one) => one.test(name));
}

/** The rows of the tables: the thing, how far it goes, the tests. */
const rows = readFileSync(join(root, 'docs', 'rfc.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !/^\| (section|RFC)\b/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  // A table without a state claims all of it.
  .map((cells) => (cells.length === 3 ? cells.toSpliced(2, 0, 'yes') : cells))
  .map(([section = '', what = '', state = '', tests = '']) => ({ section, what, state, tests }));

describe('docs/rfc.md', () => {
  it('speaks of every RFC the engine has to know', () => {
    const told = rows.map(({ section }) => section).join(' ');
    const wanted =
      '2543 3262 3263 3264 3311 3323 3325 3326 3327 3428 3515 3581 3891 3892 4028 5626 5922 6026 6086 6665 7118';
    for (const rfc of wanted.split(' ')) expect(told, rfc).toContain(rfc);
  });

  it.each(rows)('$section: names tests that exist ($what)', ({ state, tests }) => {
    const quoted = [...tests.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
    const named = [...tests.matchAll(/`([^`]+\.test\.ts)`/g)].map((match) => basename(match[1] ?? ''));
    expect(quoted.filter((name) => !exists(name))).toEqual([]);
    expect(named.filter((name) => name !== '*.test.ts' && !bases.has(name))).toEqual([]);
    // What is claimed is shown.
    if (!state.startsWith('no')) expect(quoted.length + named.length).toBeGreaterThan(0);
  });
});
