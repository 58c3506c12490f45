/**
 * Set-up of the stories: what a test that failed was waiting for and how its sites and pages stood, kept with its result. The
 * end of `npm test` says it again, since of a long output often only the end is kept.
 */
import { afterEach } from 'vitest';
import { waitsGoingOn } from './until.ts';
import { witnesses } from './witnesses.ts';

declare module 'vitest' {
  interface TaskMeta {
    lastWords?: string;
  }
}

/** A site whose server hangs must not hold up the tests that follow, ms. */
const patienceMs = 10_000;

/** What comes in time. */
async function inTime(words: Promise<string>): Promise<string> {
  const late = new Promise<string>((resolve) => setTimeout(resolve, patienceMs, 'no answer').unref());
  return Promise.race([words.catch(String), late]);
}

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const waits = waitsGoingOn().map((place) => `waits at ${place}`);
  const briefs = await Promise.all([...witnesses].reverse().map((witness) => inTime(witness.brief())));
  task.meta.lastWords = [...waits, ...briefs].join('\n');
});
