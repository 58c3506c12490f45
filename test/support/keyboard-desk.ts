/** The agent page before a fake server, used by the keyboard alone. */
import type { Locator, Page } from 'playwright-core';
import type { FakeDesk } from './fake-desk.ts';
import type { ToyRing } from './fake-desk-sip.ts';

/** What an agent has before them: the page, and the server behind it. */
export class KeyboardDesk {
  readonly fake: FakeDesk;
  readonly page: Page;
  /** Errors the page wrote or threw. */
  readonly complaints: string[] = [];

  constructor(fake: FakeDesk, page: Page) {
    this.fake = fake;
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  at(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  /** Presses keys one after the other, such as `Alt+KeyA`. */
  async keys(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** Waits until the element with this id has this attribute. */
  async has(testId: string, attribute: string, value: string): Promise<void> {
    await this.page.locator(`[data-testid="${testId}"][data-${attribute}="${value}"]`).waitFor();
  }

  card(state: string): Promise<void> {
    return this.has('call-card', 'state', state);
  }

  /** The test id of what has the keyboard. */
  focused(): Promise<string | null> {
    return this.page.evaluate<string | null>('document.activeElement?.getAttribute("data-testid") ?? null');
  }

  async logIn(): Promise<void> {
    await this.page.goto(this.fake.url);
    await this.at('login-name').waitFor();
    await this.page.keyboard.type(this.fake.name);
    await this.keys('Tab');
    await this.page.keyboard.type(this.fake.password);
    await this.keys('Enter');
    await this.has('phone-state', 'state', 'registered');
    await this.has('feed-state', 'state', 'live');
  }

  async goAvailable(): Promise<void> {
    await this.keys('Alt+KeyV');
    await this.has('presence', 'presence', 'available');
  }

  /** Rings, answers, and lets the server say that both are talking. */
  async talk(): Promise<ToyRing> {
    const ring = this.fake.offer();
    await this.card('ringing');
    await this.keys('Alt+KeyA');
    await this.fake.until(() => ring.events.includes('answered'));
    this.fake.answered();
    await this.card('talking');
    await this.at('hold').waitFor();
    return ring;
  }

  hears(utteranceId: string, speaker: 'caller' | 'agent', text: string, final = true): void {
    const line = { utteranceId, speaker, text, final, at: Date.now() };
    this.fake.tell({ type: 'transcript-changed', callId: 'call-1', line });
  }

  raise(alertId: string): void {
    const title = { en: 'Refund asked for', zh: '要求退款' };
    const advice = { en: 'Read the refund terms first.', zh: '请先告知退款条款。' };
    const alert = { alertId, callId: 'call-1', ruleId: 'refund', severity: 'warning', title, advice } as const;
    const facts = { evidence: 'refund', speaker: 'caller', at: Date.now(), acknowledged: false } as const;
    this.fake.tell({ type: 'alert-changed', callId: 'call-1', alert: { ...alert, ...facts } });
  }
}
