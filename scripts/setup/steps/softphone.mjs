// @ts-check
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../../paths.mjs';
import { SetupProblem } from '../../problems.mjs';
import { run } from '../exec.mjs';
import { hashFiles } from '../hash.mjs';
import { writeJson } from '../stamp.mjs';

const sources = ['softphone', 'base', 'protocol', 'package-lock.json'];

/** @param {import('../step.mjs').Context} context */
const target = (context) => join(context.root, 'dist', 'softphone');

/** The agent page, bundled by Vite; built again when its sources change. @type {import('../step.mjs').Step} */
export const softphoneStep = {
  id: 'softphone',
  name: { en: 'Agent page', zh: '坐席页面' },
  touches: (context) => [`the built agent page -> ${target(context)}`],
  done: (context) =>
    !existsSync(join(context.root, 'softphone', 'vite.config.ts')) ||
    readJson(join(target(context), 'built-from.json'))?.key === hashFiles(context.root, sources),
  async run(context) {
    const key = hashFiles(context.root, sources);
    const fresh = join(context.root, 'dist', `softphone-${process.pid}.new`);
    const vite = join(context.root, 'node_modules', 'vite', 'bin', 'vite.js');
    mkdirSync(join(context.root, 'dist'), { recursive: true });
    try {
      await run(
        context.node(),
        [vite, 'build', 'softphone', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn'],
        {
          cwd: context.root,
          log: context.log,
          env: { ...context.env, NODE_ENV: 'production' },
          onLine: context.detail,
        },
      );
      writeJson(join(fresh, 'built-from.json'), { key });
      rmSync(target(context), { recursive: true, force: true });
      renameSync(fresh, target(context));
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true });
      const reason = error instanceof Error ? error.message : String(error);
      throw new SetupProblem('softphone-failed', { reason, log: context.log });
    }
  },
};
