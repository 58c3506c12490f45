import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { speechOfUri } from '../../base/speech-uri.ts';
import { readFolder } from './loader.ts';
import { spokenSound } from './spoken.ts';

it('takes a text as it stands, with its language and about how long it takes', () => {
  const sound = spokenSound('prompts/zh-CN/welcome.txt', '\uFEFF您好，\n请稍候 / 100%。\n');
  expect('path' in sound ? speechOfUri(sound.path) : sound).toEqual({
    language: 'zh-CN',
    text: '您好， 请稍候 / 100%。',
  });
  expect('lengthMs' in sound && sound.lengthMs).toBeGreaterThan(1250);
});

it.each([
  ['', 'there is nothing to be said in it'],
  [' \n', 'there is nothing to be said in it'],
  ['x'.repeat(2001), 'it is longer than 2000 characters'],
  [Buffer.from([0xc4, 0xe3]).toString('utf8'), 'it is not UTF-8'],
])('says what is wrong with %j', (text, problem) => {
  expect(spokenSound('prompts/en-US/x.txt', text)).toEqual({ problem });
});

it('is found in the folder, and changes the version', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'jackfield-texts-'));
  try {
    mkdirSync(path.join(folder, 'prompts', 'en-US'), { recursive: true });
    const file = path.join(folder, 'prompts', 'en-US', 'hello.txt');
    writeFileSync(file, 'Hello.');
    writeFileSync(path.join(folder, 'notes.txt'), 'no prompt');
    const before = await readFolder(folder);
    expect([...before.sounds.keys()]).toEqual(['prompts/en-US/hello.txt']);
    writeFileSync(file, 'Hello again.');
    expect((await readFolder(folder)).version).not.toBe(before.version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
