/** Server and SIP engine die in mid-call: talks and waiting callers go on, and everybody can still do everything. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { PlainPhone } from '../support/plain-phone.ts';
import { startSite, type TestSite } from '../support/site.ts';

const agents = ['alice', 'bob', 'carol', 'dave'];
/** Callers who wait in the queue beside those who talk. */
const waiters = 6;
const kills = 2;

let site: TestSite;
let browser: Browser;
const pages: AgentPage[] = [];
const phones: PlainPhone[] = [];

beforeAll(async () => {
  const more = (dialplans: string): void => {
    for (const agent of agents.slice(2))
      appendFileSync(
        join(dialplans, 'agents.yaml'),
        `  ${agent}:\n    name: ${agent}\n    skills: { support: 3 }\n    queues: [support]\n    languages: [en-US]\n`,
      );
  };
  // So many deaths in a minute are this test's doing.
  site = await startSite({ deaths: true, environment: { JACKFIELD_SUPERVISOR_WITHIN_IN_SECONDS: '1' }, prepare: more });
  browser = await launchChromium();
  for (const agent of agents) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await openAgentPage(context, site, { agent });
    page.page.setDefaultTimeout(90_000);
    pages.push(page);
  }
  await Promise.all(pages.map((page) => page.logIn()));
  await Promise.all(pages.map((page) => page.goAvailable()));
});

afterAll(async () => {
  for (const phone of phones) await phone.close();
  await browser.close();
  await site.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  console.error(await site.diagnosis(), ...(await Promise.all(pages.map((page) => page.glance()))));
});

/** What was measured, per part; said at the end. Times in ms since the death: they tell of the machine's load as well. */
interface Figures {
  calls: number;
  lost: number;
  sources: number;
  byeMs: number;
  holdMs: number;
  hangUpMs: number;
  deskHoldMs: number;
  registeredMs: number;
}

interface Talk {
  readonly phone: PlainPhone;
  readonly page: AgentPage;
  /** Resolves when the page has noticed the death, and is connected to the part that died again. */
  readonly back: () => Promise<void>;
}

async function call(): Promise<PlainPhone> {
  const phone = await PlainPhone.dial(site);
  phones.push(phone);
  return phone;
}

/** What of a page tells whether it is connected to a part. */
const lights = { 'sip-engine': ['phone-state', 'registered'], server: ['feed-state', 'live'] } as const;

async function talking(calls: readonly PlainPhone[], part: keyof typeof lights): Promise<Talk[]> {
  const ids = await Promise.all(calls.map((phone) => phone.callId()));
  return Promise.all(
    pages.map(async (page) => {
      const phone = calls[ids.indexOf(await page.call('ringing'))];
      if (phone === undefined) throw new Error('somebody else rings');
      await page.answer();
      // A moment of talk before anything happens, counted in packets.
      await phone.rtp.hear(25);
      const [light, good] = lights[part];
      const noticed = await page.leaving(light, good);
      const back = async (): Promise<void> => {
        await noticed();
        await page.page.locator(`[data-testid=${light}][data-state=${good}]`).waitFor();
      };
      return { phone, page, back };
    }),
  );
}

/** The far side's voice came without a gap and from one source. */
function judge(phone: PlainPhone, figures: Figures): void {
  figures.calls++;
  figures.lost += phone.rtp.sequenceGaps();
  figures.sources = Math.max(figures.sources, phone.rtp.sources().size);
}

async function ended({ phone }: { readonly phone: PlainPhone }, cause: string): Promise<void> {
  expect((await phone.row('call-ended')).facts).toMatchObject({ cause });
}

/** What each of four talks goes through. `since` tells the time since the death. */
function fates(
  figures: Figures,
  since: () => number,
  part: keyof typeof lights,
): readonly ((talk: Talk) => Promise<void>)[] {
  const most = (name: 'byeMs' | 'holdMs' | 'hangUpMs' | 'deskHoldMs'): void => {
    figures[name] = Math.max(figures[name], since());
  };
  const hold = async ({ phone, page }: Talk): Promise<void> => {
    expect(await phone.hold(true)).toMatch(/a=(recvonly|inactive)/);
    most('holdMs');
    await phone.row('held');
    expect(await phone.hold(false)).toMatch(/a=sendrecv/);
    await phone.rtp.hear(25);
    await page.at('hang-up').click();
    await phone.heardBye;
    await ended({ phone }, 'agent-hangup');
  };
  const bye = async ({ phone }: Talk): Promise<void> => {
    await phone.bye();
    most('byeMs');
    await ended({ phone }, 'caller-hangup');
  };
  // What is clicked before a page has noticed that the server died is lost with it.
  const hangUp = async ({ phone, page, back }: Talk): Promise<void> => {
    if (part === 'server') await back();
    await page.at('hang-up').click();
    await phone.heardBye;
    most('hangUpMs');
    await ended({ phone }, 'agent-hangup');
  };
  const deskHold = async ({ phone, page, back }: Talk): Promise<void> => {
    if (part === 'server') await back();
    await page.at('hold').click();
    await page.at('resume').waitFor();
    most('deskHoldMs');
    await page.at('resume').click();
    await page.call('talking');
    await phone.bye();
    await ended({ phone }, 'caller-hangup');
  };
  return [hold, bye, hangUp, deskHold];
}

describe.each(['sip-engine', 'server'] as const)('kill -9 of the %s', (part) => {
  it(`in mid-call, ${kills} times ${agents.length + waiters}: hold, resume and BYE work from both sides`, async () => {
    const [calls, lost, sources, byeMs, holdMs, hangUpMs, deskHoldMs, registeredMs] = [0, 0, 0, 0, 0, 0, 0, 0];
    const figures: Figures = { calls, lost, sources, byeMs, holdMs, hangUpMs, deskHoldMs, registeredMs };
    for (let kill = 0; kill < kills; kill++) {
      const talks = await talking(await Promise.all(agents.map(() => call())), part);
      const waiting = await Promise.all(Array.from({ length: waiters }, () => call()));
      await Promise.all(waiting.map((phone) => phone.row('queued')));

      const killedAt = Date.now();
      const since = (): number => Date.now() - killedAt;
      const pid = await site.kill(part);
      const fate = fates(figures, since, part);
      const acted = talks.map((talk, index) => fate[index % fate.length]?.(talk));
      // Those who wait hold and resume, and some of them give up.
      const waited = waiting.map(async (phone, index) => {
        if (index % 2 === 0) await phone.hold(true);
        if (index % 2 === 0) await phone.hold(false);
        await phone.bye();
        figures.byeMs = Math.max(figures.byeMs, since());
        await ended({ phone }, 'caller-hangup');
      });
      const back = talks.map(async (talk) => {
        await talk.back();
        if (part === 'sip-engine') figures.registeredMs = Math.max(figures.registeredMs, since());
      });
      await Promise.all([...acted, ...waited, ...back]);
      await site.untilReady(part, pid);
      for (const phone of [...talks.map((talk) => talk.phone), ...waiting]) judge(phone, figures);
      await Promise.all(pages.map((page) => page.wrapUp()));
    }
    console.log(`kill -9 of the ${part}: ${JSON.stringify(figures)}`);
    expect(figures).toMatchObject({ calls: kills * (agents.length + waiters), lost: 0, sources: 1 });
  }, 300_000);
});
