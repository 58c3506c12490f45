/**
 * `npm run desk:e2e`: the story in a real Electron, by keyboard, against the fake desk. Needs Electron's own program,
 * which is fetched from GitHub on first use; where that cannot be, this ends with 1 and says so. See docs/never-run.md.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from 'playwright-core';
import { build } from 'vite';
import { makeProblem, problemLine } from '../../protocol/problems/index.ts';
import { buildShell, electronProgram } from '../../scripts/desk.ts';
import { FakeDesk } from '../support/fake-desk.ts';
import { KeyboardDesk } from '../support/keyboard-desk.ts';

const root = join(import.meta.dirname, '../..');

async function story(program: string, folder: string): Promise<void> {
  const softphone = join(root, 'softphone');
  const configFile = join(softphone, 'vite.config.ts');
  await build({ root: softphone, configFile, logLevel: 'error', build: { outDir: join(folder, 'page') } });
  await buildShell(join(folder, 'shell'));
  const fake = new FakeDesk({ pageFolder: join(folder, 'page') });
  await fake.start();
  const electron = await _electron.launch({
    executablePath: program,
    args: [
      join(folder, 'shell/main.cjs'),
      `--server=${fake.url}`,
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      `--user-data-dir=${join(folder, 'user')}`,
    ],
  });
  try {
    const desk = new KeyboardDesk(fake, await electron.firstWindow());
    await desk.logIn();
    await desk.goAvailable();
    const bridge = await desk.page.evaluate<string>('Object.keys(window.jackfield).sort().join()');
    assert.equal(bridge, 'onAnswerPressed,setRinging,version');
    assert.equal(await desk.page.evaluate<string>('typeof process + typeof require'), 'undefinedundefined');
    const ring = await desk.talk();
    await desk.keys('Alt+KeyH');
    await desk.card('held');
    await desk.keys('Alt+KeyH', 'Alt+KeyE');
    await fake.command('hang-up');
    ring.bye();
    await fake.until(() => ring.events.includes('bye-answered'));
    assert.equal(await desk.page.evaluate<null>('window.open("https://example.org")'), null);
  } finally {
    await electron.close();
    await fake.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'jackfield-desk-'));
try {
  const program = await electronProgram().catch((cause: unknown) => {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'unknown';
    console.error(problemLine(makeProblem('electron-missing', { reason })));
    return undefined;
  });
  if (program === undefined) process.exitCode = 1;
  else {
    await story(program, folder);
    console.log('1 passed, 0 failed');
  }
} finally {
  await rm(folder, { recursive: true });
}
