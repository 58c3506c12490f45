/** Where the time goes between the death of the media node and the sound that is back, from what the site itself writes down. */
import { z } from 'zod';
import type { TestSite } from '../test/support/site.ts';

/** Stages in their order; each ends at a time, ms since the epoch. */
export const stages = ['noticed', 'listening', 'connected', 'resumed'] as const;
export type Stage = (typeof stages)[number];

const line = z.object({
  type: z.string().optional(),
  msg: z.string().optional(),
  time: z.union([z.string(), z.number()]),
});
const row = z.object({ type: z.string(), at: z.union([z.string(), z.number()]) });
const story = z.object({ story: z.array(row) });
const list = z.object({ items: z.array(z.object({ id: z.string() })) });

function timeOf(time: string | number): number {
  return typeof time === 'number' ? time : Date.parse(time);
}

/** When the first line (of JSON) at or after `since` was written that is `wanted`. */
function firstIn(log: string, since: number, wanted: (said: z.output<typeof line>) => boolean): number | undefined {
  for (const text of log.split('\n')) {
    if (!text.startsWith('{')) continue;
    const said = line.safeParse(JSON.parse(text));
    if (!said.success || !wanted(said.data)) continue;
    const at = timeOf(said.data.time);
    if (at >= since) return at;
  }
  return undefined;
}

/** When each stage ended after a kill at `since`, in ms after it; the last one is that of every leg, the others are one value. */
export async function stagesSince(site: TestSite, since: number): Promise<Record<Stage, readonly number[]>> {
  const node = site.log('media-node');
  const ends = {
    noticed: firstIn(node, since, ({ type }) => type === 'ended'),
    listening: firstIn(node, since, ({ type }) => type === 'listens'),
    connected: firstIn(site.log('server'), since, ({ msg }) => msg === 'the media node is back'),
  };
  const { items } = list.parse((await site.api('GET', '/api/v1/calls')).body);
  const stories = await Promise.all(items.map(({ id }) => site.api('GET', `/api/v1/calls/${id}`)));
  const resumed = stories.flatMap(({ body }) =>
    story
      .parse(body)
      .story.filter(({ type, at }) => type === 'leg-resumed' && timeOf(at) >= since)
      .map(({ at }) => timeOf(at) - since),
  );
  const after = (at: number | undefined): readonly number[] => (at === undefined ? [] : [at - since]);
  return { noticed: after(ends.noticed), listening: after(ends.listening), connected: after(ends.connected), resumed };
}
