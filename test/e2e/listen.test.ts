/** The page on which recordings are played: who may open it, and whether what is heard is what was said there. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { callScript, placeCall } from '../../cli/caller/index.ts';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { join as concatenate, strength, tone } from '../support/audio-measure.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { answerNext, Caller, nextNumber } from '../support/talks.ts';
import { until } from '../support/until.ts';
import { writeQuietMicrophone } from '../support/voices.ts';

/** The caller sings a scale, a second each: no two of thirty seconds are alike. */
const scale = Array.from({ length: 30 }, (_, second) => 400 + 90 * second);
const speech = concatenate(...[...scale, ...scale, ...scale].map((hertz) => tone(hertz, 1)));

let folder: string;
let site: TestSite;
let browser: Browser;
let alice: AgentPage;
let page: Page;
let callId: string;
let wav: Buffer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-listen-'));
  site = await startSite({
    prepare(dialplans) {
      const queues = join(dialplans, 'queues.yaml');
      writeFileSync(queues, readFileSync(queues, 'utf8').replaceAll(/^( +)wrap-up:/gm, '$1record: always\n$1wrap-up:'));
    },
  });
  browser = await launchChromium({ microphone: writeQuietMicrophone(join(folder, 'quiet.wav')) });
  alice = await openAgentPage(await browser.newContext({ ignoreHTTPSErrors: true }), site);
  alice.page.setDefaultTimeout(60_000);
  await alice.logIn();
  await alice.goAvailable();
  callId = await recordedCall();
  const out = join(folder, 'call.wav');
  const written = await site.command('call', 'recording', callId, '--out', out);
  if (written.code !== 0) throw new Error(written.stderr);
  wav = readFileSync(out);
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await listenIn(page);
});

afterAll(async () => {
  await browser.close();
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis(), await page.locator('body').innerText());
});

/** A talk of some eight seconds in which something secret is said. */
async function recordedCall(): Promise<string> {
  const number = nextNumber();
  const script = callScript({ digits: '1', digitsAfterMs: 500, speech, sayAfterMs: 100, sayTimes: 1, sayEveryMs: 0 });
  const to = { host: '127.0.0.1', port: site.sipPort };
  const call = await placeCall({ called: '+8653100000', to, from: number, script });
  await Promise.race([call.answered, call.ended]);
  const caller = new Caller(number, call, site);
  await answerNext(alice, [caller]);
  await caller.row('recording-started');
  await caller.hears(150);
  const id = await caller.callId();
  await site.api('POST', `/api/v1/calls/${id}/recording`, { order: 'mask' });
  await caller.row('recording-masked');
  await caller.hears(75);
  await site.api('POST', `/api/v1/calls/${id}/recording`, { order: 'unmask' });
  await caller.row('recording-unmasked');
  await caller.hears(250);
  await caller.hangUp();
  await caller.row('recording-converted');
  await alice.wrapUp();
  return id;
}

interface Heard {
  /** Where the player is, seconds. */
  readonly at: number;
  /** The loudest frequency, and how loud it is (0 to 255). */
  readonly hertz: number;
  readonly level: number;
}

/** Whatever the page plays goes through an analyser of ours too. To be called before it is opened. */
async function listenIn(listener: Page): Promise<void> {
  await listener.addInitScript(() => {
    interface Node {
      readonly context: { createAnalyser(): Record<string, unknown> };
      connect(to: unknown): void;
    }
    const own = globalThis as unknown as Record<string, unknown> & {
      AudioContext: { prototype: { createChannelMerger(this: unknown, inputs: number): Node } };
    };
    const { prototype } = own.AudioContext;
    const native = prototype.createChannelMerger;
    prototype.createChannelMerger = function tapped(inputs) {
      const merger = native.call(this, inputs);
      const analyser = merger.context.createAnalyser();
      analyser['smoothingTimeConstant'] = 0;
      merger.connect(analyser);
      own['__analyser'] = analyser;
      return merger;
    };
  });
}

function heard(): Promise<Heard> {
  return page.evaluate(() => {
    const own = globalThis as unknown as {
      __analyser: {
        frequencyBinCount: number;
        context: { sampleRate: number };
        getByteFrequencyData(into: Uint8Array): void;
      };
      document: { querySelector(of: string): { currentTime: number } };
    };
    const bins = new Uint8Array(own.__analyser.frequencyBinCount);
    own.__analyser.getByteFrequencyData(bins);
    const level = Math.max(...bins);
    const hertz = (bins.indexOf(level) * own.__analyser.context.sampleRate) / (2 * bins.length);
    return { at: own.document.querySelector('audio').currentTime, hertz, level };
  });
}

/** What the caller sang there, as the file has it; 0: nothing. */
function sungAt(seconds: number): number {
  const from = Math.max(0, Math.round((seconds - 0.1) * 8000));
  const side = Int16Array.from({ length: 1600 }, (_, at) => wavAt(from + at));
  const [best] = scale.map((hertz) => ({ hertz, is: strength(side, hertz) })).sort((a, b) => b.is - a.is);
  return best !== undefined && best.is > 1000 ? best.hertz : 0;
}

function wavAt(frame: number): number {
  const at = 44 + frame * 4;
  return at + 2 <= wav.length ? wav.readInt16LE(at) : 0;
}

/** Resolves as soon as what is heard is what the caller sang at the place where the player is. */
async function untilRight(from: number): Promise<void> {
  let last: Heard | undefined;
  try {
    await until(async () => {
      last = await heard();
      const { at, hertz, level } = last;
      return at >= from && level > 120 && Math.abs(hertz - sungAt(at)) < 40;
    });
  } catch (error) {
    const sung = Array.from({ length: Math.ceil(wav.length / 32_000) }, (_, second) => sungAt(second));
    throw new Error(`heard ${JSON.stringify(last)}; sung ${sung.join(' ')}`, { cause: error });
  }
}

/** Where the player is, and where it goes to. */
const place = (): Promise<number> =>
  page.getByTestId('sound').evaluate((sound) => (sound as unknown as Media).currentTime);
interface Media {
  readonly currentTime: number;
  readonly playbackRate: number;
  readonly paused: boolean;
}
const media = (): Promise<Media> =>
  page.getByTestId('sound').evaluate((sound) => {
    const { currentTime, playbackRate, paused } = sound as unknown as Media;
    return { currentTime, playbackRate, paused };
  });

async function picture(name: string): Promise<void> {
  const pictures = process.env['JACKFIELD_PICTURES'];
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

async function logIn(agent: string): Promise<void> {
  const { login, password } = site.loginOf(agent);
  await page.locator('input[name=name]').fill(login);
  await page.locator('input[name=password]').fill(password);
  await page.locator('form button').click();
}

describe('the page for recordings', () => {
  it('asks who one is, tells an agent that it is not for them, and shows a supervisor both sides', async () => {
    await page.goto(`${site.url}/listen?call=${callId}`);
    await page.locator('input[name=name]').waitFor();
    await picture('listen-login');
    await logIn('alice');
    await expect.poll(() => page.getByTestId('problem').innerText()).toContain('may not do that');
    await picture('listen-refused');
    await logIn('sue');
    await page.getByTestId('waveform').waitFor();
    expect(await page.getByTestId('facts').innerText()).toMatch(/→.*alice/);
    expect(await page.getByTestId('gap').allInnerTexts()).toEqual([
      expect.stringMatching(/^0:0\d – 0:\d\d something secret$/),
    ]);
    await picture('listen-playing');
  });

  it('plays, moves by key and pointer, and what is heard is what was said there', async () => {
    const canvas = page.getByTestId('waveform');
    await canvas.press(' ');
    await untilRight(0.2);
    const before = await place();
    await canvas.press('ArrowRight');
    expect(await place()).toBeGreaterThanOrEqual(before + 4.9);
    await untilRight(before + 5);
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('no waveform');
    await page.mouse.click(box.x + box.width * 0.1, box.y + box.height / 2);
    const seconds = (wav.length - 44) / 32_000;
    expect(Math.abs((await place()) - seconds * 0.1)).toBeLessThan(1);
    await untilRight(seconds * 0.1);
    await canvas.press('ArrowUp');
    expect((await media()).playbackRate).toBe(1.25);
    await canvas.press('ArrowDown');
    await canvas.press(' ');
    expect((await media()).paused).toBe(true);
  });

  it('is silent where something secret was said, and without the side that speaks', async () => {
    const canvas = page.getByTestId('waveform');
    await page.getByTestId('gap').click();
    const gap = await place();
    expect(sungAt(gap + 0.4)).toBe(0);
    await canvas.press(' ');
    await until(async () => {
      const { at, level } = await heard();
      const within = at > gap + 0.3 && sungAt(at) === 0 && sungAt(at + 0.2) === 0;
      // A slow machine may have played past it meanwhile.
      if (!within && at > gap + 1) await page.getByTestId('gap').click();
      return within && level < 60;
    });
    await canvas.press('Home');
    await page.getByTestId('hear-caller').click();
    await until(async () => (await heard()).level < 60 && sungAt((await heard()).at) > 0);
    await page.getByTestId('hear-caller').click();
    await canvas.focus();
    await canvas.press('Home');
    await untilRight(0.1);
  });

  it('gives the file, speaks Chinese, and the ledger tells who listened', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('download').click()]);
    expect(download.suggestedFilename()).toBe(`${callId}.wav`);
    expect(readFileSync(await download.path()).equals(wav)).toBe(true);
    await page.getByTestId('language').click();
    expect(await page.locator('h1').innerText()).toBe('通话录音');
    await page.setViewportSize({ width: 390, height: 844 });
    await picture('listen-zh-narrow');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 1280, height: 800 });
    await picture('listen-zh-dark');
    const { body } = await site.api('GET', `/api/v1/calls/${callId}`);
    const { story } = body as { story: { type: string; facts: { by?: string } }[] };
    const listened = story.flatMap(({ type, facts }) => (type === 'recording-listened' ? [facts.by] : []));
    expect(listened).toEqual(['admin', 'sue']);
  });
});
