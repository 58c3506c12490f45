/** An agent calls somebody: what the agent hears and sees before the answer, the talk, and why it came to nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { agentHeardIn, callerChirp, repeated, writeMicrophone } from '../support/voices.ts';
import { correlateWide, strength, telephone } from '../support/audio-measure.ts';
import { startBaresip } from '../support/baresip.ts';
import { heardBy, hearFor, launchChromium } from '../support/browser/chromium.ts';
import { outsideTrunk } from '../support/outside-trunk.ts';
import { freePort } from '../support/programs.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import { startSippCaller } from '../support/sipp.ts';
import { type CalleeStep, type SippCallee, startSippCallee } from '../support/sipp-callee.ts';

let folder: string;
let site: TestSite;
let browser: Browser;
let alice: AgentPage;
/** Everybody outside is at this port: the trunk's only target. */
let outside: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-outbound-'));
  outside = await freePort();
  site = await startSite({ deaths: true, prepare: outsideTrunk(outside) });
  browser = await launchChromium({ microphone: writeMicrophone(join(folder, 'microphone.wav')) });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  alice = await openAgentPage(context, site, { records: true });
  alice.page.setDefaultTimeout(30_000);
  await alice.logIn();
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
  readonly facts: Readonly<Record<string, unknown>>;
}
interface Story {
  readonly id: string;
  readonly state: string;
  readonly cause?: string;
  readonly direction: string;
  readonly agent?: string;
  readonly to: string;
  readonly disposition?: string;
  readonly story: readonly Row[];
}

async function storyOf(callId: string): Promise<Story> {
  return (await site.api('GET', `/api/v1/calls/${callId}`)).body as Story;
}

/** The story of a call once it is over: its facts, and its rows by type, but for those that come when legs were measured. */
async function ended(callId: string): Promise<Story & { readonly rows: readonly string[] }> {
  await until(async () => (await storyOf(callId)).state === 'ended');
  const story = await storyOf(callId);
  return { ...story, rows: story.story.map(({ type }) => type).filter((type) => type !== 'quality') };
}

function callee(
  steps: readonly CalleeStep[],
  options: { says?: Int16Array; calls?: number } = {},
): Promise<SippCallee> {
  const { says, calls = 1 } = options;
  const sound = says === undefined ? {} : { says: [{ type: 'audio', samples: says, turn: 1 } as const] };
  return startSippCallee({ port: outside, steps, calls, ...sound });
}

const ringing: CalleeStep = { type: 'answer', status: 180, reason: 'Ringing' };
const answered: readonly CalleeStep[] = [
  { type: 'answer', status: 200, reason: 'OK', sdp: true },
  { type: 'expect', request: 'ACK' },
];

/** Types a number (or a name) and calls, by the keyboard alone. */
async function dial(text: string): Promise<void> {
  await alice.page.keyboard.press('Alt+KeyC');
  await alice.page.keyboard.type(text);
  await alice.page.keyboard.press('Enter');
}

/** Waits until the page shows this stage of the call out; its id. */
async function stage(name: string): Promise<string> {
  await alice.page.locator(`[data-testid=dial-progress][data-stage=${name}]`).waitFor();
  return (await alice.at('call-card').getAttribute('data-call-id')) ?? '';
}

/** Resolves when two seconds of what the page hears are as `holds` says. */
async function hears(holds: (heard: Int16Array) => boolean): Promise<void> {
  for (;;) {
    await heardBy(alice.page, true);
    await hearFor(alice.page, 2);
    if (holds(await heardBy(alice.page))) return;
  }
}
const tone = (heard: Int16Array): boolean => strength(telephone(heard), 450) > 700;

describe('an agent who dials on the page', () => {
  it('hears the ring-back tone of the country, sees that the party is busy, and can call again', async () => {
    const party = await callee([
      ringing,
      { type: 'wait', ms: 2500 },
      { type: 'answer', status: 486, reason: 'Busy Here' },
    ]);
    await dial('139 0000 1111');
    const id = await stage('ringing');
    await alice.activity('dialling');
    await hears(tone);
    await alice.page.locator('[data-testid=problem][data-code=dial-busy]').waitFor();
    await hears(tone);
    await alice.activity('idle');
    await alice.page.locator('[data-testid=last-call][data-failure=dial-busy]').waitFor();
    const story = await ended(id);
    expect(story).toMatchObject({ direction: 'outbound', agent: 'alice', to: '+8613900001111', cause: 'busy' });
    expect(story.rows).toEqual(['call-dialled', 'trunk-tried', 'call-ringing', 'dial-failed', 'call-ended']);
    const listed = await site.command('call', 'list');
    expect(listed.stdout).toMatch(/\+8613900001111\s+out\s/);
    await party.close();
  });

  it('finds a contact by name, hears early media, acknowledges it reliably, and talks until the party hangs up', async () => {
    await site.api('POST', '/api/v1/contacts', { name: '张三丰', numbers: ['+8613900002222'] });
    const reliable = ['Require: 100rel', 'RSeq: 1'];
    const party = await callee(
      [
        { type: 'answer', status: 183, reason: 'Session Progress', sdp: true, headers: reliable },
        { type: 'expect', request: 'PRACK' },
        { type: 'play' },
        { type: 'answer', status: 200, reason: 'OK' },
        { type: 'expect', request: 'ACK' },
        { type: 'wait', ms: 500 },
        { type: 'bye' },
      ],
      { says: repeated(callerChirp, 6) },
    );
    await alice.page.keyboard.press('Alt+KeyC');
    await alice.page.keyboard.type('张三');
    await alice.at('dial-choice').waitFor();
    await alice.page.keyboard.press('ArrowDown');
    await alice.page.keyboard.press('Enter');
    const id = await stage('early-media');
    await hears((heard) => correlateWide(heard, callerChirp).peak > 0.9);
    expect(await alice.at('caller-name').innerText()).toBe('张三丰');
    await alice.call('talking');
    await alice.wrapUp('callback');
    const story = await ended(id);
    expect(story).toMatchObject({ cause: 'callee-hangup', disposition: 'callback' });
    // Whether the recogniser takes a chirp for words is not what this is about.
    expect(story.rows.filter((type) => type !== 'transcript-heard')).toEqual([
      'call-dialled',
      'trunk-tried',
      'early-media',
      'answered',
      'call-ended',
      'wrap-up-started',
      'wrap-up-ended',
    ]);
    const { complaints, messages } = await party.finished();
    expect([complaints, messages]).toEqual(['', expect.stringMatching(/^PRACK sip:/m)]);
    await party.close();
  });

  it('is heard by the party, whichever branch of a fork answers, and hangs up', async () => {
    const party = await callee([
      { type: 'answer', status: 183, reason: 'Session Progress', sdp: true, branch: 'other' },
      ringing,
      ...answered,
      { type: 'expect', request: 'BYE' },
    ]);
    await dial('13900003333');
    const id = await alice.call('talking');
    await hears((heard) => agentHeardIn(telephone(heard)).peak > 0.8);
    await alice.page.keyboard.press('Alt+KeyE');
    await alice.wrapUp();
    expect(await ended(id)).toMatchObject({ cause: 'agent-hangup' });
    expect((await party.finished()).complaints).toBe('');
    await party.close();
  });

  it('gives up while it rings', async () => {
    const party = await callee([ringing, { type: 'cancelled' }]);
    await dial('13900004444');
    const id = await stage('ringing');
    await alice.page.keyboard.press('Alt+KeyE');
    await alice.activity('idle');
    expect(await ended(id)).toMatchObject({ cause: 'agent-cancelled' });
    expect((await party.finished()).complaints).toBe('');
    await party.close();
  });

  it('follows a redirection, but not in circles', async () => {
    const contact = 'Contact: <sip:+8613900006666@198.51.100.9>';
    const party = await callee([{ type: 'answer', status: 302, reason: 'Moved', contact: false, headers: [contact] }], {
      calls: 2,
    });
    await dial('13900005555');
    await alice.page.locator('[data-testid=problem][data-code=dial-redirect-refused]').waitFor();
    const id = (await alice.at('call-card').getAttribute('data-call-id')) ?? '';
    await alice.page.keyboard.press('Alt+KeyE');
    const story = await ended(id);
    expect(story.rows.filter((type) => type === 'call-redirected')).toHaveLength(1);
    expect(story.cause).toBe('redirect-refused');
    const { messages } = await party.finished();
    const invited = [...messages.matchAll(/^INVITE sip:([^@]+)@/gm)].map(([, user]) => user);
    expect(invited).toEqual(['+8613900005555', '+8613900006666']);
    await alice.activity('idle');
    await party.close();
  });

  it('lets the far side make the offer, where the API asks for that', async () => {
    const party = await callee([...answered, { type: 'expect', request: 'BYE' }]);
    const { login, password } = site.loginOf('alice');
    const { token } = await post<{ token: string }>('/api/v1/login', { name: login, password });
    const order = { agentId: 'alice', to: '13900007777', lateOffer: true };
    const forBob = await post<{ code: string }>('/api/v1/calls', { ...order, agentId: 'bob' }, token);
    expect(forBob.code, 'an agent makes calls for nobody else').toBe('not-allowed');
    const { id } = await post<{ id: string }>('/api/v1/calls', order, token);
    expect(await alice.call('talking')).toBe(id);
    await hears((heard) => agentHeardIn(telephone(heard)).peak > 0.8);
    expect((await site.command('call', 'hangup', id)).code).toBe(0);
    await alice.wrapUp();
    const { complaints, messages } = await party.finished();
    expect(complaints).toBe('');
    const bodyOf = (method: string) => new RegExp(`^${method} [^]*?Content-Length: (\\d+)`, 'm').exec(messages)?.[1];
    expect([bodyOf('INVITE'), Number(bodyOf('ACK')) > 100]).toEqual(['0', true]);
    await party.close();
  });

  it('is told at once of a number that no trunk takes', async () => {
    await dial('+1 202 555 0123');
    await alice.page.locator('[data-testid=problem][data-code=dial-no-trunk]').waitFor();
    await alice.page.keyboard.press('Alt+KeyE');
    await alice.activity('idle');
  });

  it('is asked first when somebody else wants them to call', async () => {
    const asked = site.command('call', 'dial', 'alice', '13900008888', '--wait', '--json');
    await alice.call('ringing');
    await alice.page.keyboard.press('Alt+KeyX');
    const { code, stdout } = await asked;
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      expect.objectContaining({ cause: 'agent-cancelled', state: 'ended' }),
    ]);
    await alice.activity('idle');
  });
});

describe('a desk phone that dials', () => {
  it('is answered when the party is, and talks', async ({ onTestFailed }) => {
    const made = await site.api('POST', '/api/v1/agents/alice/devices', { name: 'desk' });
    const { username, password } = made.body as { username: string; password: string };
    const party = await callee([ringing, { type: 'wait', ms: 300 }, ...answered, { type: 'expect', request: 'BYE' }]);
    const account = {
      domain: 'jackfield.local',
      password,
      registrar: site.sipPort,
      transport: 'tcp',
    } as const;
    const phone = await startBaresip({ user: username, account, says: repeated(callerChirp, 60) });
    onTestFailed(() => console.error(phone.log));
    await phone.registered();
    await phone.dial('13900009999');
    await phone.event('CALL_RINGING');
    await phone.event('CALL_ESTABLISHED');
    const id = await alice.call('talking');
    await until(async () => (await storyOf(id)).story.some(({ type }) => type === 'answered'));
    await phone.command('hangup');
    await alice.wrapUp();
    expect(await ended(id)).toMatchObject({ agent: 'alice', to: '+8613900009999', cause: 'agent-hangup' });
    await phone.close();
    await party.close();
  });
});

describe('a caller who makes no offer', () => {
  it('gets ours in the 200, and is heard by the answer in its ACK', async () => {
    const from = '+8613811112222';
    const script = [
      { type: 'pause', ms: 300 },
      { type: 'digit', digit: '1' },
    ] as const;
    const caller = await startSippCaller({
      ...{ port: site.sipPort, called: '+8653100000', from, lateOffer: true, script, talksMs: 500 },
    });
    const { complaints, messages } = await caller.finished();
    expect(complaints.replace(/^.*Overload warning.*$|^The following.*$/gm, '').trim()).toBe('');
    expect(/^INVITE [^]*?Content-Length: (\d+)/m.exec(messages)?.[1]).toBe('0');
    const { body } = await site.api('GET', `/api/v1/calls?number=${encodeURIComponent(from)}`);
    const [found] = (body as { items: { id: string }[] }).items;
    expect((await ended(found?.id ?? '')).rows).toEqual(expect.arrayContaining(['menu-chosen']));
    await caller.close();
  });
});

describe('a server that dies while it rings', () => {
  it('comes back, says that it failed, and frees the agent', async () => {
    const party = await callee([ringing, { type: 'wait', ms: 20_000 }]);
    await dial('13900001234');
    const id = await stage('ringing');
    const pid = await site.kill('server');
    await site.untilReady('server', pid);
    const story = await ended(id);
    expect(story.rows).toEqual(expect.arrayContaining(['call-ringing', 'call-recovered', 'dial-failed', 'call-ended']));
    await alice.activity('idle');
    await party.close();
  });
});

async function post<T>(path: string, body: unknown, token?: string): Promise<T> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${site.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}
