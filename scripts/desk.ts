/** `npm run desk`: bundles the desktop softphone and starts it in Electron. `--build-only` stops after the bundle. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'vite';
import { makeProblem, problemLine } from '../protocol/problems/index.ts';

const root = join(import.meta.dirname, '..');
const softphone = join(root, 'softphone');

/** Bundles main and preload into a folder, `dist/electron` unless another is named. */
export async function buildShell(outDir = join(root, 'dist/electron')): Promise<void> {
  const configFile = join(softphone, 'vite.electron.config.ts');
  // One after the other: the first empties the folder.
  for (const mode of ['main', 'preload'])
    await build({ root: softphone, configFile, mode, logLevel: 'warn', build: { outDir } });
}

/** Where Electron's program is; rejects where it was never fetched. Asking for it starts the download. */
export async function electronProgram(): Promise<string> {
  const { default: path } = (await import('electron')) as unknown as { default: string };
  return path;
}

async function start(args: readonly string[]): Promise<number> {
  await buildShell();
  if (args.includes('--build-only')) return 0;
  const program = await electronProgram();
  const child = spawn(program, [join(root, 'dist/electron/main.cjs'), ...args], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

if (import.meta.main)
  start(process.argv.slice(2)).then(
    (code) => (process.exitCode = code),
    (cause: unknown) => {
      const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'unknown';
      console.error(problemLine(makeProblem('electron-missing', { reason })));
      process.exitCode = 1;
    },
  );
