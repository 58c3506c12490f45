/**
 * Supervision in silent mode and a conference, both from the command line, with real phones: the supervisor listens at a
 * desk phone (baresip), another phone (baresip) is added to the talk. The agent's page and what the agent may read by the API
 * tell nothing of who listens.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { callScript, placeCall } from '../../cli/caller/index.ts';
import { deviceCredentials } from '../../protocol/rest.ts';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { strength, tone } from '../support/audio-measure.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { outsideTrunk } from '../support/outside-trunk.ts';
import { freePort } from '../support/programs.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { answerNext, Caller, nextNumber } from '../support/talks.ts';
import { until } from '../support/until.ts';
import { agentHeardIn, writeMicrophone } from '../support/voices.ts';

/** Hertz: the caller, and the phone outside. The agent says the chirp of agents. */
const callerTone = 500;
const phoneTone = 1100;
const outsideNumber = '+8613900002001';

let folder: string;
let site: TestSite;
let browser: Browser;
let alice: AgentPage;
let outside: Baresip;
/** The supervisor's desk phone. */
let desk: Baresip;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-silent-'));
  const port = await freePort();
  await freePort();
  site = await startSite({
    prepare(dialplans) {
      outsideTrunk(port)(dialplans);
      const file = join(dialplans, 'site.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^site:\n/m, 'site:\n  supervision: silent\n'));
      if (!readFileSync(file, 'utf8').includes('silent')) throw new Error('site.yaml is not as this test believes');
    },
  });
  outside = await startBaresip({ port, user: outsideNumber, answers: true, says: tone(phoneTone, 300) });
  browser = await launchChromium({ microphone: writeMicrophone(join(folder, 'microphone.wav')) });
  alice = await openAgentPage(await browser.newContext({ ignoreHTTPSErrors: true }), site);
  alice.page.setDefaultTimeout(60_000);
  const made = await site.command('agent', 'device', 'add', 'sue', '--json');
  const { username: user, domain, password } = deviceCredentials.parse(JSON.parse(made.stdout));
  const account = { domain, password, registrar: site.sipPort, transport: 'udp' } as const;
  [desk] = await Promise.all([startBaresip({ user, answers: true, account }), alice.logIn()]);
  await until(async () =>
    /reachable|registered/.test((await site.command('agent', 'device', 'list', 'sue', '--json')).stdout),
  );
  await site.command('agent', 'resume', 'sue');
  await alice.goAvailable();
});

afterAll(async () => {
  await browser.close();
  await Promise.all([outside.close(), desk.close()]);
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail')
    console.error(await site.diagnosis(), await alice.glance(), desk.log.slice(-2000), outside.log.slice(-2000));
});

/** The command line, which has to succeed; what it said. */
async function jackfield(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await site.command(...words);
  expect(code, `${words.join(' ')}: ${stderr}`).toBe(0);
  return stdout;
}

/** A caller who says a tone for as long as the call lasts. */
async function arrive(): Promise<Caller> {
  const number = nextNumber();
  const speech = tone(callerTone, 300);
  const script = callScript({ digits: '1', digitsAfterMs: 500, speech, sayAfterMs: 100, sayTimes: 1, sayEveryMs: 0 });
  const to = { host: '127.0.0.1', port: site.sipPort };
  const call = await placeCall({ called: '+8653100000', to, from: number, script });
  await Promise.race([call.answered, call.ended]);
  return new Caller(number, call, site);
}

/** What alice may read by the API. */
async function aliceReads(path: string): Promise<string> {
  const { login: name, password } = site.loginOf('alice');
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const body = JSON.stringify({ name, password });
  const login = await fetch(`${site.url}/api/v1/login`, { method: 'POST', headers, body });
  const { token } = (await login.json()) as { token: string };
  const answer = await fetch(`${site.url}${path}`, { headers: { ...headers, authorization: `Bearer ${token}` } });
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text();
}

/** The last second that a phone heard. */
const lately = async (phone: Baresip, seconds = 1): Promise<Int16Array> =>
  (await phone.heardSoFar()).subarray(-8000 * seconds);

let caller: Caller;
let id: string;

it('a supervisor listens at a desk phone, and nothing tells the agent', async () => {
  caller = await arrive();
  await answerNext(alice, [caller]);
  id = await caller.callId();
  await jackfield('call', 'monitor', id, 'listen', '--as', 'sue');
  await desk.event('CALL_ESTABLISHED');
  expect((await caller.row('supervision-asked')).facts).toMatchObject({ by: 'sue', mode: 'listen', announced: false });
  await caller.row('supervision-started');
  await until(async () => strength(await lately(desk), callerTone) > 1000);
  await until(async () => agentHeardIn(await lately(desk, 2)).peak > 0.4);
  expect(await alice.at('supervised').count()).toBe(0);
  expect(await aliceReads(`/api/v1/calls/${id}`)).not.toMatch(/sue|supervis/);
  expect(await aliceReads(`/api/v1/calls/${id}/quality`)).not.toMatch(/\.s\d/);
  const { items } = JSON.parse(await aliceReads('/api/v1/agents')) as { items: { id: string; callId?: string }[] };
  expect(items.find((each) => each.id === 'sue')).not.toHaveProperty('callId');
  expect(items.find((each) => each.id === 'alice')).toMatchObject({ callId: id });
  expect(await jackfield('call', 'show', id)).toContain('supervision-started');
});

it('one who whispers is named to the agent, as long as they do', async () => {
  await jackfield('call', 'monitor', id, 'whisper', '--as', 'sue');
  await alice.page.locator('[data-testid=supervised] [data-mode=whisper]').waitFor();
  expect(await alice.at('supervised').innerText()).toContain('Sue Lin');
  await jackfield('call', 'monitor', id, 'listen', '--as', 'sue');
  await alice.at('supervised').waitFor({ state: 'detached' });
  expect(await aliceReads(`/api/v1/calls/${id}`)).not.toMatch(/sue|supervis/);
});

it('the command line adds a phone to the talk, makes it silent and sends it away', async () => {
  const members = async (): Promise<{ to: string; muted: boolean; gainDb: number }[]> =>
    JSON.parse(await jackfield('call', 'conference', 'list', id, '--json')) as Awaited<ReturnType<typeof members>>;
  await jackfield('call', 'conference', 'add', id, outsideNumber);
  await outside.event('CALL_ESTABLISHED');
  await caller.row('conference-joined');
  expect(await members()).toMatchObject([{ to: outsideNumber, muted: false, gainDb: 0 }]);
  // The supervisor hears all whom the agent hears.
  await until(async () => strength(await lately(desk), phoneTone) > 1000);
  await until(async () => strength(await lately(outside), callerTone) > 1000);
  await jackfield('call', 'conference', 'mute', id, outsideNumber);
  await until(async () => strength(await lately(desk), phoneTone) < 200);
  await jackfield('call', 'conference', 'gain', id, outsideNumber, '-6');
  await jackfield('call', 'conference', 'unmute', id, outsideNumber);
  await until(async () => strength(await lately(desk), phoneTone) > 500);
  expect(await members()).toMatchObject([{ muted: false, gainDb: -6 }]);
  await jackfield('call', 'conference', 'drop', id, outsideNumber);
  await outside.event('CALL_CLOSED');
  await caller.row('conference-left');
  expect(await members()).toEqual([]);
});

it('the supervisor takes over from the command line, at the desk phone', async () => {
  await jackfield('call', 'monitor', id, 'take-over', '--as', 'sue');
  await alice.call('ended');
  await caller.row('call-taken-over');
  await until(async () => strength(await lately(desk), callerTone) > 1000);
  await alice.wrapUp();
  await caller.hangUp();
  await desk.event('CALL_CLOSED');
  const story = await caller.story();
  const rows = story.flatMap(({ type }) => (/^(?:conference|supervision|call-taken)/.test(type) ? [type] : []));
  expect(rows).toEqual([
    ...['supervision-asked', 'supervision-started', 'supervision-changed', 'supervision-changed'],
    ...['conference-asked', 'conference-joined', 'conference-changed', 'conference-changed', 'conference-changed'],
    ...['conference-left', 'supervision-ended', 'call-taken-over'],
  ]);
});
