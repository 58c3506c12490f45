import { expect, it } from 'vitest';
import { silentLogger } from '../base/logger.ts';
import { speechUri } from '../base/speech-uri.ts';
import type { Plan } from './dialplan/index.ts';
import { SpokenPrompts } from './spoken-prompts.ts';

const sound = (path: string) => ({ path, lengthMs: 1 });
const hello = speechUri('en-US', 'Hello.');
const nihao = speechUri('zh-CN', '您好。');

/** As much of a plan as matters here: one menu. */
function planOf(...paths: readonly string[]): Plan {
  const prompt = { name: 'welcome', sounds: { 'en-US': paths.map(sound), 'zh-CN': [] } };
  const menu = { type: 'menu', prompts: [prompt], onInvalid: [prompt], onTimeout: [] };
  // The rest of it is not looked at.
  return { routes: new Map([['main', { steps: new Map([['m', menu]]) }]]), queues: new Map() } as unknown as Plan;
}

function rig(reasons: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const rows: unknown[] = [];
  const prompts = new SpokenPrompts({
    prepare: (file) => {
      asked.push(file);
      return Promise.resolve(reasons[file]);
    },
    rows: { put: (row) => rows.push(row) as never },
    logger: silentLogger,
  });
  return { asked, rows, prompts };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('has each text of a plan spoken once, and no recording', async () => {
  const { asked, prompts } = rig();
  prompts.take(planOf(hello, '/prompts/x.wav', nihao, 'tone:busy/CN'));
  await settled();
  expect(asked).toEqual([hello, nihao]);
});

it('tells once of each text that cannot be spoken, also when the media node comes back', async () => {
  const { asked, rows, prompts } = rig({ [nihao]: 'espeak-ng is not installed' });
  prompts.take(planOf(hello, nihao));
  await settled();
  prompts.restarted();
  await settled();
  expect(asked).toEqual([hello, nihao, hello, nihao]);
  const facts = { prompt: 'welcome', language: 'zh-CN', reason: 'espeak-ng is not installed' };
  expect(rows).toEqual([{ type: 'prompt-unspeakable', facts }]);
});

it('leaves an older plan’s texts for a newer one’s', async () => {
  const { asked, prompts } = rig();
  prompts.take(planOf(hello, nihao));
  prompts.take(planOf(nihao));
  await settled();
  expect(asked).toEqual([hello, nihao]);
});
