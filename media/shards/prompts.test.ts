import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeWav } from '../audio/wav.ts';
import { encodePromptFile } from './prompt-file.ts';
import { Prompts } from './prompts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-prompts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function wav(name: string, samples: number, sampleRate = 8000): string {
  const path = join(folder, name);
  writeFileSync(path, writeWav({ sampleRate, samples: new Int16Array(samples).fill(1000) }));
  return path;
}

describe('encodePromptFile', () => {
  test('is one byte a sample at 8 kHz, whatever the file has, in shared memory', () => {
    for (const [rate, length] of [
      [8000, 800],
      [16_000, 1600],
    ] as const) {
      const made = encodePromptFile(wav('p.wav', length, rate), 'PCMA');
      expect(made.ok && made.value.length).toBe(800);
      expect(made.ok && made.value.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  test('says why not', () => {
    expect(encodePromptFile(join(folder, 'none.wav'), 'PCMU')).toEqual({ ok: false, error: 'there is no such file' });
    expect(encodePromptFile(folder, 'PCMU')).toEqual({ ok: false, error: 'the file cannot be read (EISDIR)' });
  });
});

describe('Prompts', () => {
  test('encodes once per codec, again when the file changed, and ends with a reason', async () => {
    const prompts = new Prompts();
    const path = wav('q.wav', 160);
    const [one, two] = await Promise.all([prompts.load(path, 'PCMU'), prompts.load(path, 'PCMU')]);
    expect(one.bytes).toBe(two.bytes);
    expect((await prompts.load(path, 'PCMA')).bytes).not.toBe(one.bytes);
    wav('q.wav', 320);
    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    expect((await prompts.load(path, 'PCMU')).bytes).toHaveLength(320);
    expect(await prompts.load(join(folder, 'none.wav'), 'PCMU')).toMatchObject({
      bytes: undefined,
      reason: 'there is no such file',
    });
    await prompts.close();
    expect((await prompts.load(wav('r.wav', 1), 'PCMU')).reason).toBe('the media node is stopping');
  });
});
