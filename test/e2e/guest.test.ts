/** A customer calls from the page `/call`; the agent answers in the softphone: two pages that hear each other. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { launchChromium, recordHeard } from '../support/browser/chromium.ts';
import { hearsTone, speakTone } from '../support/browser/tones.ts';
import { until } from '../support/until.ts';
import { startSite, type TestSite } from '../support/site.ts';

const guestHz = 700;
const agentHz = 1130;

let site: TestSite;
let browser: Browser;
let alice: AgentPage;
let guest: Page;
const complaints: string[] = [];
const figures = { guest: '', agent: '' };

beforeAll(async () => {
  site = await startSite();
  browser = await launchChromium();
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  alice = await openAgentPage(context, site, { secure: true, records: true });
  await speakTone(alice.page, agentHz);
  await alice.logIn();
  await alice.goAvailable();
});

afterAll(async () => {
  await browser.close();
  await site.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  console.error(await site.diagnosis(), await alice.glance(), complaints, figures);
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
  }
  await page.goto(`${site.secureUrl}${path}`);
  await page.locator('#page[data-state=ready]').waitFor();
  return page;
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
  await guest.keyboard.press('1');
  const callId = await alice.call('ringing');
  expect(await alice.at('caller-name').innerText()).toBe('Ann Example');
  expect(await alice.at('caller-number').innerText()).toContain('Web caller');
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
  const callId = await alice.call('ringing');
  await alice.answer();
  await hearsTone(guest, agentHz, [guestHz], (told) => (figures.guest = told));
  await guest.close();
  await alice.wrapUp();
  await until(async () => (await rows(callId)).cause !== undefined);
  expect((await rows(callId)).cause).toBe('caller-hangup');
});

it('keeps to its own policy of what it loads, and says in Chinese why there is no microphone', async () => {
  const page = await openGuest('/call', { locale: 'zh-CN' });
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
