/** The real agent page in Chromium, as an agent uses it. */
import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { TestSite } from './site.ts';
import { recordHeard } from './browser/chromium.ts';
import { leaving } from './browser/leaving.ts';
import { witnesses } from './witnesses.ts';

export interface AgentPageOptions {
  readonly agent?: string;
  /** `https` goes with wss. */
  readonly secure?: boolean;
  /** Whether what the page hears is recorded; needs a context with `bypassCSP`. Default: false. */
  readonly records?: boolean;
}

export class AgentPage {
  readonly page: Page;
  readonly #site: TestSite;
  readonly #options: AgentPageOptions;
  /** What the page wrote to its console as warnings and errors. */
  readonly complaints: string[] = [];

  constructor(page: Page, site: TestSite, options: AgentPageOptions) {
    this.page = page;
    this.#site = site;
    this.#options = options;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    witnesses.add(this);
    page.on('close', () => witnesses.delete(this));
    page.on('pageerror', (error) => this.complaints.push(`page error: ${error.message}`));
  }

  at(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** Opens the page and logs in; resolves when the phone is registered. */
  async logIn(): Promise<void> {
    const { secure = false, agent = 'alice' } = this.#options;
    const { login, password } = this.#site.loginOf(agent);
    await this.page.goto(secure ? this.#site.secureUrl : this.#site.url);
    await this.at('login-name').fill(login);
    await this.at('login-password').fill(password);
    await this.at('login-submit').click();
    await this.registered();
  }

  async registered(): Promise<void> {
    await this.page.locator('[data-testid=phone-state][data-state=registered]').waitFor();
  }

  /** Begins to look; resolves with the wait until the element `testId` is in this state no more, however shortly. */
  leaving(testId: string, state: string): Promise<() => Promise<void>> {
    return leaving(this.page, `[data-testid=${testId}][data-state=${state}]`);
  }

  async goAvailable(): Promise<void> {
    await this.at('go-available').click();
    await this.page.locator('[data-testid=presence][data-presence=available]').waitFor();
  }

  /** Waits until the agent's voice channel is in this state. */
  async activity(activity: string): Promise<void> {
    await this.page.locator(`[data-testid=presence][data-activity=${activity}]`).waitFor();
  }

  async call(state: string): Promise<string> {
    const card = this.page.locator(`[data-testid=call-card][data-state=${state}]`);
    await card.waitFor();
    return (await card.getAttribute('data-call-id')) ?? '';
  }

  async answer(): Promise<void> {
    await this.at('answer').click();
    await this.call('talking');
  }

  /** What the page shows in a few words, for a test that failed. */
  async glance(): Promise<string> {
    const states = ['presence', 'phone-state', 'feed-state', 'call-card'].map(async (testId) => {
      const shown = await this.at(testId).evaluateAll((elements) =>
        elements.map((element) => JSON.stringify({ ...element.dataset })),
      );
      return `${testId} ${shown.join(' ')}`;
    });
    return [...(await Promise.all(states)), ...this.complaints.slice(-3)].join('\n');
  }

  /** The same in a line: its states, and the end of its last complaint. */
  async brief(): Promise<string> {
    const [presence, phone, feed, card, ...complaints] = (await this.glance()).split('\n');
    return [presence, phone, feed, card, complaints.at(-1)?.slice(-80) ?? ''].join(' ');
  }

  /** Chooses a disposition and ends the wrap-up. */
  async wrapUp(disposition = 'resolved'): Promise<void> {
    await this.dispose(disposition);
    await this.activity('idle');
  }

  /** The same, where the next caller waits already: the agent is rung at once. */
  async dispose(disposition = 'resolved'): Promise<void> {
    await this.at('wrapup').waitFor();
    await this.at(`disposition-${disposition}`).click();
    await this.at('wrapup-done').click();
  }
}

/** Opens a page of its own in `context`. */
export async function openAgentPage(
  context: BrowserContext,
  site: TestSite,
  options: AgentPageOptions = {},
): Promise<AgentPage> {
  const page = await context.newPage();
  if (options.records === true) await recordHeard(page);
  return new AgentPage(page, site, options);
}
