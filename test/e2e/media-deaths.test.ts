/** The mediasoup worker, then the whole media node, are killed under a call between a phone and a page; the page's connection, too: it goes on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { agentHears, missingMs, phoneHears } from '../support/heard-both-ways.ts';
import { killMediaWorker } from '../support/media-worker.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import { callerChirp, repeated, writeMicrophone } from '../support/voices.ts';

const rate = 8000;
/** Of each kind. */
const kills = 2;

let folder: string;
let site: TestSite;
let browser: Browser;
let alice: AgentPage;
let phone: Baresip;
let callId: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-media-deaths-'));
  site = await startSite({ deaths: true });
  browser = await launchChromium({ microphone: writeMicrophone(join(folder, 'microphone.wav')) });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  alice = await openAgentPage(context, site, { records: true });
  alice.page.setDefaultTimeout(60_000);
  await alice.logIn();
  await alice.goAvailable();
  phone = await startBaresip({ user: '+8613800004444', says: repeated(callerChirp, 170) });
  await phone.dial(`sip:+8653100000@127.0.0.1:${site.sipPort}`);
  await phone.event('CALL_ESTABLISHED');
  await phone.press('1');
  callId = await alice.call('ringing');
  await alice.answer();
  await agentHears(alice);
  await phoneHears(phone, alice);
});

afterAll(async () => {
  await phone.close();
  await browser.close();
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis(), await alice.glance());
});

interface Row {
  readonly type: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

async function rows(type: string): Promise<Row[]> {
  const { body } = await site.api('GET', `/api/v1/calls/${callId}`).catch(() => ({ body: { story: [] } }));
  return (body as { story: Row[] }).story.filter((row) => row.type === type);
}

/** Kills with `kill`, waits until so many legs were moved and both hear each other; resolves with the gap in ms. */
async function survives(kill: () => Promise<unknown>, legs: number) {
  const moved = (await rows('leg-resumed')).length + legs;
  await kill();
  await until(async () => (await rows('leg-resumed')).length >= moved);
  await agentHears(alice);
  await phoneHears(phone, alice);
  return Math.max(...(await rows('leg-resumed')).slice(-legs).map(({ facts }) => Number(facts['gapMs'])));
}

it('is heard both ways after each kill -9 of the mediasoup worker, which moves the page alone', async () => {
  const gaps = [];
  for (let count = 0; count < kills; count++) gaps.push(await survives(() => killMediaWorker(site), 1));
  console.log('mediasoup worker killed in mid-call, gaps in ms:', JSON.stringify(gaps));
  expect((await rows('leg-lost')).map(({ facts }) => facts)).toEqual(
    Array.from({ length: kills }, () => ({ leg: 'agent', cause: 'worker-died' })),
  );
});

it('is heard both ways after each kill -9 of the media node, which moves phone and page', async () => {
  const gaps = [];
  for (let count = 0; count < kills; count++) gaps.push(await survives(() => site.kill('media'), 2));
  console.log('media node killed in mid-call, gaps in ms:', JSON.stringify(gaps));
  const causes = (await rows('leg-lost')).slice(kills).map(({ facts }) => facts['cause']);
  expect(causes).toEqual(Array.from({ length: 2 * kills }, () => 'node-died'));
});

it('finds its way again when the page comes over another connection, without being loaded again', async () => {
  const lost = (await rows('leg-lost')).length;
  const before = (await phone.heardSoFar()).length;
  const pid = await site.kill('sip-engine');
  await site.untilReady('sip-engine', pid);
  await until(async () => (await rows('ice-restarted')).length > 0);
  await agentHears(alice);
  await phoneHears(phone, alice);
  // The audio does not pass the connection: nobody missed anything.
  const heard = (await phone.heardSoFar()).subarray(Math.max(0, before - 2 * rate));
  console.log('page back over another connection, the phone missed the agent for ms:', missingMs(heard));
  expect((await rows('ice-restarted'))[0]).toMatchObject({ facts: { leg: 'agent' } });
  expect(await rows('leg-lost')).toHaveLength(lost);
});

it('is the same call to its end', async () => {
  expect(await alice.call('talking')).toBe(callId);
  await alice.at('hang-up').click();
  await phone.event('CALL_CLOSED');
  await alice.wrapUp();
  expect((await rows('call-ended')).map(({ facts }) => facts['cause'])).toEqual(['agent-hangup']);
});
