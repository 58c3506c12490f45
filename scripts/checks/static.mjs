// @ts-check
// The checks that need no running program. Each counts as one test of `npm test`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.mjs';

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {string[]} args what Node runs
 */

/** The folders of the layering table that exist. */
const layered = ['base', 'protocol', 'media', 'server', 'cli', 'certs', 'softphone'].filter((folder) =>
  existsSync(join(root, folder)),
);

/** @param {string} path */
const bin = (path) => join(root, 'node_modules', path);

/** @type {Check} */
export const layeringCheck = {
  name: 'layers and cycles (dependency-cruiser)',
  args: [bin('dependency-cruiser/bin/dependency-cruiser.mjs'), ...layered],
};

/**
 * All static checks; `cached` takes shortcuts that are right nearly always, for the check on every save.
 * @param {{ cached: boolean }} options
 * @returns {Check[]}
 */
export function staticChecks({ cached }) {
  const cache = (/** @type {string} */ name) => join(root, 'node_modules', '.cache', name);
  return [
    {
      name: 'format (prettier)',
      args: [
        bin('prettier/bin/prettier.cjs'),
        ...['--check', '--log-level', 'warn', '.'],
        ...(cached ? ['--cache', '--cache-location', cache('prettier/.prettier-cache')] : []),
      ],
    },
    {
      name: 'lint (eslint)',
      args: [
        bin('eslint/bin/eslint.js'),
        ...['--max-warnings', '0', '.'],
        ...(cached ? ['--cache', '--cache-location', cache('eslint')] : []),
      ],
    },
    layeringCheck,
    { name: 'licences', args: [join(root, 'scripts', 'checks', 'licences.mjs')] },
    { name: 'types', args: [bin('typescript-7/bin/tsc'), '-p', root] },
    { name: 'types of scripts', args: [bin('typescript-7/bin/tsc'), '-p', join(root, 'scripts')] },
    { name: 'types of softphone', args: [bin('typescript-7/bin/tsc'), '-p', join(root, 'softphone')] },
    { name: 'list of what never ran here', args: [join(root, 'scripts', 'checks', 'never-run.mjs')] },
  ];
}

/**
 * @param {Check} check
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ name: string, ok: boolean, seconds: number, output: string }>}
 */
export function runCheck(check, node, env) {
  const began = Date.now();
  return new Promise((resolve) => {
    const child = spawn(node, check.args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (/** @type {Buffer} */ chunk) => (output += chunk.toString());
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const finish = (/** @type {boolean} */ ok) =>
      resolve({ name: check.name, ok, seconds: (Date.now() - began) / 1000, output });
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}

/**
 * Runs all checks, two at a time, and prints each as it ends; the output of failed ones in full.
 * @param {Check[]} checks
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 */
export async function runChecks(checks, node, env) {
  const waiting = [...checks];
  /** @type {{ name: string, ok: boolean }[]} */
  const results = [];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await runCheck(next, node, env);
      results.push(result);
      console.log(`${result.ok ? 'ok  ' : 'FAIL'} ${result.name} (${result.seconds.toFixed(1)} s)`);
      if (!result.ok) console.log(result.output.trimEnd());
    }
  };
  await Promise.all([lane(), lane()]);
  return results;
}
