/** A caller is handed over: to a number, to a colleague, by a desk phone's REFER; and comes back when that fails. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { AgentPage } from '../support/agent-page.ts';
import { correlate, strength } from '../support/audio-measure.ts';
import { type Baresip, type BaresipOptions, startBaresip } from '../support/baresip.ts';
import { outsideTrunk } from '../support/outside-trunk.ts';
import { freePort } from '../support/programs.ts';
import type { TestSite } from '../support/site.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';
import { type CalleeStep, type SippCallee, startSippCallee } from '../support/sipp-callee.ts';
import { answerNext, callSite, type Caller, type StoryRow } from '../support/talks.ts';
import { agentHeardIn, callerChirp, repeated } from '../support/voices.ts';

let stage: Stage;
let site: TestSite;
let alice: AgentPage;
let bob: AgentPage;
/** Everybody outside is behind the trunk at this port. */
let outside: number;

beforeAll(async () => {
  outside = await freePort();
  // A baresip there opens the next one too, for TLS.
  await freePort();
  stage = await openStage({ deaths: true, prepare: outsideTrunk(outside) });
  ({ site } = stage);
  const open = (agent: string): Promise<AgentPage> => stage.agent({ agent, patienceMs: 30_000 });
  [alice, bob] = await Promise.all([open('alice'), open('bob')]);
});

afterAll(async () => {
  await stage.close();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stage.report());
});

const ringing: CalleeStep = { type: 'answer', status: 180, reason: 'Ringing' };
const answered: readonly CalleeStep[] = [
  { type: 'answer', status: 200, reason: 'OK', sdp: true },
  { type: 'expect', request: 'ACK' },
];

/** Somebody who is there for one test, whether it ends well or not: the next one has the same number's port. */
async function forThisTest<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  onTestFinished(() => started.close());
  return started;
}

function baresip(options: BaresipOptions): Promise<Baresip> {
  return forThisTest(startBaresip(options));
}

function callee(steps: readonly CalleeStep[], options: { says?: boolean; calls?: number } = {}): Promise<SippCallee> {
  const samples = repeated(callerChirp, 6);
  const says = options.says === true ? { says: [{ type: 'audio', samples, turn: 1 } as const] } : {};
  return forThisTest(startSippCallee({ port: outside, steps, calls: options.calls ?? 1, ...says }));
}

/** A caller who says nothing talks to alice. */
async function talkTo(page: AgentPage): Promise<Caller> {
  await page.goAvailable();
  const caller = await callSite(site, '1');
  await answerNext(page, [caller]);
  return caller;
}

/** Opens the panel, types and hands over, by the keyboard alone. */
async function handOver(page: AgentPage, to: string): Promise<void> {
  await page.page.keyboard.press('Alt+KeyR');
  await page.at('transfer-to').waitFor();
  await page.page.keyboard.type(to);
  await page.page.keyboard.press('Enter');
}

async function picture(page: AgentPage, name: string): Promise<void> {
  const pictures = process.env['JACKFIELD_PICTURES'];
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.page.screenshot({ path: join(pictures, `${name}.png`) });
}

const stageOf = (page: AgentPage, name: string): Promise<void> =>
  page.page.locator(`[data-testid=transfer-note][data-stage=${name}]`).waitFor();

const types = (story: readonly StoryRow[]): string[] => story.map(({ type }) => type);

describe('a blind transfer by the agent', () => {
  it('lets the caller hear ring-back and then the target; the agent wraps up meanwhile', async () => {
    const party = await callee(
      [ringing, { type: 'wait', ms: 2500 }, ...answered, { type: 'play' }, { type: 'expect', request: 'BYE' }],
      { says: true },
    );
    const caller = await talkTo(alice);
    await handOver(alice, '139 0000 2001');
    await stageOf(alice, 'ringing');
    await picture(alice, 'transfer-ringing');
    await alice.call('ended');
    await alice.activity('wrap-up');
    // 250 packets are five seconds of what the target says.
    await caller.hears(250);
    await alice.wrapUp('resolved');
    const { recording } = await caller.hangUp();
    await caller.row('call-ended');
    const story = await caller.story();
    expect(story.find(({ type }) => type === 'call-transferred')?.facts).toMatchObject({
      ...{ by: 'alice', type: 'blind', outcome: 'connected' },
    });
    expect(types(story)).toEqual(
      expect.arrayContaining(['transfer-asked', 'transfer-ringing', 'transfer-connected', 'wrap-up-ended']),
    );
    const pieces = Array.from({ length: Math.floor(recording.length / 4000) }, (_, at) =>
      recording.subarray(at * 4000, (at + 1) * 4000),
    );
    expect(
      pieces.some((piece) => strength(piece, 450) > 700),
      'ring-back',
    ).toBe(true);
    expect(correlate(recording.subarray(-32_000), callerChirp).peak).toBeGreaterThan(0.8);
    // sipp may still be speaking then, and complains of that; what counts is that the far side is told.
    expect((await party.finished()).messages).toMatch(/^BYE sip:/m);
  });

  it('brings the caller back when the target is busy', async () => {
    await callee([ringing, { type: 'answer', status: 486, reason: 'Busy Here' }]);
    const caller = await talkTo(alice);
    await handOver(alice, '13900002002');
    await stageOf(alice, 'failed');
    await alice.page.locator('[data-testid=problem][data-code=dial-busy]').waitFor();
    await picture(alice, 'transfer-failed');
    await alice.call('talking');
    await caller.hears(150);
    const { recording } = await caller.hangUp();
    expect(agentHeardIn(recording.subarray(-16_000)).peak).toBeGreaterThan(0.8);
    await alice.wrapUp();
    const row = await caller.row('call-transferred');
    expect(row.facts).toMatchObject({ outcome: 'busy', status: 486 });
  });

  it('rings the agent back who did not wait for a target that is busy', async () => {
    await callee([ringing, { type: 'wait', ms: 3000 }, { type: 'answer', status: 486, reason: 'Busy' }]);
    const caller = await talkTo(alice);
    await handOver(alice, '13900002003');
    await stageOf(alice, 'ringing');
    await alice.page.keyboard.press('Alt+KeyE');
    await alice.activity('wrap-up');
    expect(await alice.call('ringing')).toBe(await caller.callId());
    await alice.answer();
    await caller.hears(150);
    const { recording } = await caller.hangUp();
    expect(agentHeardIn(recording.subarray(-16_000)).peak).toBeGreaterThan(0.8);
    await alice.wrapUp();
    expect(types(await caller.story())).toContain('transferor-recalled');
  });

  it('to a colleague rings their page, who talks to the caller when they answer', async () => {
    const caller = await talkTo(alice);
    const { code } = await site.command('call', 'transfer', await caller.callId(), 'agent:bob');
    expect(code).toBe(0);
    expect(await bob.call('ringing')).toBe(await caller.callId());
    await bob.at('transferred-by').waitFor();
    await bob.activity('offered');
    await picture(bob, 'transfer-rung');
    await bob.answer();
    await alice.wrapUp();
    await caller.hears(150);
    const { recording } = await caller.hangUp();
    expect(agentHeardIn(recording.subarray(-16_000)).peak).toBeGreaterThan(0.8);
    await bob.wrapUp();
    const story = await caller.story();
    expect(types(story).filter((type) => type === 'wrap-up-ended')).toHaveLength(2);
    // A leg's figures and its last words may come in after that.
    const acts = types(story).filter((type) => type !== 'quality' && type !== 'transcript-heard');
    expect(acts.slice(-1)).toEqual(['wrap-up-ended']);
  });
});

/** The consultation as the page shows it. */
const consult = (page: AgentPage, stage: string, heard?: string): Promise<void> =>
  page.page
    .locator(`[data-testid=consult][data-stage=${stage}]${heard === undefined ? '' : `[data-with=${heard}]`}`)
    .waitFor();

/** What the page of the colleague says of it. */
const consulted = (page: AgentPage, how: string): Promise<void> =>
  page.page.locator(`[data-testid=transferred-by][data-consultation=${how}]`).waitFor();

/** Opens the panel, types, and asks to talk first. */
async function talkFirst(page: AgentPage, to: string): Promise<void> {
  await page.page.keyboard.press('Alt+KeyR');
  await page.at('transfer-to').waitFor();
  await page.page.keyboard.type(to);
  await page.page.keyboard.press('Shift+Enter');
}

/** The same moment in both languages. */
async function bothPictures(page: AgentPage, name: string): Promise<void> {
  if (process.env['JACKFIELD_PICTURES'] === undefined) return;
  await picture(page, `${name}-en`);
  await page.page.keyboard.press('Alt+KeyL');
  await picture(page, `${name}-zh`);
  await page.page.keyboard.press('Alt+KeyL');
}

describe('an attended transfer by the agent', () => {
  it('lets the agent talk to a number first, change between the two, and hand over; it outlives kill -9 of the server', async () => {
    const target = await baresip({ port: outside, user: '+8613900004001', says: repeated(callerChirp, 60) });
    const caller = await talkTo(alice);
    await talkFirst(alice, '13900004001');
    await consult(alice, 'ringing');
    await bothPictures(alice, 'consult-ringing');
    await target.event('CALL_INCOMING');
    await target.command('accept');
    await consult(alice, 'talking', 'target');
    await bothPictures(alice, 'consult-target');
    // Three seconds of music for the caller, and of the agent for the target.
    await caller.hears(150);
    await site.untilReady('server', await site.kill('server'));
    await alice.page.locator('[data-testid=feed-state][data-state=live]').waitFor();
    await consult(alice, 'talking', 'target');
    await alice.page.keyboard.press('Alt+KeyS');
    await consult(alice, 'talking', 'caller');
    await bothPictures(alice, 'consult-caller');
    const swapped = caller.call.mediaElapsedMs * 8;
    await caller.hears(150);
    const back = caller.call.mediaElapsedMs * 8;
    await alice.page.keyboard.press('Alt+KeyS');
    await consult(alice, 'talking', 'target');
    await alice.page.keyboard.press('Alt+KeyG');
    await alice.call('ended');
    await alice.activity('wrap-up');
    await caller.hears(200);
    await alice.wrapUp();
    const { recording } = await caller.hangUp();
    await target.event('CALL_CLOSED');
    await caller.row('call-ended');
    const row = await caller.row('call-transferred');
    expect(row.facts).toMatchObject({ by: 'alice', type: 'attended', way: 'desk', outcome: 'connected' });
    const told = types(await caller.story()).filter((type) => /consult|transfer|swap|call-ended/.test(type));
    expect(told).toEqual([
      ...['consult-asked', 'transfer-ringing', 'consult-connected', 'consult-swapped', 'consult-swapped'],
      ...['call-transferred', 'transfer-connected', 'call-ended'],
    ]);
    expect(
      agentHeardIn(recording.subarray(Math.round(swapped), Math.round(back))).peak,
      'the agent, after the swap',
    ).toBeGreaterThan(0.8);
    expect(correlate(recording.subarray(-24_000), callerChirp).peak, 'the target, in the end').toBeGreaterThan(0.8);
    const heard = await target.heard();
    expect(agentHeardIn(heard.subarray(0, 40_000)).peak, 'the agent, at the target').toBeGreaterThan(0.8);
    expect(correlate(heard.subarray(-24_000), callerChirp).peak, 'the caller, at the target').toBeGreaterThan(0.8);
  });

  it('consults a colleague at their page, who hangs up, or is let go; the caller is back', async () => {
    const caller = await talkTo(alice);
    await alice.page.keyboard.press('Alt+KeyR');
    await alice.page.locator('[data-testid=transfer-choice][data-to="agent:bob"]').waitFor();
    await bothPictures(alice, 'consult-choices');
    const spills = await alice.at('call-card').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
    expect(spills, 'what stands out of the card').toBe(0);
    await alice.page.keyboard.type('agent:bob');
    await alice.page.keyboard.press('Shift+Enter');
    expect(await bob.call('ringing')).toBe(await caller.callId());
    await bothPictures(bob, 'consult-rung');
    await bob.answer();
    await bob.activity('talking');
    await consulted(bob, 'talks');
    await bothPictures(bob, 'consulted');
    await consult(alice, 'talking', 'target');
    await bob.page.keyboard.press('Alt+KeyE');
    await stageOf(alice, 'failed');
    await alice.page.locator('[data-testid=problem][data-code=dial-left]').waitFor();
    await bothPictures(alice, 'consult-left');
    await bob.activity('idle');
    await alice.call('talking');
    // Once more, by the API; and the caller does not wait.
    const id = await caller.callId();
    expect((await site.command('call', 'transfer', id, 'bob', '--attended')).code).toBe(0);
    await bob.call('ringing');
    await bob.answer();
    await consult(alice, 'talking', 'target');
    expect((await site.command('call', 'swap', id)).code).toBe(0);
    await consult(alice, 'talking', 'caller');
    await consulted(bob, 'waits');
    await caller.hangUp();
    await alice.page.locator('[data-testid=consult-caller][data-state=left]').waitFor();
    await bothPictures(alice, 'consult-caller-left');
    await consulted(bob, 'caller-left');
    await bothPictures(bob, 'consulted-caller-left');
    await alice.page.keyboard.press('Alt+KeyE');
    await alice.wrapUp();
    await bob.activity('idle');
    const story = await caller.story();
    expect(story.find(({ type }) => type === 'call-ended')?.facts).toMatchObject({ cause: 'caller-hangup' });
    expect(types(story).filter((type) => type === 'wrap-up-ended')).toHaveLength(1);
  });
});

describe('REFER of a desk phone', () => {
  it('hands the party over and tells the phone how that goes', async () => {
    const made = await site.api('POST', '/api/v1/agents/bob/devices', { name: 'desk' });
    const { username, password, domain } = made.body as { username: string; password: string; domain: string };
    const steps = [ringing, ...answered, { type: 'expect', request: 'BYE' } as const];
    const party = await callee(steps, { calls: 2 });
    const account = { domain, password, registrar: site.sipPort, transport: 'tcp' } as const;
    const phone = await baresip({ user: username, account, says: repeated(callerChirp, 60) });
    await phone.registered();
    // Whoever is signed out cannot call.
    await bob.page.locator('[data-testid=presence][data-presence=paused]').waitFor();
    await phone.dial('13900003001');
    await phone.event('CALL_ESTABLISHED');
    await phone.command('transfer', `sip:13900003002@${domain}`);
    await phone.event('CALL_CLOSED');
    const { items } = (await site.api('GET', '/api/v1/calls?limit=1')).body as { items: { id: string }[] };
    const id = items[0]?.id ?? '';
    const story = async (): Promise<readonly StoryRow[]> =>
      ((await site.api('GET', `/api/v1/calls/${id}`)).body as { story: StoryRow[] }).story;
    await until(async () => types(await story()).includes('transfer-connected'));
    const row = (await story()).find(({ type }) => type === 'call-transferred');
    expect(row?.facts).toMatchObject({ by: 'bob', way: 'refer', outcome: 'connected' });
    await bob.wrapUp();
    const { stdout: ladder } = await site.command('call', 'ladder', id, '--full');
    expect(ladder).toMatch(/REFER sip:/);
    expect([...ladder.matchAll(/^\s*SIP\/2\.0 (\d+) \w+\s*$/gm)].map(([, status]) => status)).toEqual(
      expect.arrayContaining(['202', '100', '180', '200']),
    );
    expect(ladder.match(/Subscription-State: terminated/gi)).toHaveLength(1);
    expect((await site.command('call', 'hangup', id)).code).toBe(0);
    expect((await party.finished()).complaints).toBe('');
  });
});

describe('a caller whose agent is gone with their page', () => {
  it('is handed over to a colleague meanwhile', async () => {
    const caller = await talkTo(alice);
    await alice.page.goto('about:blank');
    expect((await caller.row('leg-lost')).facts).toMatchObject({ leg: 'agent' });
    const { code, stderr } = await site.command('call', 'transfer', await caller.callId(), 'agent:bob');
    expect(code, stderr).toBe(0);
    expect(await bob.call('ringing')).toBe(await caller.callId());
    await bob.answer();
    await caller.hears(150);
    const { recording } = await caller.hangUp();
    expect(agentHeardIn(recording.subarray(-16_000)).peak).toBeGreaterThan(0.8);
    await bob.wrapUp();
    expect((await caller.row('call-transferred')).facts).toMatchObject({
      by: 'alice',
      way: 'api',
      outcome: 'connected',
    });
    expect(types(await caller.story())).not.toContain('leg-resumed');
  });
});
