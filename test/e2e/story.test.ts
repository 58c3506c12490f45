/** The story of issue 2: a SIP caller reaches an agent's page, with peers nobody here wrote. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeCall } from '../../cli/caller/index.ts';
import { AgentPage, openAgentPage } from '../support/agent-page.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { startSite, type TestSite } from '../support/site.ts';

let site: TestSite;
let browser: Browser;
let context: BrowserContext;
let alice: AgentPage;

beforeAll(async () => {
  site = await startSite();
  browser = await launchChromium();
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  alice = await openAgentPage(context, site);
});

afterAll(async () => {
  await browser.close();
  await site.stop();
});

describe('the story', () => {
  it('logs in and goes available', async () => {
    await alice.logIn();
    await alice.goAvailable();
  });
});
