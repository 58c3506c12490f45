import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CompiledRules } from './compile.ts';
import { loadRules, watchRules } from './loader.ts';

const file = (phrase: string): string => `rules:
  one:
    title: { en: One, zh: 一 }
    advice: { en: Do, zh: 做 }
    severity: info
    phrases: { en-US: [${phrase}] }
`;

let folder = '';

/** Replaces the file in one step, so that no reading sees half of it. */
async function save(text: string): Promise<void> {
  await writeFile(join(folder, 'aside'), text);
  await rename(join(folder, 'aside'), join(folder, 'a.yaml'));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-rules-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a folder of rules', () => {
  it('that is not there has no rules and nothing wrong', async () => {
    expect(await loadRules(join(folder, 'none'))).toEqual({ rules: [], diagnostics: [] });
  });

  it('is heard of when a file changes, and keeps its rules while a file is wrong', async () => {
    const told: CompiledRules[] = [];
    let changed = Promise.withResolvers<CompiledRules>();
    const listener = (compiled: CompiledRules): void => {
      told.push(compiled);
      changed.resolve(compiled);
    };
    await save(file('first'));
    const watched = await watchRules(folder, listener, { settleMs: 1 });
    try {
      expect(watched.rules[0]?.phrases[0]?.text).toBe('first');

      changed = Promise.withResolvers();
      await save('rules: {');
      const wrong = await changed.promise;
      expect(wrong.rules).toBeUndefined();
      expect(wrong.diagnostics[0]).toMatchObject({ file: 'a.yaml', line: 1, code: 'yaml-syntax' });
      expect(watched.rules[0]?.phrases[0]?.text).toBe('first');

      await save(file('second'));
      await watched.reload();
      expect(watched.rules[0]?.phrases[0]?.text).toBe('second');

      const count = told.length;
      await watched.reload();
      expect(told).toHaveLength(count);
    } finally {
      await watched.close();
    }
  });
});
