/** An agent's page is loaded again in mid-call, three times, and then crashes: the call goes on, and both hear each other after each. */
import type { BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { AgentPage } from '../support/agent-page.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { agentHears, missingMs, phoneHears } from '../support/heard-both-ways.ts';
import type { TestSite } from '../support/site.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';
import { callerChirp, repeated } from '../support/voices.ts';

const reloads = 3;
const rate = 8000;

let stage: Stage;
let site: TestSite;
let context: BrowserContext;
let alice: AgentPage;
let phone: Baresip;

beforeAll(async () => {
  stage = await openStage();
  ({ site } = stage);
  context = await stage.browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  alice = await stage.agentIn(context, { records: true });
  await alice.goAvailable();
  phone = await startBaresip({ user: '+8613800003333', says: repeated(callerChirp, 170) });
});

afterAll(async () => {
  await phone.close();
  await stage.close();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stage.report());
});

interface Row {
  readonly type: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

async function story(callId: string): Promise<{ readonly cause?: string; readonly story: readonly Row[] }> {
  return (await site.api('GET', `/api/v1/calls/${callId}`)).body as { cause?: string; story: Row[] };
}

async function rows(callId: string, type: string): Promise<Row[]> {
  return (await story(callId)).story.filter((row) => row.type === type);
}

function facts(told: readonly Row[], type: string, name: string): unknown[] {
  return told.flatMap((row) => (row.type === type ? [row.facts[name]] : []));
}

/** The page's renderer dies without a word, and the agent logs in on another one: a login is a tab's own. */
async function crash(): Promise<void> {
  const crashed = alice.page.waitForEvent('crash');
  const { page } = alice;
  const devtools = await context.newCDPSession(page);
  void devtools.send('Page.crash').catch(() => undefined);
  await crashed;
  alice = await stage.agentIn(context, { records: true });
  await page.close();
}

it('is one call, in which both are heard after each time', async () => {
  await phone.dial(`sip:+8653100000@127.0.0.1:${site.sipPort}`);
  await phone.event('CALL_ESTABLISHED');
  await phone.press('1');
  const callId = await alice.call('ringing');
  await alice.answer();
  await agentHears(alice);
  await phoneHears(phone, alice);

  const gaps: Int16Array[] = [];
  for (let count = 1; count <= reloads + 1; count++) {
    const before = (await phone.heardSoFar()).length;
    await (count <= reloads ? alice.page.reload() : crash());
    await until(async () => (await rows(callId, 'leg-resumed')).length === count);
    expect(await alice.call('talking')).toBe(callId);
    await agentHears(alice);
    await phoneHears(phone, alice);
    gaps.push((await phone.heardSoFar()).subarray(Math.max(0, before - 2 * rate)));
  }

  await alice.at('hang-up').click();
  await phone.event('CALL_CLOSED');
  await alice.wrapUp();
  const { cause, story: told } = await story(callId);
  expect(cause).toBe('agent-hangup');
  const wanted = ['call-invited', 'queued', 'offered', 'answered', 'leg-lost', 'leg-resumed', 'call-ended'];
  const types = told.map(({ type }) => type).filter((type) => wanted.includes(type));
  const again = Array.from({ length: reloads + 1 }, () => ['leg-lost', 'leg-resumed']).flat();
  expect(types).toEqual(['call-invited', 'queued', 'offered', 'answered', ...again, 'call-ended']);
  const figures = {
    seenBy: facts(told, 'leg-lost', 'cause'),
    ledgerGapMs: facts(told, 'leg-resumed', 'gapMs'),
    callerMissedAgentMs: gaps.map(missingMs),
  };
  console.log('page loaded again in mid-call, then crashed:', JSON.stringify(figures));
});
