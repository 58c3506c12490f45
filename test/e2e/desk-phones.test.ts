/** An agent with several devices: a page in Chromium, baresip and linphonec as desk phones; calls taken end to end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentSummary, deviceCredentials, type DeviceCredentials } from '../../protocol/rest.ts';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { type Linphone, startLinphone } from '../support/linphone.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import { answerNext, type Caller, callSite } from '../support/talks.ts';
import { agentChirp, repeated, writeMicrophone } from '../support/voices.ts';
import { correlate } from '../support/audio-measure.ts';

/** Straight to the queue: the menu is tested elsewhere. */
const routes = `routes:
  main:
    name: { en: Main number, zh: 总机 }
    numbers: ['+8653100000']
    language: en-US
    start: support
    steps:
      support:
        queue: support
        on-timeout: bye
        otherwise: bye
      bye:
        hangup: normal
`;

let folder: string;
let site: TestSite;
let browser: Browser;
let alice: AgentPage;
let desk: DeviceCredentials;
let phone: Baresip;

async function agent(): Promise<AgentSummary> {
  const { items } = (await site.api('GET', '/api/v1/agents')).body as { items: AgentSummary[] };
  const found = items.find(({ id }) => id === 'alice');
  if (found === undefined) throw new Error('no alice');
  return found;
}

function registered(transport: 'udp' | 'tcp'): Promise<Baresip> {
  const { username: user, domain, password } = desk;
  const account = { domain, password, registrar: site.sipPort, transport };
  return startBaresip({ user, says: repeated(agentChirp, 60), account });
}

async function ring(choice: 'all' | 'softphone' | 'desk'): Promise<void> {
  await alice.at(`ring-${choice}`).click();
  await alice.page.locator(`[data-testid=phones][data-ring=${choice}]`).waitFor();
}

/** The device list of the page shows so many phones in that state. */
async function shows(kind: string, state: string, count = 1): Promise<void> {
  await until(
    async () =>
      (await alice.page.locator(`[data-testid=device][data-kind=${kind}][data-state=${state}]`).count()) === count,
  );
}

/** Places a call; resolves when it rings at the desk phone. */
async function ringPhone(): Promise<Caller> {
  const before = phone.events.filter(({ type }) => type === 'CALL_INCOMING').length;
  const caller = await callSite(site);
  await phone.event('CALL_INCOMING', before + 1);
  return caller;
}

/** How well the best second of what was heard is the agent's voice: a busy machine may lose some of the others. */
function bestPeak(samples: Int16Array): number {
  let best = 0;
  for (let at = 0; at + 8000 <= samples.length; at += 2000)
    best = Math.max(best, correlate(samples.subarray(at, at + 8000), agentChirp).peak);
  return best;
}

async function wrapUp(caller: Caller): Promise<void> {
  await alice.wrapUp();
  await caller.row('wrap-up-ended');
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-desk-phones-'));
  site = await startSite({
    deaths: true,
    prepare: (dialplans) => writeFileSync(join(dialplans, 'routes.yaml'), routes),
    environment: { JACKFIELD_SIP_REGISTRATIONS_PING_EVERY_IN_SECONDS: '2', JACKFIELD_SIP_T1: '50' },
  });
  browser = await launchChromium({ microphone: writeMicrophone(join(folder, 'microphone.wav')) });
  alice = await openAgentPage(await browser.newContext({ ignoreHTTPSErrors: true }), site);
  alice.page.setDefaultTimeout(30_000);
  const made = await site.command('agent', 'device', 'add', 'alice', '--json');
  desk = deviceCredentials.parse(JSON.parse(made.stdout));
  [phone] = await Promise.all([registered('udp'), alice.logIn()]);
  await shows('desk', 'reachable');
  await alice.goAvailable();
});

afterAll(async () => {
  await phone.close();
  await browser.close();
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis(), await alice.glance(), phone.log);
});

describe('a page and a desk phone', () => {
  it('both ring; taken on the desk phone, the page stops and shows the call with its buttons', async () => {
    const caller = await ringPhone();
    await alice.call('ringing');
    await phone.accept();
    await alice.page.locator('[data-testid=call-card][data-state=talking][data-audio=elsewhere]').waitFor();
    expect((await caller.row('answered')).facts).toMatchObject({ device: 'desk' });
    expect(new Set((await caller.row('offered')).facts['devices'] as string[])).toEqual(new Set(['webrtc', 'desk']));
    await phone.command('hold');
    await alice.call('held');
    await phone.command('resume');
    await alice.call('talking');
    await alice.at('hold').click();
    await alice.call('held');
    await alice.at('resume').click();
    await alice.call('talking');
    expect((await caller.row('held')).facts).toMatchObject({ by: 'agent', on: 'phone' });

    const from = Math.round(caller.call.mediaElapsedMs * 8);
    await caller.hears(125);
    await phone.hangUp();
    const report = await caller.call.ended;
    expect(report.end).toMatchObject({ type: 'hung-up', by: 'far-side' });
    expect(bestPeak(report.recording.subarray(from))).toBeGreaterThan(0.7);
    await wrapUp(caller);
  });

  it('both ring; taken on the page, the desk phone is told that the call was completed elsewhere', async () => {
    const caller = await ringPhone();
    await answerNext(alice, [caller]);
    await phone.event('CALL_CLOSED', 2);
    expect((await caller.row('answered')).facts).toMatchObject({ device: 'webrtc' });
    await caller.hangUp();
    await wrapUp(caller);
  });

  it('the desk phone alone rings when the agent wants it so; the page offers nothing to answer, and can hang up', async () => {
    await ring('desk');
    const caller = await ringPhone();
    await alice.call('offered');
    expect(await alice.at('answer').count()).toBe(0);
    expect(await alice.at('call-remarks').textContent()).toMatch(/desk phone \(desk\)/);
    await phone.accept();
    await alice.page.locator('[data-testid=call-card][data-state=talking][data-audio=elsewhere]').waitFor();
    await alice.at('hang-up').click();
    expect((await caller.call.ended).end).toMatchObject({ type: 'hung-up', by: 'far-side' });
    await phone.event('CALL_CLOSED', 3);
    await wrapUp(caller);
  });

  it('a desk phone that dies is shown dead and not rung; one that registers again is', async () => {
    await ring('all');
    const program = phone;
    await program.kill();
    await shows('desk', 'unreachable');
    expect((await site.command('agent', 'list')).stdout).toMatch(/1 not answering/);
    const caller = await callSite(site);
    await answerNext(alice, [caller]);
    expect((await caller.row('offered')).facts).toMatchObject({ devices: ['webrtc'] });
    await caller.hangUp();
    await wrapUp(caller);
    phone = await registered('tcp');
    await until(async () => (await agent()).devices.some(({ kind, reachable }) => kind === 'desk' && reachable));
  });
});

describe('linphonec', () => {
  it('takes a call, and the caller hangs up', async () => {
    const made = await site.command('agent', 'device', 'add', 'alice', '--name', 'linphone', '--json');
    const { username: user, domain, password } = deviceCredentials.parse(JSON.parse(made.stdout));
    const linphone: Linphone = await startLinphone({
      user,
      domain,
      password,
      registrar: site.sipPort,
      transport: 'udp',
    });
    try {
      await until(async () => (await agent()).devices.some(({ name }) => name === 'linphone'));
      linphone.command('soundcard use files');
      await ring('desk');
      const caller = await callSite(site);
      await linphone.printed(/incoming call|new incoming|Receiving new/i);
      linphone.command('answer');
      await alice.page.locator('[data-testid=call-card][data-state=talking][data-audio=elsewhere]').waitFor();
      expect((await caller.row('answered')).facts).toMatchObject({ device: 'linphone' });
      await caller.hears(50);
      await caller.hangUp();
      await wrapUp(caller);
    } finally {
      await linphone.close();
      await ring('all');
    }
  });
});

describe('after a restart of the server', () => {
  it('the desk phone is still registered and takes the next call', async () => {
    const pid = await site.kill('server');
    await site.untilReady('server', pid);
    await alice.page.locator('[data-testid=feed-state][data-state=live]').waitFor();
    await ring('desk');
    await shows('desk', 'reachable');
    const caller = await ringPhone();
    await phone.accept();
    await caller.row('answered');
    await caller.hangUp();
    await wrapUp(caller);
  });
});
