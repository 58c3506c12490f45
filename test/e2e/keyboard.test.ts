/** The story once more without any pointer event, in Chinese, with sipp as caller; refused commands and a decline on the way. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { digitScript } from '../../cli/caller/index.ts';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { startSippCaller } from '../support/sipp.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';

let site: TestSite;
let browser: Browser;
let alice: AgentPage;

beforeAll(async () => {
  site = await startSite();
  browser = await launchChromium();
  const context = await browser.newContext({ locale: 'zh-CN' });
  alice = await openAgentPage(context, site);
  await alice.page.addInitScript(() => {
    const page = globalThis as unknown as {
      pointers: string[];
      addEventListener(
        type: string,
        listener: (event: { type: string; isTrusted: boolean }) => void,
        capture: true,
      ): void;
    };
    page.pointers = [];
    for (const type of ['pointerdown', 'mousedown', 'touchstart'])
      page.addEventListener(type, (event) => event.isTrusted && page.pointers.push(event.type), true);
  });
});

afterAll(async () => {
  await browser.close();
  await site.stop();
});

async function keys(...pressed: string[]): Promise<void> {
  for (const key of pressed) await alice.page.keyboard.press(key);
}

describe('an agent without a mouse', () => {
  it.each(['udp', 'tcp'] as const)(
    'takes a call of sipp over %s from the login to the next call',
    async (transport) => {
      onTestFailed(async () => console.error(await site.diagnosis(), await alice.page.content()));
      const { login, password } = site.loginOf('alice');
      await alice.page.goto(site.url);
      await alice.at('login-name').waitFor();
      await alice.page.keyboard.type(login);
      await keys('Tab');
      await alice.page.keyboard.type(password);
      await keys('Enter');
      await alice.registered();
      await keys('Alt+KeyV');
      await alice.page.locator('[data-testid=presence][data-presence=available]').waitFor();

      const from = transport === 'udp' ? '+8613700000001' : '+8613700000002';
      await site.api('POST', '/api/v1/contacts', { name: '韩梅梅', numbers: [from] });
      const sipp = await startSippCaller({
        port: site.sipPort,
        called: '+8653100000',
        from,
        transport,
        script: digitScript('w1'),
        talksMs: 'until-bye',
      });
      const callId = await alice.call('ringing');
      expect(await alice.at('caller-name').innerText()).toContain('韩梅梅');
      await keys('Alt+KeyA');
      await alice.call('talking');
      await keys('Alt+KeyM');
      await alice.page.locator('[data-testid=mute][aria-pressed=true]').waitFor();
      await keys('Alt+KeyM');
      await alice.page.locator('[data-testid=mute][aria-pressed=false]').waitFor();
      await keys('Alt+KeyH');
      await alice.call('held');
      await keys('Alt+KeyH');
      await alice.call('talking');
      await keys('Alt+KeyD');
      await alice.at('keypad-panel').waitFor();
      await keys('4', 'Escape', 'Alt+KeyE');
      await alice.call('ended');
      await alice.at('wrapup').waitFor();
      await keys('ArrowDown', 'ArrowUp', 'Enter');
      await alice.activity('idle');

      const result = await sipp.finished();
      expect(result, result.complaints).toMatchObject({ successful: 1, failed: 0 });
      await sipp.close();
      await until(async () => {
        const { body } = await site.api('GET', `/api/v1/calls/${callId}`);
        return (body as { disposition?: string }).disposition !== undefined;
      });
      const story = (await site.api('GET', `/api/v1/calls/${callId}`)).body as { story: { type: string }[] };
      const rows = story.story.map((row) => row.type);
      const pressed = ['muted', 'unmuted', 'held', 'resumed', 'digits-sent', 'call-ended', 'wrap-up-ended'];
      expect(pressed.filter((type) => !rows.includes(type))).toEqual([]);
      await keys('Alt+KeyQ');
      await alice.at('login-name').waitFor();
      expect(await alice.page.evaluate(() => (globalThis as unknown as { pointers: string[] }).pointers)).toEqual([]);
      expect(alice.complaints).toEqual([]);
    },
  );
});
