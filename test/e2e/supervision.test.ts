/**
 * One story with real peers: an agent adds a phone outside (baresip) to a talk, a supervisor whispers, barges in and takes
 * over; what the caller heard, and what the recording kept of it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { callScript, placeCall } from '../../cli/caller/index.ts';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { join as concatenate, strength, tone } from '../support/audio-measure.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { outsideTrunk } from '../support/outside-trunk.ts';
import { freePort } from '../support/programs.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { answerNext, Caller, nextNumber } from '../support/talks.ts';
import { until } from '../support/until.ts';
import { agentHeardIn, writeMicrophone, writeQuietMicrophone } from '../support/voices.ts';

/** Hertz: the caller, and the phone outside. The supervisor says the chirp of agents; alice is silent. */
const callerTone = 500;
const phoneTone = 1100;

let folder: string;
let site: TestSite;
let phone: Baresip;
const browsers: Browser[] = [];
let alice: AgentPage;
let sue: AgentPage;

async function open(agent: string, microphone: string, locale: string): Promise<AgentPage> {
  const browser = await launchChromium({ microphone });
  browsers.push(browser);
  const viewport = { width: 1280, height: 900 };
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale, viewport });
  const page = await openAgentPage(context, site, { agent });
  page.page.setDefaultTimeout(30_000);
  await page.logIn();
  return page;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-supervision-'));
  const outside = await freePort();
  await freePort();
  site = await startSite({
    prepare(dialplans) {
      outsideTrunk(outside)(dialplans);
      writeFileSync(join(dialplans, 'routes.yaml'), routes);
      const agents = join(dialplans, 'agents.yaml');
      const supervisor = '  sue: { name: Sue Lin, role: supervisor, languages: [en-US] }\n';
      writeFileSync(
        agents,
        readFileSync(agents, 'utf8').replace(/^ {2}sue:[^]*?(?=^ {2}\w|$(?![^]))/m, '') + supervisor,
      );
      const queues = join(dialplans, 'queues.yaml');
      writeFileSync(queues, readFileSync(queues, 'utf8').replaceAll(/^( +)wrap-up:/gm, '$1record: always\n$1wrap-up:'));
    },
  });
  phone = await startBaresip({ port: outside, user: '+8613900002001', answers: true, says: tone(phoneTone, 120) });
  [alice, sue] = await Promise.all([
    open('alice', writeQuietMicrophone(join(folder, 'quiet.wav')), 'en-US'),
    open('sue', writeMicrophone(join(folder, 'sue.wav')), 'zh-CN'),
  ]);
});

afterAll(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await phone.close();
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail')
    console.error(await site.diagnosis(), await alice.glance(), 'sue:', await sue.glance(), phone.log.slice(-2000));
});

async function picture(page: AgentPage, name: string): Promise<void> {
  const pictures = process.env['JACKFIELD_PICTURES'];
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** Straight to the queue: what callers hear before is told elsewhere. */
const routes = `routes:
  direct:
    name: { en: Direct, zh: 直达 }
    numbers: ['4000']
    start: wait
    steps:
      wait:
        queue: support
        on-timeout: bye
        otherwise: bye
      bye:
        hangup: normal
`;

/** A caller who says a tone for as long as the call lasts, and what they have heard so far. */
class Listener extends Caller {
  static async arrive(): Promise<Listener> {
    const number = nextNumber();
    const speech = tone(callerTone, 150);
    const script = callScript({ digits: '', digitsAfterMs: 0, speech, sayAfterMs: 100, sayTimes: 1, sayEveryMs: 0 });
    const to = { host: '127.0.0.1', port: site.sipPort };
    const frames: Int16Array[] = [];
    const onFrame = (samples: Int16Array): void => void frames.push(samples.slice());
    const call = await placeCall({ called: '4000', to, from: number, script, onFrame });
    await Promise.race([call.answered, call.ended]);
    return new Listener(number, call, site, frames);
  }

  readonly #frames: readonly Int16Array[];

  private constructor(number: string, call: Caller['call'], at: TestSite, frames: readonly Int16Array[]) {
    super(number, call, at);
    this.#frames = frames;
  }

  /** How much they have heard, in frames of 20 ms. */
  get heard(): number {
    return this.#frames.length;
  }

  /** Some of what they have heard. */
  part(from: number, to = this.heard): Int16Array {
    return concatenate(...this.#frames.slice(from, to));
  }

  /** Resolves with what they hear in the next two seconds. */
  async next(): Promise<Int16Array> {
    const from = this.heard;
    await until(() => this.heard >= from + 100);
    return this.part(from, from + 100);
  }

  /** Resolves when what they heard in the last `frames` holds; looked at every half second of the media clock. */
  async hearing(what: string, holds: (lately: Int16Array) => boolean, frames = 50): Promise<void> {
    for (let looked = 0; ; looked++) {
      const lately = this.part(Math.max(0, this.heard - frames));
      if (lately.length >= frames * 160 && holds(lately)) return;
      if (looked > 60) throw new Error(`the caller does not hear ${what}`);
      const from = this.heard;
      await until(() => this.heard >= from + 25);
    }
  }
}

/** Its half seconds. */
const pieces = (samples: Int16Array): Int16Array[] =>
  Array.from({ length: Math.floor(samples.length / 4000) }, (_, at) => samples.subarray(at * 4000, (at + 1) * 4000));

/** The chirp goes through all of these, the tones through none. */
const band = Array.from({ length: 16 }, (_, at) => 1750 + at * 100);
const chirped = (piece: Int16Array): boolean => band.reduce((sum, hertz) => sum + strength(piece, hertz), 0) > 2000;

/** In how many half seconds the supervisor is heard beside the phone. */
const together = (samples: Int16Array): number =>
  pieces(samples).filter((piece) => phoneHeard(piece) > 1000 && chirped(piece)).length;

const phoneHeard = (samples: Int16Array): number => strength(samples, phoneTone);
const supervisorHeard = (samples: Int16Array): number => agentHeardIn(samples).peak;

it('a conference, a whisper, a barge and a take-over', async () => {
  await alice.goAvailable();
  const caller = await Listener.arrive();
  await answerNext(alice, [caller]);

  await alice.page.keyboard.press('Alt+KeyR');
  await alice.at('transfer-to').waitFor();
  await alice.page.keyboard.type('139 0000 2001');
  await alice.page.keyboard.press('Control+Enter');
  await alice.page.locator('[data-testid=conference-member][data-state=there]').waitFor();
  await phone.event('CALL_ESTABLISHED');
  const joined = caller.heard;
  await caller.hearing('the phone', (lately) => phoneHeard(lately) > 1000);
  await until(async () => strength((await phone.heardSoFar()).subarray(-8000), callerTone) > 1000);
  // The page shows who speaks: the caller and the phone, all the time.
  await alice.page.locator('[data-testid=conference-caller][data-speaks=true]').waitFor();
  await alice.page.locator('[data-testid=conference-member][data-speaks=true]').waitFor();
  await picture(alice, 'conference-agent');

  await sue.page.locator('[data-testid=team-call][data-agent=alice]').waitFor();
  await picture(sue, 'supervisor-team');
  await sue.page.keyboard.press('Alt+KeyU');
  await sue.page.locator('[data-testid=supervising][data-mode=whisper]').waitFor();
  await sue.page.locator('[data-testid=call-card][data-audio=up]').waitFor();
  await caller.row('supervision-started');
  await alice.page.locator('[data-testid=supervised] [data-mode=whisper]').waitFor();
  const whispered = await caller.next();
  expect(supervisorHeard(whispered), 'a whisper').toBeLessThan(0.3);
  expect(phoneHeard(whispered), 'the phone goes on').toBeGreaterThan(1000);
  await picture(sue, 'supervisor-whisper');
  await picture(alice, 'supervised-agent');

  await sue.page.keyboard.press('Alt+KeyB');
  await sue.page.locator('[data-testid=supervising][data-mode=barge]').waitFor();
  // A whole second of the microphone is in two and a half, wherever they begin.
  await caller.hearing('a barge', (lately) => supervisorHeard(lately) > 0.4, 125);
  await picture(sue, 'supervisor-barge');

  await alice.at('drop-member').click();
  await phone.event('CALL_CLOSED');
  await alice.at('conference').waitFor({ state: 'detached' });
  await caller.hearing('the phone no more', (lately) => phoneHeard(lately) < 200);

  await sue.page.keyboard.press('Alt+KeyY');
  await alice.call('ended');
  await sue.page.locator('[data-testid=supervising]').waitFor({ state: 'detached' });
  await sue.call('talking');
  await caller.hearing('who took over', (lately) => supervisorHeard(lately) > 0.6, 125);
  await picture(sue, 'supervisor-took-over');
  await alice.wrapUp('resolved');
  await caller.hangUp();
  await sue.wrapUp('resolved');
  expect(strength(caller.part(joined), callerTone), 'the caller does not hear themselves').toBeLessThan(200);

  await caller.row('recording-finished');
  const story = await caller.story();
  const rows = story.filter(({ type }) => /^(?:conference|supervision|call-taken)/.test(type)).map(({ type }) => type);
  expect(rows).toEqual([
    ...['conference-asked', 'conference-joined', 'supervision-asked', 'supervision-started', 'supervision-changed'],
    ...['conference-left', 'supervision-ended', 'call-taken-over'],
  ]);
  const { left, right } = await recorded(await caller.callId());
  expect(strength(left.subarray(-16_000), callerTone), 'the caller is on the left').toBeGreaterThan(1000);
  // What is recorded is what was heard: were the two seconds of whispers in it, there would be four pieces more.
  const heardTogether = together(caller.part(0));
  expect(together(right), 'a barge is recorded').toBeGreaterThan(0);
  expect(together(right), 'a whisper is not recorded').toBeLessThan(heardTogether + 3);
  await eachOnTheirOwn(await caller.callId(), story);
  await eachOnTheirLane(await caller.callId());
});

/** The page for recordings has a lane for everybody, with their names, and plays on without one who is left out. */
async function eachOnTheirLane(callId: string): Promise<void> {
  const listen = await sue.page.context().newPage();
  await listen.goto(`${site.url}/listen?call=${callId}`);
  const { login, password } = site.loginOf('sue');
  await listen.locator('input[name=name]').fill(login);
  await listen.locator('input[name=password]').fill(password);
  await listen.locator('form button').click();
  await listen.getByTestId('waveform').waitFor();
  expect(await listen.locator('label:has(input[type=checkbox])').allInnerTexts()).toEqual([
    ...['来电者', '坐席 alice sue', expect.stringMatching(/^外线 \+?\d+$/), '班长 sue'],
  ]);
  const place = (): Promise<number> =>
    listen.getByTestId('sound').evaluate((sound) => (sound as unknown as Media).currentTime);
  await listen.getByTestId('waveform').press(' ');
  await until(async () => (await place()) > 0.5);
  await listen.getByTestId('hear-x2').click();
  const left = await place();
  await until(async () => (await place()) > Math.max(left, 0.5) + 0.3);
  if (process.env['JACKFIELD_PICTURES'] !== undefined)
    await listen.screenshot({ path: join(process.env['JACKFIELD_PICTURES'], 'listen-conference.png') });
  await listen.close();
}

interface Media {
  readonly currentTime: number;
}

/** Everybody has a channel of their own, the ledger says whose it is, and nobody is on another's. */
async function eachOnTheirOwn(callId: string, story: Awaited<ReturnType<Listener['story']>>): Promise<void> {
  const channels = story.flatMap(({ type, facts }) => (type === 'recording-channel' ? [facts] : []));
  expect(channels).toMatchObject([
    { channel: 'agent', member: 'agent', agent: 'alice' },
    { channel: 'x2', member: 'outside' },
    { member: 'supervisor', agent: 'sue' },
    // She took over.
    { channel: 'agent', member: 'agent', agent: 'sue' },
  ]);
  const file = join(folder, 'channels.wav');
  const options = ['--out', file, '--format', 'wav', '--channels', 'all'];
  const { code, stderr } = await site.command('call', 'recording', callId, ...options);
  expect(code, stderr).toBe(0);
  const bytes = readFileSync(file);
  expect(bytes.readUInt16LE(22)).toBe(4);
  const [, agent = none, phoneSide = none, supervisor = none] = [0, 1, 2, 3].map((channel) =>
    Int16Array.from({ length: Math.floor((bytes.length - 68) / 8) }, (_, at) =>
      bytes.readInt16LE(68 + at * 8 + channel * 2),
    ),
  );
  const heard = {
    phone: [agent, phoneSide, supervisor].map((side) => Math.round(loudestPhone(side))),
    supervisor: [phoneSide, supervisor].map((side) => pieces(side).filter(chirped).length),
  };
  console.log('on the channels of agent, phone and supervisor', JSON.stringify(heard));
  const [withAgent = NaN, own = NaN] = heard.phone;
  expect(own, 'the phone has a channel').toBeGreaterThan(1000);
  // The one who took over is the agent at the end, and says chirps that pass the phone's tone.
  expect(withAgent, 'the phone is not on the agent’s').toBeLessThan(own / 3);
  // That nobody is on another's, tone by tone: media-mixing.test.ts.
  expect(heard.supervisor.at(1), 'the barge has a channel').toBeGreaterThan(0);
}

const none = new Int16Array(0);

/** How loud the phone is in the half second where it is loudest. */
function loudestPhone(side: Int16Array): number {
  return Math.max(0, ...pieces(side).map(phoneHeard));
}

/** The sides of a recording at 8 kHz: what the caller said, and what they heard. */
async function recorded(callId: string): Promise<{ readonly left: Int16Array; readonly right: Int16Array }> {
  const file = join(folder, 'recording.wav');
  await until(
    async () => (await site.command('call', 'recording', callId, '--out', file, '--format', 'wav')).code === 0,
  );
  const bytes = readFileSync(file);
  const step = bytes.readUInt32LE(24) / 8000;
  const side = (which: 0 | 1): Int16Array =>
    Int16Array.from({ length: Math.floor((bytes.length - 44) / 4 / step) }, (_, at) =>
      bytes.readInt16LE(44 + 4 * at * step + 2 * which),
    );
  return { left: side(0), right: side(1) };
}
