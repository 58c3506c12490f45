import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../exec.mjs';
import { hasStamp, writeJson, writeStamp } from '../stamp.mjs';

const maker = 'server/demo-site.ts';
const key = '1';

/** Where the demo logins wait to be printed once by `up`. @param {string} home */
export const loginsFile = (home) => join(home, 'run', 'demo-logins.json');

/** The database and the demo site's two agents. @type {import('../step.mjs').Step} */
export const siteStep = {
  id: 'site',
  name: { en: 'Database and demo site', zh: '数据库与演示站点' },
  touches: (context) => [`the database -> ${join(context.home, 'data')}`],
  done: (context) =>
    !existsSync(join(context.root, maker)) ||
    (hasStamp(context.home, 'site', key) && existsSync(join(context.home, 'data'))),
  async run(context) {
    const out = await run(context.node(), [join(context.root, maker)], {
      cwd: context.root,
      // The output holds passwords, which must not be in a log.
      log: '/dev/null',
      env: { ...context.env, JACKFIELD_HOME: context.home },
    });
    const line = out.split('\n').find((text) => text.trim().startsWith('{'));
    if (line !== undefined) writeJson(loginsFile(context.home), JSON.parse(line));
    writeStamp(context.home, 'site', key);
  },
};
