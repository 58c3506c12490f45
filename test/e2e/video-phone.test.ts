/** A SIP phone with a picture calls an agent in the browser: baresip with ffmpeg's H.264, which nobody here wrote. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { framesOf, keepPeers, meanColour, seesFrames } from '../support/browser/pictures.ts';
import { coloursOf, makeFilm } from '../support/film.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';

const route = (id: string, number: string, video: string): string => `
  ${id}:
    name: { en: ${id}, zh: ${id} }
    numbers: ['${number}']
    ${video}
    start: wait
    steps: { wait: { queue: support, on-timeout: bye, otherwise: bye }, bye: { hangup: normal } }
`;

let site: TestSite;
let browser: Browser;
let alice: AgentPage;
let folder: string;
let phone: Baresip | undefined;
let figures = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-film-'));
  const routes = `routes:${route('seen', '1700', 'video: h264')}${route('heard', '1701', '')}`;
  [site, browser] = await Promise.all([
    startSite({ prepare: (dialplans) => writeFileSync(join(dialplans, 'phones.yaml'), routes) }),
    launchChromium({ cameraFps: 5 }),
    makeFilm(join(folder, 'green.mp4'), 'green'),
  ]);
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  alice = await openAgentPage(context, site, { secure: true });
  await keepPeers(alice.page);
  await alice.logIn();
  await alice.goAvailable();
});

afterAll(async () => {
  await browser.close();
  await site.stop();
  await rm(folder, { recursive: true, force: true });
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') {
    console.error(await site.diagnosis(), await alice.glance(), figures, phone?.log);
    await writeFile(join(tmpdir(), 'video-phone-failed.png'), await alice.page.screenshot());
  }
  await phone?.close();
  phone = undefined;
});

const call = (number: string): string => `sip:${number}@127.0.0.1:${String(site.sipPort)}`;

it('is seen by the agent and sees the agent, in H.264, through hold and back', async () => {
  phone = await startBaresip({ user: '13800138001', shows: join(folder, 'green.mp4') });
  await phone.dial(call('1700'));
  await alice.call('ringing');
  await alice.answer();
  await alice.page.locator('[data-testid=pictures][data-state=seen]').waitFor();
  await seesFrames(alice.page, 15, (frames) => (figures = JSON.stringify(frames)));
  expect((await framesOf(alice.page)).codec).toBe('video/H264');
  const [red = 0, green = 0, blue = 0] = await meanColour(alice.page, 'picture');
  expect(green, `${red} ${green} ${blue}: a green film with a white box`).toBeGreaterThan(Math.max(red, blue) + 50);

  await alice.at('camera').click();
  await until(async () => (await framesOf(alice.page)).sent > 10);
  const seen = await coloursOf(await phone.sees());
  figures = JSON.stringify(seen);
  expect(seen.colours, 'what Chromium’s camera shows').toBeGreaterThan(8);

  expect(phone.log).toContain('Set video decoder: H264 packetization-mode=1');

  await alice.at('hold').click();
  await alice.call('held');
  await alice.at('resume').click();
  await alice.call('talking');
  // baresip's x264 looks 40 frames ahead: the key frame that is asked for comes seconds later, on a busy machine many.
  await seesFrames(alice.page, 1, (frames) => (figures = JSON.stringify(frames)));
  await alice.at('hang-up').click();
  await phone.event('CALL_CLOSED');
  await alice.wrapUp();
});

it('that takes no fragments is shown small packets', async () => {
  phone = await startBaresip({ user: '13800138003', shows: join(folder, 'green.mp4'), smallPackets: true });
  await phone.dial(call('1700'));
  await alice.call('ringing');
  await alice.answer();
  await seesFrames(alice.page, 15, (frames) => (figures = JSON.stringify(frames)));
  await alice.at('camera').click();
  const seen = await coloursOf(await phone.sees());
  expect(seen.colours).toBeGreaterThan(8);
  expect(phone.log).toContain('Set video decoder: H264 packetization-mode=0');
  await phone.hangUp();
  await alice.wrapUp();
});

it('talks without a picture where the route has none for phones', async () => {
  phone = await startBaresip({ user: '13800138002', shows: join(folder, 'green.mp4') });
  await phone.dial(call('1701'));
  await alice.call('ringing');
  await alice.answer();
  expect(await alice.at('pictures').count()).toBe(0);
  await phone.hangUp();
  await alice.wrapUp();
});
