// @ts-check
import { join } from 'node:path';
import { readJson } from '../../paths.mjs';
import { SetupProblem } from '../../problems.mjs';
import { run } from '../exec.mjs';
import { npmEnvironment, usableNpm } from '../npm.mjs';

/**
 * Whether node_modules holds what package-lock.json says. npm writes its own list as the last act of an installation, so
 * an interrupted one is never taken for a whole one.
 * @param {string} root
 */
export function dependenciesMatch(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const have = present[path];
    if (have === undefined) return entry.optional === true || entry.devOptional === true;
    return have.version === entry.version;
  });
}

/** The npm packages of the lock file, without their install scripts. @type {import('../step.mjs').Step} */
export const dependenciesStep = {
  id: 'dependencies',
  name: { en: 'npm packages', zh: 'npm 依赖' },
  touches: (context) => [`npm packages of package-lock.json -> ${join(context.root, 'node_modules')}`],
  done: (context) => dependenciesMatch(context.root),
  async run(context) {
    const cli = await usableNpm(context);
    const args = [cli, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'warn'];
    try {
      const env = npmEnvironment(cli, context);
      await run(context.node(), args, { cwd: context.root, log: context.log, env, onLine: context.detail });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new SetupProblem('dependencies-failed', { reason, log: context.log });
    }
    if (!dependenciesMatch(context.root))
      throw new SetupProblem('dependencies-failed', {
        reason: 'node_modules differs from the lock file',
        log: context.log,
      });
  },
};
