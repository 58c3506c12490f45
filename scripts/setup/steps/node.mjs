// @ts-check
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findNode, privateNode, privateNodePath } from '../../find-node.mjs';
import { SetupProblem } from '../../problems.mjs';
import { run } from '../exec.mjs';
import { fetchPackage } from '../npm.mjs';

/** A private Node 24 where the machine's own is too old. @type {import('../step.mjs').Step} */
export const nodeStep = {
  id: 'node',
  name: { en: 'Private Node 24', zh: '专用 Node 24' },
  touches: (context) => [
    `npm package ${privateNode()?.package ?? 'node'}@${privateNode()?.version ?? '24'} -> ${dirname(dirname(privateNodePath(context.cache)))}`,
  ],
  done: (context) => findNode(context.env) !== undefined,
  async run(context) {
    const wanted = privateNode();
    const version = process.version;
    if (wanted === undefined)
      throw new SetupProblem('node-unavailable', { version, reason: `${process.platform}-${process.arch}` });
    const binary = privateNodePath(context.cache);
    const folder = dirname(dirname(binary));
    const fetched = `${folder}.fetched`;
    try {
      await fetchPackage(`${wanted.package}@${wanted.version}`, wanted.integrity, fetched, context);
      await run(join(fetched, 'bin', 'node'), ['--version'], { log: context.log });
      mkdirSync(dirname(folder), { recursive: true });
      rmSync(folder, { recursive: true, force: true });
      renameSync(fetched, folder);
    } catch (error) {
      rmSync(fetched, { recursive: true, force: true });
      if (error instanceof SetupProblem) throw error;
      throw new SetupProblem('node-unavailable', {
        version,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    if (!existsSync(binary)) throw new SetupProblem('node-unavailable', { version, reason: `${binary} is missing` });
  },
};
