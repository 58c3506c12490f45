// @ts-check
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problemText } from '../../problems.mjs';
import { run } from '../exec.mjs';
import { hashFiles } from '../hash.mjs';
import { hasStamp, writeStamp } from '../stamp.mjs';

/** @param {string} root */
const builder = (root) => join(root, 'media', 'ears', 'native', 'build.mjs');

/** @param {import('../step.mjs').Context} context */
const key = (context) => `${context.cache} ${hashFiles(context.root, ['media/ears/native'])}`;

/** The speech recogniser's small native front. Without it calls work and nothing is transcribed. @type {import('../step.mjs').Step} */
export const earsStep = {
  id: 'ears',
  name: { en: 'Speech recogniser', zh: '语音识别程序' },
  touches: (context) => [`a small C program -> ${join(context.cache, 'ears')}`],
  done: (context) => !existsSync(builder(context.root)) || hasStamp(context.home, 'ears', key(context)),
  async run(context) {
    try {
      await run(context.node(), [builder(context.root), join(context.cache, 'ears')], {
        cwd: context.root,
        log: context.log,
        env: context.env,
        onLine: context.detail,
      });
      writeStamp(context.home, 'ears', key(context));
    } catch (error) {
      // Tests need it; a site goes on without and tries again at the next start.
      if (context.tests) throw error;
      context.note(
        problemText('step-degraded', {
          step: 'live transcript / 实时转写',
          reason: error instanceof Error ? error.message : String(error),
          wanted: 'gcc, libpocketsphinx-dev, pocketsphinx-en-us',
          todo: 'apt-get install gcc libc6-dev libpocketsphinx-dev pocketsphinx-en-us',
        }),
      );
    }
  },
};
