/** A SIP phone with a picture calls an agent in the browser: baresip with ffmpeg's H.264, which nobody here wrote. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { AgentPage } from '../support/agent-page.ts';
import { type Baresip, type BaresipOptions, startBaresip } from '../support/baresip.ts';
import { framesOf, keepPeers, meanColour, seesFrames } from '../support/browser/pictures.ts';
import { coloursOf, makeFilm } from '../support/film.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { until, waited } from '../support/until.ts';

const route = (id: string, number: string, video: string): string => `
  ${id}:
    name: { en: ${id}, zh: ${id} }
    numbers: ['${number}']
    ${video}
    start: wait
    steps: { wait: { queue: support, on-timeout: bye, otherwise: bye }, bye: { hangup: normal } }
`;

let stage: Stage;
let alice: AgentPage;
let phone: Baresip | undefined;
let figures = '';

beforeAll(async () => {
  const routes = `routes:${route('seen', '1700', 'video: h264')}${route('heard', '1701', '')}`;
  stage = await openStage({
    cameraFps: 5,
    prepare: (dialplans) => writeFileSync(join(dialplans, 'phones.yaml'), routes),
  });
  const context = await stage.browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  await keepPeers(context);
  [alice] = await Promise.all([
    stage.agentIn(context, { secure: true }),
    makeFilm(join(stage.folder, 'green.mp4'), 'green'),
  ]);
  await alice.goAvailable();
});

afterAll(() => stage.close());

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stage.report(), figures, phone?.log);
  await phone?.close();
  phone = undefined;
});

/** A phone that shows a green film calls `number`; alice answers. */
async function called(number: string, options: BaresipOptions): Promise<Baresip> {
  phone = await startBaresip({ shows: join(stage.folder, 'green.mp4'), ...options });
  await phone.dial(`sip:${number}@127.0.0.1:${String(stage.site.sipPort)}`);
  await alice.call('ringing');
  await alice.answer();
  return phone;
}

/** So many more pictures of the phone are seen. */
function seen(more: number): Promise<void> {
  return seesFrames(alice.page, more, (frames) => (figures = JSON.stringify(frames)));
}

/** The phone sees what Chromium's camera shows, which has many colours. */
function isShown(by: Baresip): Promise<void> {
  return until(async () => {
    const shown = await coloursOf(await by.sees());
    figures = JSON.stringify(shown);
    return shown.colours > 8;
  });
}

it('is seen by the agent and sees the agent, in H.264, through hold and back', async () => {
  const caller = await called('1700', { user: '13800138001' });
  await alice.page.locator('[data-testid=pictures][data-state=seen]').waitFor();
  await seen(5);
  expect((await framesOf(alice.page)).codec).toBe('video/H264');
  const [red = 0, green = 0, blue = 0] = await meanColour(alice.page, 'picture');
  expect(green, `${red} ${green} ${blue}: a green film with a white box`).toBeGreaterThan(Math.max(red, blue) + 50);
  await alice.at('camera').click();
  await isShown(caller);
  expect(caller.log).toContain('Set video decoder: H264 packetization-mode=1');

  await alice.at('hold').click();
  await alice.call('held');
  await alice.at('resume').click();
  await alice.call('talking');
  await Promise.all([seen(5), isShown(caller)]);
  await alice.at('hang-up').click();
  await waited(caller.event('CALL_CLOSED'));
  await alice.wrapUp();
});

it('that takes no fragments is shown small packets', async () => {
  const caller = await called('1700', { user: '13800138003', smallPackets: true });
  await seen(5);
  await alice.at('camera').click();
  await isShown(caller);
  expect(caller.log).toContain('Set video decoder: H264 packetization-mode=0');
  await caller.hangUp();
  await alice.wrapUp();
});

it('talks without a picture where the route has none for phones', async () => {
  const caller = await called('1701', { user: '13800138002' });
  expect(await alice.at('pictures').count()).toBe(0);
  await caller.hangUp();
  await alice.wrapUp();
});
