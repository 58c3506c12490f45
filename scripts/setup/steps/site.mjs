// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../exec.mjs';
import { hashFiles } from '../hash.mjs';
import { isAlive } from '../lock.mjs';
import { hasStamp, writeJson, writeStamp } from '../stamp.mjs';

const maker = 'server/demo-site.ts';

/** Agents who came later get their logins at the next start. @param {import('../step.mjs').Context} context */
const key = (context) => hashFiles(context.root, ['dialplans/agents.yaml']);

/** A running site owns its database; nothing is written beside it. @param {string} home */
function isRunning(home) {
  try {
    return isAlive(Number(readFileSync(join(home, 'run', 'jackfield.pid'), 'utf8').split(' ')[0]));
  } catch {
    return false;
  }
}

/** Where the demo logins wait to be printed once by `up`. @param {string} home */
export const loginsFile = (home) => join(home, 'run', 'demo-logins.json');

/** The database and the demo site's two agents. @type {import('../step.mjs').Step} */
export const siteStep = {
  id: 'site',
  name: { en: 'Database and demo site', zh: '数据库与演示站点' },
  touches: (context) => [`the database -> ${join(context.home, 'data')}`],
  done: (context) =>
    !existsSync(join(context.root, maker)) ||
    isRunning(context.home) ||
    (hasStamp(context.home, 'site', key(context)) && existsSync(join(context.home, 'data'))),
  async run(context) {
    const out = await run(context.node(), [join(context.root, maker)], {
      cwd: context.root,
      // The output holds passwords, which must not be in a log.
      log: '/dev/null',
      env: { ...context.env, JACKFIELD_HOME: context.home },
    });
    const line = out.split('\n').find((text) => text.trim().startsWith('{'));
    if (line !== undefined) writeJson(loginsFile(context.home), JSON.parse(line));
    writeStamp(context.home, 'site', key(context));
  },
};
