/** A flood of 50,000 messages beside people who talk: counts alone; `npm run soak` measures how long things take. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { FloodSite } from '../support/flood/flood-site.ts';
import { until } from '../support/until.ts';

let flooded: FloodSite;
beforeAll(async () => {
  flooded = await FloodSite.open(Infinity);
});
afterAll(() => flooded.close());
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await flooded.site.diagnosis());
});

it('takes nothing from those who talk, call or register, and its memory is given back', async () => {
  const { calls } = flooded;
  const memory = flooded.memory();
  const before = flooded.mark();
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, flooded.memory())), 200);
  const flood = flooded.flood({ sources: 500, rate: 10_000, count: 50_000 });
  const registered = flooded.agents.map((agent) => agent.register());
  await calls.keepPlacing(250, flood.exited);
  await Promise.all(registered);
  clearInterval(watch);
  const { lost, came } = await flooded.transits(before);
  console.log(
    `flood: ${flood.output().trim()}; ${String(calls.setUpMs.length)} calls set up; ${String(came.length)} packets heard, ` +
      `${String(lost)} lost; engine ${memory.toFixed(0)} MB before, ${most.toFixed(0)} at most`,
  );
  expect(calls.failed).toEqual([]);
  expect(calls.setUpMs.length).toBeGreaterThan(3);
  expect(lost).toBe(0);
  expect(most).toBeLessThan(2 * memory);
  await until(() => flooded.memory() < 1.2 * memory);
  const blocked = await flooded.site.command('sip', 'blocked');
  expect(blocked).toMatchObject({ code: 0 });
  expect(blocked.stdout).toMatch(/: .*too many .*\d{4}/);
});
