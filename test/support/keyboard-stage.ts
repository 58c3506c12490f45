/** The built agent page, a browser, and as many desks as a test wants, each with a fake server of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { launchChromium } from './browser/chromium.ts';
import { FakeDesk } from './fake-desk.ts';
import { KeyboardDesk } from './keyboard-desk.ts';

export interface DeskSetting {
  readonly language?: 'en' | 'zh-CN';
  readonly width?: number;
  readonly dark?: boolean;
  readonly credentialsLiveMs?: number;
}

/** No pointer at all: a click, a touch or a move of the mouse is a fault of the test. */
const refusePointers = `for (const type of ['pointerdown', 'mousedown', 'touchstart', 'mousemove'])
  addEventListener(type, () => { throw new Error('a pointer was used'); }, true);`;

export class KeyboardStage {
  readonly #browser: Browser;
  readonly #pageFolder: string;
  readonly #opened: { close(): Promise<void> }[] = [];

  private constructor(browser: Browser, pageFolder: string) {
    this.#browser = browser;
    this.#pageFolder = pageFolder;
  }

  /** Builds the page into a folder of its own and starts a browser. */
  static async start(): Promise<KeyboardStage> {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-page-'));
    const root = join(import.meta.dirname, '../../softphone');
    await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: folder } });
    return new KeyboardStage(await launchChromium(), folder);
  }

  /** A fresh server and a page that has not been opened yet. */
  async open({
    language = 'en',
    width = 1280,
    dark = false,
    credentialsLiveMs,
  }: DeskSetting = {}): Promise<KeyboardDesk> {
    const lives = credentialsLiveMs === undefined ? {} : { credentialsLiveMs };
    const fake = new FakeDesk({ pageFolder: this.#pageFolder, ...lives });
    await fake.start();
    this.#opened.push(fake);
    const context = await this.#browser.newContext({
      locale: language === 'en' ? 'en-US' : language,
      viewport: { width, height: 800 },
      colorScheme: dark ? 'dark' : 'light',
    });
    this.#opened.push(context);
    const page = await context.newPage();
    await page.addInitScript(refusePointers);
    return new KeyboardDesk(fake, page);
  }

  /** Closes what the last test opened. */
  async clear(): Promise<void> {
    for (const each of this.#opened.splice(0).reverse()) await each.close();
  }

  async close(): Promise<void> {
    await this.clear();
    await this.#browser.close();
    await rm(this.#pageFolder, { recursive: true });
  }
}
