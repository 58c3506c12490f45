/** A network that loses every packet of a picture, and none of the sound, between a caller in a browser and an agent. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { Bottleneck } from '../support/browser/bottleneck.ts';
import { launchChromium, recordHeard } from '../support/browser/chromium.ts';
import { keepPeers, seesFrames } from '../support/browser/pictures.ts';
import { hearsTone, speakTone } from '../support/browser/tones.ts';
import { startSite, type TestSite } from '../support/site.ts';

const guestHz = 700;
const agentHz = 1130;

let site: TestSite;
let browser: Browser;
let alice: AgentPage;
let guest: Page;
let network: Bottleneck;
let heard = '';

beforeAll(async () => {
  site = await startSite();
  browser = await launchChromium();
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  alice = await openAgentPage(context, site, { secure: true, records: true });
  alice.page.setDefaultTimeout(120_000);
  network = await Bottleneck.open(site.config.media.webrtcPort);
  await network.lead(alice.page);
  await speakTone(alice.page, agentHz);
  await keepPeers(alice.page);
  await alice.logIn();
  await alice.goAvailable();
});

afterAll(async () => {
  await browser.close();
  network.close();
  await site.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  console.error(await site.diagnosis(), await alice.glance(), { heard, dropped: network.dropped });
});

/** A caller and an agent who see each other; resolves with the call. */
async function talk(): Promise<string> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  guest = await context.newPage();
  guest.setDefaultTimeout(120_000);
  await recordHeard(guest);
  await speakTone(guest, guestHz);
  await keepPeers(guest);
  await guest.goto(`${site.secureUrl}/call?to=main`);
  await guest.getByTestId('guest-video').check();
  await guest.getByTestId('guest-call').click();
  await guest.locator('[data-testid=guest-talk][data-media=up]').waitFor();
  await guest.keyboard.press('1');
  await guest.keyboard.press('1');
  const id = await alice.call('ringing');
  await alice.answer();
  await alice.at('camera').click();
  await seesFrames(alice.page, 20);
  await seesFrames(guest, 20);
  return id;
}

it('gives way to the sound when nothing of the agent’s picture comes through, comes back, and gives way when nothing comes to the agent', async () => {
  const id = await talk();
  const began = performance.now();
  network.blind('out');
  await alice.page.locator('[data-testid=pictures][data-state=paused]').waitFor();
  console.log(`no picture of the agent: told after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await guest.getByText('No pictures: the network is too slow').waitFor();
  await hearsTone(alice.page, guestHz, [agentHz], (told) => (heard = told));
  await hearsTone(guest, agentHz, [guestHz], (told) => (heard = told));
  network.blind(undefined);
  const folder = process.env['JACKFIELD_PICTURES'];
  if (folder !== undefined) {
    await guest.screenshot({ path: `${folder}/guest-paused-total.png` });
    await alice.page.screenshot({ path: `${folder}/agent-paused-total.png` });
  }
  await alice.page.locator('[data-testid=pictures][data-state=seen]').waitFor();
  await seesFrames(alice.page, 10);
  // The other way: RTCP tells nothing of it, the agent's page does.
  const dropped = network.dropped;
  const again = performance.now();
  network.blind('in');
  await alice.page.locator('[data-testid=pictures][data-state=paused]').waitFor();
  console.log(`no picture of the caller: told after ${((performance.now() - again) / 1000).toFixed(1)} s`);
  await guest.getByText('No pictures: the network is too slow').waitFor();
  await hearsTone(alice.page, guestHz, [agentHz], (told) => (heard = told));
  await hearsTone(guest, agentHz, [guestHz], (told) => (heard = told));
  expect(network.dropped).toBeGreaterThan(dropped + 8);
  network.blind(undefined);
  await alice.at('hang-up').click();
  await guest.locator('#page[data-state=ready]').waitFor();
  await alice.wrapUp();
  await guest.close();
  expect(network.dropped).toBeGreaterThan(10);
  const { body } = await site.api('GET', `/api/v1/calls/${id}`);
  const { story } = body as { story: { type: string; facts: object }[] };
  // It came back for good: what had been lost before was no reason to give way again.
  expect(
    story.flatMap(({ type }) => (type.startsWith('video-') ? [type] : [])),
    JSON.stringify(story),
  ).toEqual([...['video-paused', 'video-resumed', 'video-paused']]);
});
