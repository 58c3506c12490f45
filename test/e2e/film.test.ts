/** A recorded call with pictures: both sides seen and heard in one film, in time with each other, paused, sealed, played in a browser. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { siteFiles } from '../../server/config.ts';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { flashAndBeep, flashed } from '../support/browser/flash-and-beep.ts';
import { keepPeers, seesFrames } from '../support/browser/pictures.ts';
import { flashesIn, onsetsIn } from '../support/flashes.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';

let folder: string;
let site: TestSite;
let browser: Browser;
let alice: AgentPage;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-film-'));
  site = await startSite({
    prepare(dialplans) {
      const file = join(dialplans, 'queues.yaml');
      const support = '    skills: { support: 1 }\n';
      const recorded = readFileSync(file, 'utf8').replace(support, `${support}    record: always\n`);
      if (!recorded.includes('record: always')) throw new Error('the demo queue is not as this test believes');
      writeFileSync(file, recorded);
    },
  });
  browser = await launchChromium();
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  alice = await openAgentPage(context, site, { secure: true });
  await flashAndBeep(alice.page, 1300);
  await keepPeers(alice.page);
  await alice.logIn();
  await alice.goAvailable();
});

afterAll(async () => {
  await browser.close();
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis(), await alice.glance());
});

interface Row {
  readonly type: string;
  readonly at: number;
  readonly facts: Record<string, unknown>;
}

async function row(callId: string, type: string): Promise<Row> {
  let found: Row | undefined;
  await until(async () => {
    const { body } = await site.api('GET', `/api/v1/calls/${callId}`);
    found = (body as { story: Row[] }).story.find((each) => each.type === type);
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`no row ${type}`);
  return found;
}

async function openGuest(): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  const page = await context.newPage();
  await flashAndBeep(page, 700);
  await keepPeers(page);
  await page.goto(`${site.secureUrl}/call?to=main`);
  await page.locator('#page[data-state=ready]').waitFor();
  return page;
}

/** How far each beep is behind its flash (before it: negative), ms; the middle one of all, so that one slow step of a page is none. */
function behind(
  flashes: readonly number[],
  beeps: readonly number[],
): { readonly all: number[]; readonly middle: number } {
  const all = flashes.flatMap((flash) => {
    const near = beeps.map((beep) => beep - flash).filter((by) => Math.abs(by) < 450);
    const [nearest] = near.toSorted((one, other) => Math.abs(one) - Math.abs(other));
    return nearest === undefined ? [] : [Math.round(nearest)];
  });
  return { all, middle: all.toSorted((one, other) => one - other)[all.length >> 1] ?? NaN };
}

it('has both pictures in time with what is heard, and a gap where it was paused', async () => {
  const guest = await openGuest();
  await guest.getByTestId('guest-video').check();
  await guest.getByTestId('guest-call').click();
  await guest.locator('[data-testid=guest-talk][data-media=up]').waitFor();
  await guest.keyboard.press('1');
  await guest.keyboard.press('1');
  const callId = await alice.call('ringing');
  await alice.answer();
  await alice.at('camera').click();
  await seesFrames(alice.page, 20);
  await seesFrames(guest, 20);
  await flashed(guest, 7);
  await alice.at('record').click();
  const paused = await row(callId, 'recording-paused');
  await flashed(guest, 2);
  await alice.at('record').click();
  const resumed = await row(callId, 'recording-resumed');
  await flashed(guest, 3);
  await alice.at('hang-up').click();
  await alice.wrapUp();
  expect((await row(callId, 'recording-finished')).facts).toMatchObject({
    pictures: ['agent', 'caller'],
    reason: 'ended',
  });
  expect((await row(callId, 'recording-converted')).facts).toMatchObject({ content: 'video/webm' });

  const film = join(folder, 'call.webm');
  const { code, stderr, stdout } = await site.command('call', 'recording', callId, '--out', film, '--verify');
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('Whole');
  const titles = execFileSync('ffprobe', ['-v', 'error', '-show_chapters', '-of', 'json', film], { encoding: 'utf8' });
  const { chapters } = JSON.parse(titles) as {
    chapters: { start_time: string; end_time: string; tags: { title: string } }[];
  };
  const gap = chapters.find(({ tags }) => tags.title === 'paused');
  expect(Number(gap?.end_time) - Number(gap?.start_time)).toBeGreaterThan(((resumed.at - paused.at) / 1000) * 0.8);

  const counted = await Promise.all(
    ([0, 1] as const).map((side) => Promise.all([flashesIn(film, side), onsetsIn(film, side)])),
  );
  console.log('flashes and beeps, ms:', JSON.stringify(counted));
  const [caller, agent] = counted.map(([flashes, beeps]) => behind(flashes, beeps));
  if (caller === undefined || agent === undefined) throw new Error('a film has two sides');
  console.log('beeps behind their flashes, ms: caller', caller, 'agent', agent);
  // A picture begins with a key frame, for which a busy browser is asked more than once.
  expect(caller.all.length).toBeGreaterThanOrEqual(3);
  expect(agent.all.length).toBeGreaterThanOrEqual(3);
  expect(Math.abs(caller.middle), `caller ${caller.all.join(' ')}`).toBeLessThanOrEqual(80);
  expect(Math.abs(agent.middle), `agent ${agent.all.join(' ')}`).toBeLessThanOrEqual(80);
  await playsIn(guest, film);
  await byRange(callId);
  await guest.close();
});

/** A browser plays it, knows how long it is, and goes to a place in the middle. */
async function playsIn(page: Page, film: string): Promise<void> {
  const bytes = readFileSync(film).toString('base64');
  const seen = await page.evaluate(async (text) => {
    interface Video {
      src: string;
      muted: boolean;
      currentTime: number;
      readonly duration: number;
      readonly videoWidth: number;
      readonly error: { readonly message: string } | null;
      addEventListener(type: string, told: () => void): void;
    }
    const { document, URL: urls } = globalThis as unknown as {
      document: { createElement(tag: 'video'): Video };
      URL: { createObjectURL(of: Blob): string };
    };
    const video = document.createElement('video');
    const event = (type: string): Promise<void> =>
      new Promise((resolve, reject) => {
        video.addEventListener(type, resolve);
        video.addEventListener('error', () => reject(new Error(video.error?.message ?? 'it does not play')));
      });
    const loaded = event('loadeddata');
    video.muted = true;
    video.src = urls.createObjectURL(
      new Blob([Uint8Array.from(atob(text), (each) => each.charCodeAt(0))], { type: 'video/webm' }),
    );
    await loaded;
    const sought = event('seeked');
    video.currentTime = video.duration / 2;
    await sought;
    return { duration: video.duration, width: video.videoWidth, at: video.currentTime };
  }, bytes);
  expect(seen.duration).toBeGreaterThan(9);
  expect(seen.duration).toBeLessThan(600);
  expect(seen.width).toBeGreaterThan(0);
  expect(seen.at).toBeCloseTo(seen.duration / 2, 0);
}

async function byRange(callId: string): Promise<void> {
  const { token } = JSON.parse(readFileSync(siteFiles(site.config).runFile, 'utf8')) as { token: string };
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${site.url}/api/v1/calls/${callId}/recording${path}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
  const whole = await ask('?format=film');
  const bytes = Buffer.from(await whole.arrayBuffer());
  expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'video/webm']);
  const middle = await ask('', { range: `bytes=${String(bytes.length - 200)}-${String(bytes.length - 101)}` });
  expect([middle.status, Buffer.from(await middle.arrayBuffer()).equals(bytes.subarray(-200, -100))]).toEqual([
    206,
    true,
  ]);
  const wav = await ask('?format=wav');
  expect([wav.status, wav.headers.get('content-type')]).toEqual([200, 'audio/wav']);
}
