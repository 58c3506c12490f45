// @ts-check
// Runs cli/main.ts under a suitable Node, whatever Node the shell has.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFor, findNode, nodeOptions } from './find-node.mjs';
import { runMain } from './options.mjs';
import { root } from './paths.mjs';
import { problemText } from './problems.mjs';

/** What is missing before anything can run, in words; undefined when nothing is. */
export function missingForLaunch() {
  if (findNode() === undefined) return `Node >= 22.18 (${process.version})`;
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) return 'node_modules';
  return undefined;
}

/**
 * Runs a script of the project under the suitable Node with this terminal, and ends with its exit code. The child holds
 * the other end of a pipe: when this process is killed, `up` notices and stops what it started.
 * @param {string[]} args
 */
export function runUnderNode(args) {
  const node = findNode() ?? process.execPath;
  const child = spawn(node, [...nodeOptions, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: environmentFor(node),
  });
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
  // The terminal sends SIGINT to both; this one only has to outlive the child.
  process.on('SIGINT', () => undefined);
  child.on('error', (error) => {
    console.error(problemText('not-set-up', { missing: `${node} (${error.message})` }));
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
    if (child.connected) child.disconnect();
  });
}

/**
 * The `jackfield` command.
 * @param {string[]} args
 */
export async function launch(args) {
  // Works on a half-finished set-up too, so it needs nothing that set-up makes.
  if (args[0] === 'uninstall' && !args.includes('--help')) {
    const { uninstall } = await import('./uninstall.mjs');
    return runMain(() => uninstall(args.slice(1)));
  }
  const missing = missingForLaunch();
  if (missing !== undefined) {
    console.error(problemText('not-set-up', { missing }));
    process.exitCode = 1;
    return;
  }
  runUnderNode([join(root, 'cli', 'main.ts'), ...args]);
}
