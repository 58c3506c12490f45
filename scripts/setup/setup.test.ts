import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask } from './ask.mjs';
import { missingPackages } from './debian.mjs';
import { complaint, run } from './exec.mjs';
import { hashFiles } from './hash.mjs';
import { setUp } from './index.mjs';
import { endLeftovers, takeLock, withSharedLock } from './lock.mjs';
import { makeProgress } from './progress.mjs';
import { hasStamp, writeStamp } from './stamp.mjs';
import type { Context, Step } from './step.mjs';
import { dependenciesMatch } from './steps/dependencies.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-setup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function step(id: string, run: (context: Context) => void): Step {
  return {
    id,
    name: { en: id, zh: id },
    touches: () => [`path of ${id}`],
    done: (context) => hasStamp(context.home, id, '1'),
    run: (context) => {
      run(context);
      writeStamp(context.home, id, '1');
      return Promise.resolve();
    },
  };
}

const out = { write: () => true };
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  CI: '1',
  JACKFIELD_HOME: folder,
  XDG_CACHE_HOME: folder,
});

test('done steps are not done again, and a failed one is resumed without repeating those before it', async () => {
  const ran: string[] = [];
  let broken = true;
  const steps = [
    step('first', () => ran.push('first')),
    step('second', () => {
      ran.push('second');
      if (broken) throw new Error('the network went away');
    }),
    step('third', () => ran.push('third')),
  ];
  await expect(setUp({ out, steps }, environment())).rejects.toThrow('the network went away');
  expect(existsSync(join(folder, 'setup.lock'))).toBe(false);
  broken = false;
  await setUp({ out, steps }, environment());
  await setUp({ out, steps }, environment());
  expect(ran).toEqual(['first', 'second', 'second', 'third']);
});

test('--no-system is remembered and moves the cache into the home', async () => {
  const seen: string[] = [];
  const note = (id: string): Step => step(id, (context) => seen.push(`${context.system} ${context.cache}`));
  await setUp({ system: false, out, steps: [note('one')] }, environment());
  await setUp({ out, steps: [note('two')] }, environment());
  await setUp({ system: true, out, steps: [note('three')] }, environment());
  expect(seen).toEqual([
    `false ${join(folder, 'cache', 'jackfield')}`,
    `false ${join(folder, 'cache', 'jackfield')}`,
    `true ${join(folder, 'jackfield')}`,
  ]);
});

test('a lock held by a running process names it; a dead holder is taken over', async () => {
  const file = join(folder, 'setup.lock');
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(other, 'spawn');
  writeFileSync(file, String(other.pid));
  expect(() => takeLock(file)).toThrow(`process ${other.pid}`);
  other.kill('SIGKILL');
  await once(other, 'exit');
  const release = takeLock(file);
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  release();
  expect(existsSync(file)).toBe(false);
});

test('the shared cache is worked on by one set-up at a time; the other waits and is told for whom', async () => {
  const file = join(folder, 'lock');
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(other, 'spawn');
  writeFileSync(file, String(other.pid));
  const waited: number[] = [];
  const done = withSharedLock(
    file,
    (pid) => {
      waited.push(pid);
      other.kill('SIGKILL');
    },
    () => Promise.resolve(readFileSync(file, 'utf8')),
  );
  expect(await done).toBe(String(process.pid));
  expect(new Set(waited)).toEqual(new Set([other.pid]));
  expect(existsSync(file)).toBe(false);
});

test('what a killed set-up left running is ended with everything it started', async () => {
  const nested = `require('node:child_process').spawn('sleep', ['1000'], { stdio: 'inherit' }); console.log('up'); setInterval(() => {}, 1000)`;
  const left = spawn(process.execPath, ['-e', nested], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  await once(left.stdout, 'data');
  const file = join(folder, 'setup.groups');
  writeFileSync(file, JSON.stringify([left.pid]));
  const closed = once(left.stdout, 'close');
  const exited = once(left, 'exit');
  endLeftovers(file);
  // The pipe closes when the grandchild is gone too.
  await Promise.all([closed, exited]);
  expect(existsSync(file)).toBe(false);
});

test('node_modules counts only when npm finished it and it is what the lock file says', () => {
  const write = (path: string, packages: Record<string, unknown>): void => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify({ packages }));
  };
  const lock = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  };
  write('package-lock.json', lock);
  expect(dependenciesMatch(folder)).toBe(false);
  write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
  expect(dependenciesMatch(folder)).toBe(true);
  write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.1' } });
  expect(dependenciesMatch(folder)).toBe(false);
});

test('a question is answered by a line, or by closing the terminal', async () => {
  const answerTo = (input: string): Promise<string | undefined> =>
    ask('Go on? ', Readable.from([input]), new Writable({ write: (_chunk, _encoding, done) => done() }));
  expect(await answerTo(' yes \n')).toBe('yes');
  expect(await answerTo('\n')).toBe('');
  expect(await answerTo('')).toBeUndefined();
});

test('a failed program is quoted by the lines that say what went wrong, even when they come in pieces', async () => {
  const log = join(folder, 'log');
  const script = `process.stderr.write('reading\\nE'); process.stderr.write(': no such package\\ndone\\n'); process.exitCode = 100`;
  await expect(run(process.execPath, ['-e', script], { log })).rejects.toThrow(/^E: no such package$/);
  expect(await run(process.execPath, ['-e', 'console.log(1)'], { log })).toBe('1\n');
  expect(readFileSync(log, 'utf8')).toContain('E: no such package');
  expect(complaint(['one', 'two'])).toBe('one | two');
});

test('a package is there under any of its names', () => {
  const wanted = [
    { names: ['libssl3', 'libssl3t64'], purpose: 'x' },
    { names: ['flite'], purpose: 'y' },
  ];
  expect(missingPackages(wanted, new Set(['libssl3t64'])).map((entry) => entry.names[0])).toEqual(['flite']);
});

test('the fingerprint changes with contents and names, and not with tests', () => {
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src', 'a.ts'), 'one');
  const before = hashFiles(folder, ['src']);
  writeFileSync(join(folder, 'src', 'a.test.ts'), 'test');
  expect(hashFiles(folder, ['src'])).toBe(before);
  writeFileSync(join(folder, 'src', 'a.ts'), 'two');
  expect(hashFiles(folder, ['src'])).not.toBe(before);
});

test('without a terminal, progress is one line when a step begins and one when it ends', () => {
  let now = 0;
  const lines: string[] = [];
  const progress = makeProgress({ write: (text: string) => lines.push(text) }, () => now);
  progress.step('[1/2] npm packages');
  now = 3400;
  progress.finished();
  expect(lines).toEqual(['[1/2] npm packages ...\n', '[1/2] npm packages: done (3 s)\n']);
});
