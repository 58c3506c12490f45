/** A customer calls from the page `/call`; the agent answers in the softphone: two pages that hear each other. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { launchChromium, recordHeard } from '../support/browser/chromium.ts';
import { coloursIn, framesOf, keepPeers, seesFrames } from '../support/browser/pictures.ts';
import { Bottleneck } from '../support/browser/bottleneck.ts';
import { hearsTone, speakTone } from '../support/browser/tones.ts';
import { until } from '../support/until.ts';
import { startSite, type TestSite } from '../support/site.ts';

const guestHz = 700;
const agentHz = 1130;

/** A route whose pictures have the codec of SIP phones. */
const seenRoute = `
routes:
  seen:
    name: { en: Seen, zh: 视频 }
    numbers: ['1700']
    web: video
    video: h264
    start: wait
    steps: { wait: { queue: support, on-timeout: bye, otherwise: bye }, bye: { hangup: normal } }
`;

let site: TestSite;
let browser: Browser;
let alice: AgentPage;
let network: Bottleneck;
let guest: Page;
const complaints: string[] = [];
const figures = { guest: '', agent: '' };

beforeAll(async () => {
  site = await startSite({ prepare: (dialplans) => writeFileSync(join(dialplans, 'seen.yaml'), seenRoute) });
  browser = await launchChromium();
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  alice = await openAgentPage(context, site, { secure: true, records: true });
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
  const { passed, dropped } = network;
  console.error(await site.diagnosis(), await alice.glance(), complaints, figures, { passed, dropped });
});

/** Opens the page for callers as somebody new would. */
async function openGuest(path: string, options: { readonly locale?: string; readonly bypassCSP?: boolean } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  if (options.bypassCSP === true) {
    await recordHeard(page);
    await speakTone(page, guestHz);
    await keepPeers(page);
  }
  await page.goto(`${site.secureUrl}${path}`);
  await page.locator('#page[data-state=ready]').waitFor();
  return page;
}

/** Chooses support, and hears nothing out. */
async function pressOne(): Promise<void> {
  await guest.keyboard.press('1');
  await guest.keyboard.press('1');
}

async function rows(callId: string) {
  const { body } = await site.api('GET', `/api/v1/calls/${callId}`);
  return body as { cause?: string; story: { type: string; facts: Record<string, unknown>; personal?: object }[] };
}

it('calls from a browser: keys in the menu, the agent sees a web caller, both hear each other', async () => {
  guest = await openGuest('/call?to=main', { bypassCSP: true });
  await guest.getByTestId('guest-name').fill('Ann Example');
  // Without a mouse: Enter in the field begins the call.
  await guest.getByTestId('guest-name').press('Enter');
  await guest.locator('[data-testid=guest-talk][data-media=up]').waitFor();
  await pressOne();
  const callId = await alice.call('ringing');
  expect(await alice.at('caller-name').innerText()).toBe('Ann Example');
  expect(await alice.at('caller-number').innerText()).toBe('Web caller (name not checked)');
  expect(await alice.at('pressed').innerText()).toContain('1');
  expect(await alice.at('called').innerText()).toBe('+8653100000');
  await alice.answer();
  await hearsTone(guest, agentHz, [guestHz], (told) => (figures.guest = told));
  await hearsTone(alice.page, guestHz, [agentHz], (told) => (figures.agent = told));

  await guest.keyboard.press('m');
  await guest.locator('[data-testid=guest-mute][aria-pressed=true]').waitFor();
  const { endpoints } = await inventory();
  expect(endpoints.map(({ kind, codec }) => `${kind} ${codec}`)).toEqual(['webrtc opus', 'webrtc opus']);

  await guest.getByTestId('guest-hang-up').press('Enter');
  await alice.wrapUp();
  const { cause, story } = await rows(callId);
  expect(cause).toBe('caller-hangup');
  expect(story.find(({ type }) => type === 'call-invited')).toMatchObject({
    facts: { to: '+8653100000', web: 'audio' },
    personal: { from: 'anonymous', name: 'Ann Example' },
  });
  expect(story.filter(({ type }) => type === 'prompt-failed')).toEqual([]);
  expect(await guest.getByTestId('guest-status').innerText()).toContain('over');
});

it('ends the call as the caller’s when the page is closed', async () => {
  await guest.getByTestId('guest-call').click();
  await guest.locator('[data-testid=guest-talk][data-media=up]').waitFor();
  await guest.getByTestId('guest-key-1').click();
  await guest.getByTestId('guest-key-1').click();
  const callId = await alice.call('ringing');
  await alice.answer();
  await hearsTone(guest, agentHz, [guestHz], (told) => (figures.guest = told));
  await guest.close();
  await alice.wrapUp();
  await until(async () => (await rows(callId)).cause !== undefined);
  expect((await rows(callId)).cause).toBe('caller-hangup');
});

it('shows caller and agent to each other: cameras on and off, hold, and sound all the while', async () => {
  guest = await openGuest('/call?to=main', { bypassCSP: true });
  await guest.getByTestId('guest-video').check();
  await guest.getByTestId('guest-call').click();
  await guest.locator('[data-testid=guest-talk][data-media=up]').waitFor();
  await pressOne();
  const callId = await alice.call('ringing');
  await alice.answer();
  const pictures = (state: string) =>
    alice.page.locator(`[data-testid=pictures][data-state=${state}]`).waitFor({ timeout: 90_000 });
  await pictures('seen');
  await seesFrames(alice.page, 30, (frames) => (figures.agent = JSON.stringify(frames)));
  expect(await coloursIn(alice.page, 'picture')).toBeGreaterThan(8);
  expect(await guest.getByTestId('guest-picture').isVisible(), 'the agent’s camera is off until they turn it on').toBe(
    false,
  );

  await alice.at('camera').click();
  await guest.getByTestId('guest-picture').waitFor();
  await seesFrames(guest, 30, (frames) => (figures.guest = JSON.stringify(frames)));
  expect((await framesOf(guest)).codec).toBe('video/VP8');
  expect(await coloursIn(guest, 'guest-picture')).toBeGreaterThan(8);
  const folder = process.env['JACKFIELD_PICTURES'];
  if (folder !== undefined) {
    await guest.screenshot({ path: `${folder}/guest-video.png` });
    await alice.page.screenshot({ path: `${folder}/agent-video.png` });
  }
  await hearsTone(guest, agentHz, [guestHz], (told) => (figures.guest = told));

  await alice.at('hold').click();
  await alice.call('held');
  await guest.getByTestId('guest-picture').waitFor({ state: 'hidden' });
  await alice.at('resume').click();
  await alice.call('talking');
  await pictures('seen');
  await guest.getByTestId('guest-picture').waitFor();

  await alice.at('camera').click();
  await guest.getByTestId('guest-picture').waitFor({ state: 'hidden' });
  await guest.getByTestId('guest-camera').click();
  await pictures('none');
  await hearsTone(alice.page, guestHz, [agentHz], (told) => (figures.agent = told));
  await guest.getByTestId('guest-camera').click();
  await pictures('seen');

  // A network that carries the sound alone: the server takes the picture away, tells both, and gives it back.
  network.narrow(110);
  await pictures('paused');
  await guest.getByText('No pictures: the network is too slow').waitFor();
  expect(await guest.getByTestId('guest-picture').isVisible(), 'no photograph beside those words').toBe(false);
  await hearsTone(alice.page, guestHz, [agentHz], (told) => (figures.agent = told));
  network.narrow(100_000);
  await pictures('seen');
  await seesFrames(alice.page, 10, (frames) => (figures.agent = JSON.stringify(frames)));
  const { story } = await rows(callId);
  const paused = story.filter(({ type }) => type === 'video-paused' || type === 'video-resumed');
  expect(paused.slice(0, 2)).toMatchObject([
    { type: 'video-paused', facts: { leg: 'agent' } },
    { type: 'video-resumed' },
  ]);
  expect(Number(paused[0]?.facts['lossPercent'])).toBeGreaterThanOrEqual(10);
  await alice.at('hang-up').click();
  await guest.locator('#page[data-state=ready]').waitFor();
  await alice.wrapUp();
  await guest.close();
});

it('has pictures in H.264 both ways where the route says so', async () => {
  guest = await openGuest('/call?to=seen', { bypassCSP: true });
  await guest.getByTestId('guest-video').check();
  await guest.getByTestId('guest-call').click();
  await alice.call('ringing');
  await alice.answer();
  await alice.page.locator('[data-testid=pictures][data-state=seen]').waitFor();
  await alice.at('camera').click();
  await guest.getByTestId('guest-picture').waitFor();
  await seesFrames(alice.page, 10, (frames) => (figures.agent = JSON.stringify(frames)));
  await seesFrames(guest, 10, (frames) => (figures.guest = JSON.stringify(frames)));
  expect([(await framesOf(alice.page)).codec, (await framesOf(guest)).codec]).toEqual(['video/H264', 'video/H264']);
  expect(await coloursIn(alice.page, 'picture')).toBeGreaterThan(8);
  expect(await coloursIn(guest, 'guest-picture')).toBeGreaterThan(8);
  // Whoever encodes two pictures on one core has no time for a click.
  await guest.getByTestId('guest-camera').click({ timeout: 90_000 });
  await alice.at('hang-up').click({ timeout: 90_000 });
  await alice.wrapUp();
  await guest.close();
});

it('keeps to its own policy of what it loads, and says in Chinese why there is no microphone', async () => {
  const page = await openGuest('/call?to=nobody', { locale: 'zh-CN' });
  // What the link names is not offered: the caller is told, and shown whom the button would call instead.
  expect(await page.locator('[data-testid=guest-problem][data-code=web-no-route]').innerText()).toContain('nobody');
  expect(await page.getByTestId('guest-whom').isVisible()).toBe(true);
  const response = await page.request.get(`${site.secureUrl}/call`);
  const policy = response.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  expect(await page.getByRole('heading').innerText()).toBe('在此呼叫我们');
  await page.evaluate(() => {
    const refuse = (): Promise<never> => Promise.reject(new DOMException('no', 'NotAllowedError'));
    (globalThis as unknown as { navigator: { mediaDevices: object } }).navigator.mediaDevices = Object.assign(
      Object.create(null) as object,
      { getUserMedia: refuse },
    );
    Object.defineProperty((globalThis as unknown as { navigator: object }).navigator, 'mediaDevices', {
      value: { getUserMedia: refuse },
    });
  });
  await page.getByTestId('guest-call').click();
  const problem = page.locator('[data-testid=guest-problem][data-code=microphone-refused]');
  await problem.waitFor();
  expect(await problem.innerText()).toContain('浏览器拒绝本页面使用麦克风');
  await page.getByTestId('guest-language').click();
  expect(await problem.innerText()).toContain('refuses the microphone');
  await page.close();
  expect(complaints).toEqual([]);
});

async function inventory() {
  const { body } = await site.api('GET', '/api/v1/calls?limit=1');
  const [{ id } = { id: '' }] = (body as { items: { id: string }[] }).items;
  let legs: { kind: string; codec?: string }[] = [];
  await until(async () => {
    legs = ((await site.api('GET', `/api/v1/calls/${id}/quality`)).body as { legs: typeof legs }).legs;
    return legs.length === 2;
  });
  return { endpoints: legs };
}
