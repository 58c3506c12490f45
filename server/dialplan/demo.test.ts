import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { begin } from './interpreter.ts';
import { checkDialplans, readFolder } from './loader.ts';
import { fillTables, publishedSchemas } from './published.ts';
import { linesOf, sounds } from './site.test-support.ts';

const root = path.join(import.meta.dirname, '..', '..');
const demo = path.join(root, 'dialplans');
const document = path.join(root, 'docs', 'dialplan.md');

async function formatted(text: string, file: string): Promise<string> {
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}

describe('the demo site', () => {
  it('is right, without a warning', async () => {
    const compiled = await checkDialplans(demo);
    expect(linesOf(compiled)).toEqual([]);
    expect([...(compiled.plan?.agents.keys() ?? [])]).toEqual(['alice', 'bob', 'sue']);
  });

  it('plays in both languages, one after the other', async () => {
    const { plan } = await checkDialplans(demo);
    if (plan === undefined) throw new Error('no plan');
    const move = begin(plan, { called: '053100000', caller: '', now: 0 });
    expect(move).toMatchObject({
      instruction: {
        type: 'menu',
        files: [path.join(demo, 'prompts/en-US/welcome.wav'), path.join(demo, 'prompts/zh-CN/welcome.wav')],
      },
    });
  });

  it('has recordings of a good loudness that begin with a moment of silence', async () => {
    const { sounds: recordings } = await readFolder(demo);
    expect(recordings.size).toBeGreaterThan(16);
    for (const [name, sound] of recordings) {
      if ('problem' in sound) throw new Error(`${name}: ${sound.problem}`);
      const samples = await samplesOf(sound.path);
      const level = 10 * Math.log10(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length);
      expect([name, level > -23 && level < -19]).toEqual([name, true]);
      expect(loudest(samples)).toBeLessThan(0.9);
      if (name.startsWith('prompts/')) expect(loudest(samples.slice(0, 800))).toBeLessThan(0.01);
    }
  });

  it('has hold music whose end leads into its start', async () => {
    const samples = await samplesOf(path.join(demo, 'music', 'evening-light.wav'));
    const steps = samples.map((sample, at) => Math.abs(sample - (samples.at(at - 1) ?? 0)));
    expect(steps[0]).toBeLessThan(loudest(steps.slice(1)));
  });
});

function loudest(samples: readonly number[]): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

async function samplesOf(file: string): Promise<number[]> {
  const bytes = await readFile(file);
  return Array.from({ length: (bytes.length - 44) >> 1 }, (_, at) => bytes.readInt16LE(44 + 2 * at) / 32_768);
}

describe('what is made from the schemas is current (node scripts/make-dialplan-docs.mjs)', () => {
  it.each([...publishedSchemas()])('dialplans/schema/%s', async (name, text) => {
    const file = path.join(demo, 'schema', name);
    expect(await readFile(file, 'utf8')).toBe(await formatted(text, file));
  });

  it('the tables of docs/dialplan.md', async () => {
    const text = await readFile(document, 'utf8');
    expect(await formatted(fillTables(text), document)).toBe(text);
  });

  it('the examples of docs/dialplan.md are right', async () => {
    const text = await readFile(document, 'utf8');
    const examples = [...text.matchAll(/<!-- example( part)? -->\s+```yaml\n([\s\S]*?)```/g)];
    expect(examples.length).toBe(2);
    const whole = examples[0]?.[2] ?? '';
    const files = [{ name: 'docs.yaml', text: whole }];
    const recordings = sounds('welcome', 'all-busy');
    expect(linesOf(compile({ version: 'v', files, sounds: recordings, diagnostics: [] }))).toEqual([]);
    const parts = examples.slice(1).map(([, , part], at) => ({ name: `part${at}.yaml`, text: part ?? '' }));
    expect(
      linesOf(compile({ version: 'v', files: [...files, ...parts], sounds: recordings, diagnostics: [] })),
    ).toEqual([]);
  });
});
