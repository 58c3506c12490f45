/** A part dies while a caller is in each state a call has: what it held goes on, or ends with its true cause. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AgentSummary, QueueSummary } from '../../protocol/rest.ts';
import { siteFiles } from '../../server/config.ts';
import type { AgentPage } from '../support/agent-page.ts';
import { LinkClient } from '../support/sip/link.ts';
import type { PartName, TestSite } from '../support/site.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';
import { answerNext, type Caller, callSite } from '../support/talks.ts';

let stage: Stage;
let site: TestSite;
let alice: AgentPage;

beforeAll(async () => {
  stage = await openStage({ deaths: true });
  ({ site } = stage);
  alice = await stage.agent({ patienceMs: 30_000 });
});

afterAll(async () => {
  await stage.close();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stage.report());
});

async function items<T>(path: string): Promise<readonly T[]> {
  return ((await site.api('GET', path)).body as { items: T[] }).items;
}

async function support(): Promise<QueueSummary | undefined> {
  return (await items<QueueSummary>('/api/v1/queues')).find(({ id }) => id === 'support');
}

async function agent(): Promise<AgentSummary | undefined> {
  return (await items<AgentSummary>('/api/v1/agents')).find(({ id }) => id === 'alice');
}

/** Kills a part, lets `meanwhile` happen, and waits until everything is ready again. */
async function kill(part: PartName, meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
  const noticed = part === 'server' ? await alice.leaving('feed-state', 'live') : () => Promise.resolve();
  const pid = await site.kill(part);
  await Promise.all([meanwhile(), noticed()]);
  await site.untilReady(part, pid);
  await alice.page.locator('[data-testid=feed-state][data-state=live]').waitFor();
}

/** UDP ports of the media node's RTP range that are open, as the kernel tells: an endpoint has two. */
function rtpPortsOpen(): number[] {
  const [first = 0, last = 0] = site.config.media.rtpPorts.split('-').map(Number);
  const ports = readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .map((line) => Number.parseInt(line.slice(15, 19), 16));
  return ports.filter((port) => port >= first && port <= last);
}

/** Nothing is left of any call: no dialog in the engine, no socket in the media node, nobody in the queue. */
async function nothingHaunts(): Promise<void> {
  const secret = readFileSync(siteFiles(site.config).engineSecret, 'utf8').trim();
  const link = await LinkClient.greet(site.config.sip.linkPort, secret);
  await until(async () => (await link.dialogs()).length === 0);
  link.close();
  await until(() => rtpPortsOpen().length === 0);
  await until(async () => (await support())?.waiting === 0);
  await until(async () => (await agent())?.activity === 'idle');
}

/** The agent takes a call as ever, and both ends of it work. */
async function takesTheNextCall(): Promise<void> {
  const caller = await callSite(site);
  await answerNext(alice, [caller]);
  const report = await caller.hangUp();
  expect(report.end).toMatchObject({ type: 'hung-up', by: 'caller' });
  expect((await caller.row('call-ended')).facts).toMatchObject({ cause: 'caller-hangup' });
  await alice.wrapUp();
  await nothingHaunts();
}

describe('kill -9 of the server', () => {
  let caller: Caller;

  it('while a caller is in the menu: the digit pressed meanwhile takes them on', async () => {
    caller = await callSite(site, '');
    await caller.row('prompt-played');
    await kill('server', async () => {
      caller.call.press('1');
      await caller.hears(50);
    });
    expect((await caller.row('menu-chosen')).facts).toMatchObject({ digit: '1' });
    await caller.row('queued');
  });

  it('while a caller waits: they hear music all the while and keep their place', async () => {
    const before = await support();
    expect(before).toMatchObject({ waiting: 1 });
    await kill('server', () => caller.hears(50));
    await caller.row('call-recovered', 2);
    expect(await support()).toEqual(before);
  });

  it('while an agent rings: the ring stops, the offer comes again, and the caller has waited from the start', async () => {
    await alice.goAvailable();
    await alice.call('ringing');
    await kill('server', await alice.leaving('call-card', 'ringing'));
    await caller.row('offered', 2);
    await answerNext(alice, [caller]);
    const [queued, answered] = [await caller.row('queued'), await caller.row('answered')];
    expect(answered.facts['agent']).toBe('alice');
    // Counted from the first entry, not from the restart, which took a second and more: the row and the fact are
    // stamped a moment apart.
    const counted = Number(answered.facts['waitedMs']) - (answered.at - queued.at);
    expect(Math.abs(counted)).toBeLessThanOrEqual(500);
  });

  it('while an agent wraps up: they end it with the disposition they choose', async () => {
    await caller.hangUp();
    await alice.activity('wrap-up');
    await kill('server');
    await alice.wrapUp();
    expect((await caller.row('wrap-up-ended')).facts).toMatchObject({ disposition: 'resolved', by: 'agent' });
    await nothingHaunts();
  });
});

describe('kill -9 of the sip-engine', () => {
  let waiting: Caller;

  it('while callers talk, wait and choose: all go on', async () => {
    const talking = await callSite(site);
    await answerNext(alice, [talking]);
    waiting = await callSite(site);
    await waiting.row('queued');
    const inMenu = await callSite(site, '');
    await inMenu.row('prompt-played');

    await kill('sip-engine', async () => {
      inMenu.call.press('1');
      await Promise.all([talking, waiting, inMenu].map((caller) => caller.hears(50)));
    });
    await inMenu.row('queued');
    for (const caller of [inMenu, talking]) {
      const report = await caller.hangUp();
      expect(report).toMatchObject({ end: { type: 'hung-up', by: 'caller' }, received: { lost: 0 } });
      expect((await caller.row('call-ended')).facts).toMatchObject({ cause: 'caller-hangup' });
    }
  });

  it('while an agent rings: the ring stops, and the offer comes again once the page is back', async () => {
    await alice.dispose();
    await alice.call('ringing');
    await kill('sip-engine', await alice.leaving('call-card', 'ringing'));
    await waiting.row('offered', 2);
    await answerNext(alice, [waiting]);
    await waiting.hangUp();
    await alice.wrapUp();
    await nothingHaunts();
  });
});

describe('kill -9 of the media', () => {
  it('while callers talk, wait and choose: each is moved to the next one by re-INVITE, and goes on', async () => {
    const talking = await callSite(site);
    await answerNext(alice, [talking]);
    const waiting = await callSite(site);
    await waiting.row('queued');
    const inMenu = await callSite(site, '');
    await inMenu.row('prompt-played');
    const callers = [talking, waiting, inMenu];

    await kill('media');
    const resumed = await Promise.all(callers.map((caller) => caller.row('leg-resumed', caller === talking ? 2 : 1)));
    // Nobody is heard of by the dead node any more: what comes now is from the fresh endpoint.
    await Promise.all(callers.map((caller) => caller.hears(50)));
    console.log(
      're-INVITEd after kill -9 of the media node, ms:',
      resumed.map(({ facts }) => facts['gapMs']),
    );
    inMenu.call.press('1');
    await inMenu.row('queued');
    expect(await alice.call('talking')).toBe(await talking.callId());
    for (const caller of [inMenu, waiting, talking]) {
      expect((await caller.hangUp()).end).toMatchObject({ type: 'hung-up', by: 'caller' });
      expect((await caller.row('call-ended')).facts).toMatchObject({ cause: 'caller-hangup' });
    }
    await alice.wrapUp();
    await nothingHaunts();
    await takesTheNextCall();
  });
});
