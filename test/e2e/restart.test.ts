/** The server dies in mid-call, again and again: nobody on the phone notices, and the ledger tells the true end. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { longestGapMs, rms } from '../support/audio-measure.ts';
import { heardBy, launchChromium } from '../support/browser/chromium.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { answerNext, type Caller, callSite, type Talk } from '../support/talks.ts';
import { agentHeardIn, writeMicrophone } from '../support/voices.ts';

const agents = ['alice', 'bob', 'carol', 'dave'];
/**
 * What tells a voice from silence. How good voices sound is measured in heard.test.ts; here four browser pages share the
 * machine with a server that starts over and over, and the correlation is only printed.
 */
const silence = 200;
const kills = 5;

let folder: string;
let site: TestSite;
let browser: Browser;
const pages: AgentPage[] = [];

/** The demo site has two agents; the calls of this test want more. */
function moreAgents(dialplans: string): void {
  for (const agent of agents.slice(2))
    appendFileSync(
      join(dialplans, 'agents.yaml'),
      `  ${agent}:\n    name: ${agent}\n    skills: { support: 3 }\n    queues: [support]\n    languages: [en-US]\n`,
    );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-restart-'));
  // Twenty deaths in a few minutes are this test's doing; the default gives up at ten within a minute.
  const environment = { JACKFIELD_SUPERVISOR_WITHIN_IN_SECONDS: '1' };
  site = await startSite({ deaths: true, environment, prepare: moreAgents });
  browser = await launchChromium({ microphone: writeMicrophone(join(folder, 'microphone.wav')) });
  for (const agent of agents) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
    const page = await openAgentPage(context, site, { agent, records: true });
    page.page.setDefaultTimeout(30_000);
    pages.push(page);
  }
  await Promise.all(pages.map((page) => page.logIn()));
});

afterAll(async () => {
  await browser.close();
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** How the talks of one round end. */
const ends = ['by the caller, after it', 'by the caller, during it', 'by the agent, after it'] as const;
type End = (typeof ends)[number];

/** What was measured, said at the end. */
const seen = {
  talks: 0,
  longestGapMs: 0,
  lostPackets: 0,
  recoveryMs: 0,
  endMs: 0,
  worstCorrelation: 1,
  wellHeard: 0,
  heardByAgent: Infinity,
};

/** The agent hears the caller: looked at when the server has died. */
async function judgePage({ page }: Talk): Promise<void> {
  const heard = await heardBy(page.page, true);
  const loudness = rms(heard.subarray(-2 * 48_000));
  seen.heardByAgent = Math.min(seen.heardByAgent, Math.round(loudness));
  expect(loudness, 'the agent hears the caller').toBeGreaterThan(silence);
}

/** The caller heard the agent until the end of the talk: no packet lost, no other source, the agent's voice at the end. */
async function judgeCaller({ caller, from }: Talk): Promise<void> {
  const { recording, received } = await caller.call.ended;
  const talk = recording.subarray(from, recording.length - 4000);
  const { peak } = agentHeardIn(talk.subarray(-12_000));
  seen.talks++;
  seen.lostPackets += received.lost;
  seen.longestGapMs = Math.max(seen.longestGapMs, longestGapMs(talk));
  seen.worstCorrelation = Math.min(seen.worstCorrelation, peak);
  seen.wellHeard += peak >= 0.9 ? 1 : 0;
  expect(received).toMatchObject({ lost: 0, sourceChanges: 0 });
  expect(rms(talk.subarray(-12_000)), 'the caller hears the agent').toBeGreaterThan(silence);
}

/** The talk is seen on the desk of the server that came back, and was heard while it was away. */
async function survived({ caller, page }: Talk, packetsBefore: number): Promise<void> {
  expect(caller.packets - packetsBefore, 'heard while the server was away').toBeGreaterThanOrEqual(25);
  await page.page.locator('[data-testid=feed-state][data-state=live]').waitFor();
  const card = page.page.locator('[data-testid=call-card][data-state=talking][data-audio=up]');
  await card.waitFor();
  expect(await card.getAttribute('data-call-id')).toBe(await caller.callId());
}

/** Ends a talk and waits until the ledger tells how. */
async function endTalk({ caller, page }: Talk, how: End): Promise<void> {
  const byeAt = Date.now();
  if (how === 'by the agent, after it') await page.at('hang-up').click();
  else caller.call.hangUp();
  const { at, facts } = await caller.row('call-ended');
  expect(facts['cause']).toBe(how === 'by the agent, after it' ? 'agent-hangup' : 'caller-hangup');
  if (how === 'by the caller, during it') return;
  // Both ends of it are on this machine's clock; 2 s are wanted where nobody else works.
  seen.endMs = Math.max(seen.endMs, at - byeAt);
}

/** Kills the server under all talks, ends each of them in its way, and looks at what is left. */
async function survive(talks: readonly Talk[]): Promise<void> {
  const plan = talks.map((talk, index) => ({
    talk,
    how: ends[index % ends.length] ?? ends[0],
    before: talk.caller.packets,
  }));
  const [during, after] = [true, false].map((wanted) =>
    plan.filter(({ how }) => (how === 'by the caller, during it') === wanted),
  );
  const killedAt = Date.now();
  const pid = await site.kill('server');
  await Promise.all(talks.map(({ caller }) => caller.hears(25)));
  const ended = (during ?? []).map(async ({ talk, how }) => {
    await judgePage(talk);
    await endTalk(talk, how);
  });
  await site.untilReady('server', pid);
  seen.recoveryMs = Math.max(seen.recoveryMs, Date.now() - killedAt);
  await Promise.all(ended);
  await Promise.all((after ?? []).map(({ talk, before }) => survived(talk, before)));
  for (const { talk } of after ?? []) await judgePage(talk);
  await Promise.all((after ?? []).map(({ talk, how }) => endTalk(talk, how)));
}

describe('kill -9 of the server', () => {
  it(`in mid-call, ${kills} times ${agents.length}: audio flows on, the end is told, the agent takes the next call`, async ({
    onTestFailed,
  }) => {
    onTestFailed(async () => {
      console.error(await site.diagnosis(), ...(await Promise.all(pages.map((page) => page.glance()))));
    });
    let waiting: readonly Caller[] = await Promise.all(agents.map(() => callSite(site)));
    await Promise.all(pages.map((page) => page.goAvailable()));
    const over: Talk[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const talks = await Promise.all(pages.map((page) => answerNext(page, waiting)));
      // Others wait in the queue while the server dies; they are the agents' next calls.
      waiting = await Promise.all(agents.map(() => callSite(site)));
      await Promise.all(waiting.map((caller) => caller.row('queued')));
      await survive(talks);
      over.push(...talks);
      await Promise.all(pages.map((page) => page.dispose()));
    }
    const last = await Promise.all(pages.map((page) => answerNext(page, waiting)));
    await Promise.all(last.map(({ caller }) => caller.hangUp()));
    await Promise.all(pages.map((page) => page.wrapUp()));
    // Only now: comparing voices keeps this process from taking in packets.
    for (const talk of over) await judgeCaller(talk);
    expect(seen.talks).toBe(kills * agents.length);
    console.log(`kill -9 of the server: ${JSON.stringify(seen)}`);
  }, 400_000);
});
