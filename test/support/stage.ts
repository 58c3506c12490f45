/** Where a story with agents plays: a site, and a browser whose pages speak with one voice; both are made side by side. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { type AgentPage, type AgentPageOptions, openAgentPage } from './agent-page.ts';
import { type ChromiumOptions, launchChromium } from './browser/chromium.ts';
import { type SiteOptions, startSite, type TestSite } from './site.ts';
import { writeMicrophone } from './voices.ts';

export interface StageOptions extends SiteOptions, Pick<ChromiumOptions, 'cameraFps'> {
  /** Writes what the agents' microphone hears into this file. Default: the agent's chirp, over and over. */
  readonly microphone?: (file: string) => string;
}

export interface StagePageOptions extends AgentPageOptions {
  /** How long the page may take for a step before the test fails, ms. */
  readonly patienceMs?: number;
}

/** A site and a browser, both running. */
export class Stage {
  readonly site: TestSite;
  readonly browser: Browser;
  /** For files of the story; goes with it. */
  readonly folder: string;
  readonly #pages: AgentPage[] = [];

  /** Use {@link openStage}. */
  constructor(site: TestSite, browser: Browser, folder: string) {
    this.site = site;
    this.browser = browser;
    this.folder = folder;
  }

  /** An agent who is logged in at a page with a context of its own. */
  async agent(options: StagePageOptions = {}): Promise<AgentPage> {
    const { records = false } = options;
    const context = await this.browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: records });
    return this.agentIn(context, options);
  }

  /** The same, in a context there is. */
  async agentIn(context: BrowserContext, options: StagePageOptions = {}): Promise<AgentPage> {
    const agent = await openAgentPage(context, this.site, options);
    agent.page.setDefaultTimeout(options.patienceMs ?? 60_000);
    this.#pages.push(agent);
    await agent.logIn();
    return agent;
  }

  /** What happened, for a test that failed. */
  async report(): Promise<string> {
    const open = this.#pages.filter(({ page }) => !page.isClosed());
    return [await this.site.diagnosis(), ...(await Promise.all(open.map((page) => page.glance())))].join('\n');
  }

  async close(): Promise<void> {
    await Promise.all([this.browser.close(), this.site.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Starts both; if one cannot start, the other is ended. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-stage-'));
  const { cameraFps } = options;
  const microphone = (options.microphone ?? writeMicrophone)(join(folder, 'microphone.wav'));
  const [site, browser] = await Promise.allSettled([startSite(options), launchChromium({ microphone, cameraFps })]);
  if (site.status === 'fulfilled' && browser.status === 'fulfilled')
    return new Stage(site.value, browser.value, folder);
  if (site.status === 'fulfilled') await site.value.stop();
  if (browser.status === 'fulfilled') await browser.value.close();
  throw site.status === 'rejected' ? site.reason : (browser as PromiseRejectedResult).reason;
}
