/** The built agent page in Chromium against a fake server, driven by the keyboard alone. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeProblem } from '../../protocol/problems/index.ts';
import { buildShell } from '../../scripts/desk.ts';
import { lowContrast } from '../support/contrast.ts';
import { demoCall } from '../support/fake-desk.ts';
import type { KeyboardDesk } from '../support/keyboard-desk.ts';
import { KeyboardStage } from '../support/keyboard-stage.ts';

let stage: KeyboardStage;

beforeAll(async () => {
  stage = await KeyboardStage.start();
});

afterEach(() => stage.clear());
afterAll(() => stage.close());

const words = {
  en: {
    login: 'Log in',
    wrong: 'The name or the password is wrong.',
    available: 'Available',
    ringing: 'Incoming call',
    queue: 'Orders',
    held: 'On hold',
    refund: 'Refund asked for',
    solved: 'Solved',
    ears: 'No transcript for Chinese: no recogniser is installed.',
  },
  'zh-CN': {
    login: '登录',
    wrong: '用户名或密码错误。',
    available: '示闲',
    ringing: '来电',
    queue: '订单',
    held: '保持中',
    refund: '要求退款',
    solved: '已解决',
    ears: '中文没有转写：未安装识别引擎。',
  },
} as const;

describe.each(['en', 'zh-CN'] as const)('the whole story by keyboard, in %s', (language) => {
  it('goes from the login to the next call', async () => {
    const desk = await stage.open({ language });
    const { fake, page } = desk;
    const said = words[language];

    await page.goto(fake.url);
    await desk.at('login-name').waitFor();
    expect(await page.getAttribute('html', 'lang')).toBe(language);
    await page.keyboard.type(fake.name);
    await desk.keys('Tab');
    await page.keyboard.type('wrong');
    await desk.keys('Enter');
    await desk.has('problem', 'code', 'wrong-credentials');
    expect(await desk.at('problem').textContent()).toContain(said.wrong);
    expect(await desk.at('login-submit').textContent()).toBe(said.login);
    await page.keyboard.press('Control+KeyA');
    await page.keyboard.type(fake.password);
    await desk.keys('Enter');
    await desk.has('phone-state', 'state', 'registered');
    expect(await desk.at('ears-notice').textContent()).toContain(said.ears);
    expect(await desk.at('ears-notice').textContent()).toContain('./jackfield ears install zh-CN');
    await desk.goAvailable();
    expect(await desk.at('presence').textContent()).toContain(said.available);

    const ring = fake.offer();
    await desk.card('ringing');
    await desk.has('call-card', 'call-id', 'call-1');
    expect(await desk.at('call-state').textContent()).toBe(said.ringing);
    expect(await desk.at('caller-name').textContent()).toBe('Wang Fang');
    expect(await desk.at('caller-number').textContent()).toBe('+8613912345678');
    expect(await desk.at('call-queue').textContent()).toBe(said.queue);
    expect(await desk.at('pressed').textContent()).toBe('1 Orders');
    expect(await desk.at('announce-ring').textContent()).toContain('Wang Fang');
    expect(await desk.focused()).toBe('answer');
    expect(await page.title()).toMatch(/Jackfield|●/);
    await desk.keys('Alt+KeyA');
    await fake.until(() => ring.events.includes('answered'));
    fake.answered();
    await desk.at('hold').waitFor();
    expect(ring.answer?.body).toMatch(/^a=setup:active/m);

    desk.hears('u1', 'caller', 'i want', false);
    await page.locator('[data-testid="transcript-line"][data-final="false"]').waitFor();
    desk.hears('u1', 'caller', 'i want a refund');
    desk.hears('u2', 'agent', 'of course');
    await page.locator('[data-testid="transcript-line"][data-speaker="agent"]').waitFor();
    const caller = page.locator('[data-testid="transcript-line"][data-speaker="caller"][data-final="true"]');
    expect(await caller.textContent()).toContain('i want a refund');
    desk.raise('a1');
    await desk.has('alert', 'rule', 'refund');
    expect(await desk.at('alert').textContent()).toContain(said.refund);
    expect(await desk.at('announce-alert').textContent()).toContain(said.refund);
    await desk.keys('Alt+KeyK');
    await desk.has('alert', 'acknowledged', 'true');

    await desk.keys('Alt+KeyM');
    expect(await fake.command('mute')).toEqual({ type: 'mute', callId: 'call-1', muted: true });
    await page.locator('[data-testid="mute"][aria-pressed="true"]').waitFor();
    await desk.keys('Alt+KeyM');
    await page.locator('[data-testid="mute"][aria-pressed="false"]').waitFor();
    await desk.keys('Alt+KeyH');
    await desk.card('held');
    expect(await desk.at('call-state').textContent()).toBe(said.held);
    await desk.keys('Alt+KeyH');
    await desk.card('talking');
    await desk.keys('Alt+KeyD');
    await desk.at('keypad-panel').waitFor();
    await desk.keys('4', '#');
    await fake.until(() => fake.commands.filter((each) => each.type === 'keypad').length === 2);
    expect(fake.commands.flatMap((each) => (each.type === 'keypad' ? [each.digits] : []))).toEqual(['4', '#']);
    await desk.keys('Escape');

    await desk.keys('Alt+KeyE');
    await fake.command('hang-up');
    ring.bye();
    await fake.until(() => ring.events.includes('bye-answered'));
    fake.tellAgent({ activity: 'wrap-up' });
    fake.tellCall({ state: 'ended', endedAt: Date.now(), endCause: 'agent-hangup', wrapUpUntil: Date.now() + 30_000 });
    await desk.at('wrapup').waitFor();
    expect(await desk.focused()).toBe('disposition-solved');
    expect(await desk.at('wrapup').textContent()).toContain(said.solved);
    await desk.keys('ArrowDown', 'ArrowUp', 'Enter');
    expect(await fake.command('dispose')).toMatchObject({ callId: 'call-1', disposition: 'solved' });
    await desk.card('none');
    await desk.has('presence', 'activity', 'idle');

    const next = fake.offer('offer-2', 'call-2');
    await desk.card('ringing');
    await desk.keys('Alt+KeyX');
    expect(await fake.command('decline')).toEqual({ type: 'decline', offerId: 'offer-2' });
    next.cancel();
    await fake.until(() => next.events.includes('cancelled'));
    fake.tell({ type: 'call-cleared', callId: 'call-2', reason: 'declined' });
    await desk.card('none');

    await desk.keys('Alt+KeyQ');
    await desk.at('login-name').waitFor();
    await fake.until(() => fake.sip.contact === undefined);
    expect(desk.complaints).toEqual([]);
  });
});

describe('states', () => {
  it('pauses with a reason chosen by digit, and shows a pause that waits for the end of the call', async () => {
    const desk = await stage.open();
    await desk.logIn();
    await desk.keys('Alt+KeyP');
    await desk.at('pause-reason-break').waitFor();
    await desk.keys('2');
    await desk.has('presence', 'presence', 'paused');
    await desk.has('presence', 'reason', 'lunch');
    expect(await desk.at('presence').textContent()).toContain('Lunch');
    expect(await desk.focused()).toBe('pause');
    await desk.goAvailable();
    await desk.keys('Alt+KeyP', 'ArrowDown', 'ArrowDown', 'Enter');
    await desk.has('presence', 'reason', 'training');
    desk.fake.tellAgent({ presence: 'available', pendingPause: 'break' });
    expect(await desk.at('pending-pause').textContent()).toBe('Pause after this call: Break');
  });

  it('shows why the server refused a command, in the language of the page, and switches it live', async () => {
    const desk = await stage.open();
    await desk.logIn();
    desk.fake.refuseNext = makeProblem('server-unreachable', { server: 'x' });
    await desk.keys('Alt+KeyV');
    await desk.has('problem', 'code', 'server-unreachable');
    expect(await desk.at('problem').textContent()).toContain('The server does not answer.');
    await desk.keys('Alt+KeyL');
    await desk.page.locator('html[lang="zh-CN"]').waitFor();
    expect(await desk.at('problem').textContent()).toContain('服务器没有响应。');
    expect(await desk.at('go-available').textContent()).toContain('示闲');
  });

  it('lists its keys when asked', async () => {
    const desk = await stage.open();
    await desk.logIn();
    await desk.keys('?');
    await desk.at('help').waitFor();
    expect(await desk.at('help').textContent()).toContain('Alt+A');
    await desk.keys('Escape');
    await desk.at('help').waitFor({ state: 'detached' });
  });
});

describe('ring and details', () => {
  it('may come alone, and are joined when the other one comes', async () => {
    const desk = await stage.open();
    const { fake } = desk;
    await desk.logIn();
    fake.tell({ type: 'call-changed', call: demoCall('offer-1', 'call-1') });
    await desk.card('offered');
    expect(await desk.at('call-remarks').textContent()).toContain('not ringing');
    const ring = fake.sip.ring({ 'X-Jackfield-Offer': 'offer-1' });
    await desk.card('ringing');
    await desk.has('call-card', 'call-id', 'call-1');
    ring.cancel();
    await fake.until(() => ring.events.includes('cancelled'));
    fake.tell({ type: 'call-cleared', callId: 'call-1', reason: 'lapsed' });
    await desk.card('none');

    const early = fake.sip.ring({ 'X-Jackfield-Offer': 'offer-2' });
    await desk.card('ringing');
    expect(await desk.at('call-remarks').textContent()).toContain('the details are on their way');
    expect(await desk.at('caller-number').count()).toBe(0);
    fake.tell({ type: 'call-changed', call: demoCall('offer-2', 'call-2') });
    await desk.has('call-card', 'call-id', 'call-2');
    expect(await desk.at('call-remarks').textContent()).toBe('');
    early.cancel();
  });

  it('refuses a second ring during a call', async () => {
    const desk = await stage.open();
    await desk.logIn();
    await desk.talk();
    const second = desk.fake.sip.ring({ 'X-Jackfield-Offer': 'offer-9' });
    await desk.fake.until(() => second.events.includes('refused'));
    expect(second.refusal).toContain('486');
    await desk.card('talking');
  });
});

describe('losses', () => {
  it('resumes the desk feed by number, and asks for a snapshot after a gap, a restart and a garbled frame', async () => {
    const desk = await stage.open();
    const { fake } = desk;
    await desk.logIn();
    fake.dropDesk();
    await fake.until(() => fake.hellos.length === 2);
    expect(fake.hellos[1]?.resume).toEqual({ boot: 'boot-1', seq: 0 });
    await desk.has('feed-state', 'state', 'live');

    fake.loseEvent({ type: 'agent-changed', agent: { ...fake.state.agent, presence: 'available' } });
    fake.tell({ type: 'queues-changed', queues: [] });
    await fake.until(() => fake.hellos.length === 3);
    expect(fake.hellos[2]?.resume).toBeUndefined();
    await desk.has('presence', 'presence', 'available');

    fake.restart();
    await fake.until(() => fake.hellos.length === 4);
    expect(fake.hellos[3]?.resume?.boot).toBe('boot-1');
    await desk.has('feed-state', 'state', 'live');

    fake.sendRaw('{"type":"event"');
    await fake.until(() => fake.hellos.length === 5);
    expect(fake.hellos[4]?.resume).toBeUndefined();
    await desk.has('feed-state', 'state', 'live');
    expect(await desk.at('reconnecting').count()).toBe(0);
  });

  it('keeps a call over a lost SIP connection and registers again', async () => {
    const desk = await stage.open();
    const { fake } = desk;
    await desk.logIn();
    const ring = await desk.talk();
    fake.sip.drop();
    await fake.until(() => fake.sip.registrations === 2);
    await desk.has('phone-state', 'state', 'registered');
    await desk.card('talking');
    ring.bye();
    await fake.until(() => ring.events.includes('bye-answered'));
  });

  it('renews its SIP credentials before they end, and at once when they are refused', async () => {
    const desk = await stage.open({ credentialsLiveMs: 6_500 });
    const { fake } = desk;
    await desk.logIn();
    await fake.until(() => fake.minted >= 1);
    const before = fake.minted;
    fake.expireSip();
    fake.sip.drop();
    await fake.until(() => fake.minted > before && fake.sip.registrations === 2);
    await desk.has('phone-state', 'state', 'registered');
  });

  it('answers by itself when the call in progress rings again after a reload, muted as before', async () => {
    const desk = await stage.open();
    const { fake } = desk;
    await desk.logIn();
    await desk.talk();
    await desk.keys('Alt+KeyM');
    await fake.command('mute');
    await desk.page.reload();
    await desk.has('phone-state', 'state', 'registered');
    await desk.card('talking');
    await desk.has('call-card', 'audio', 'lost');
    const again = fake.sip.ring({ 'X-Jackfield-Resume': 'offer-1', 'X-Jackfield-Call': 'call-1' });
    await fake.until(() => again.events.includes('answered'));
    await desk.page.locator('[data-testid="mute"][aria-pressed="true"]').waitFor();
  });

  it('rings, and opens no microphone, when an INVITE names an offer that is not in progress', async () => {
    const desk = await stage.open();
    await desk.logIn();
    const stranger = desk.fake.sip.ring({ 'X-Jackfield-Resume': 'offer-7' });
    await desk.card('ringing');
    expect(stranger.answer).toBeUndefined();
    stranger.cancel();
    await desk.fake.until(() => stranger.events.includes('cancelled'));
  });

  it('hangs up by SIP when the desk cannot be reached', async () => {
    const desk = await stage.open();
    const { fake } = desk;
    await desk.logIn();
    const ring = await desk.talk();
    fake.refuseNext = makeProblem('desk-not-connected');
    await desk.keys('Alt+KeyE');
    await fake.until(() => ring.events.includes('bye'));
  });

  it('goes back to the login when its token is no longer good', async () => {
    const desk = await stage.open();
    await desk.logIn();
    desk.fake.sendRaw(JSON.stringify({ type: 'problem', problem: makeProblem('session-expired') }));
    await desk.at('login-name').waitFor();
    await desk.has('problem', 'code', 'session-expired');
  });
});

describe('the microphone', () => {
  async function without(script: string): Promise<KeyboardDesk> {
    const desk = await stage.open();
    await desk.page.addInitScript(script);
    await desk.logIn();
    return desk;
  }

  it('is asked for before going available', async () => {
    const refuse = `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));`;
    const desk = await without(refuse);
    await desk.keys('Alt+KeyV');
    await desk.has('problem', 'code', 'microphone-refused');
    expect(desk.fake.commands).toEqual([]);
  });

  it('that fails while it rings leaves the call ringing, and the next try works', async () => {
    const desk = await without(
      `const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
       let turn = 0;
       navigator.mediaDevices.getUserMedia = (wanted) =>
         ++turn === 1 ? Promise.reject(new DOMException('no', 'NotAllowedError')) : real(wanted);`,
    );
    const ring = desk.fake.offer();
    await desk.card('ringing');
    await desk.keys('Alt+KeyA');
    await desk.has('problem', 'code', 'microphone-refused');
    await desk.card('ringing');
    await desk.keys('Alt+KeyA');
    await desk.fake.until(() => ring.events.includes('answered'));
  });

  it('is explained on a page opened over plain http', async () => {
    const desk = await stage.open();
    await desk.page.addInitScript(`Object.defineProperty(window, 'isSecureContext', { value: false });`);
    await desk.page.goto(desk.fake.url);
    await desk.has('problem', 'code', 'page-not-secure');
    expect(await desk.at('problem').textContent()).toContain('./jackfield lan');
  });
});

describe('the desktop shell', () => {
  it('is bundled so that a sandboxed preload finds all it needs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-shell-'));
    await buildShell(folder);
    const requiredBy = async (file: string): Promise<(string | undefined)[]> => {
      const text = await readFile(join(folder, file), 'utf8');
      return [...text.matchAll(/require\("([^"]+)"\)/g)].map((match) => match[1]);
    };
    expect(await requiredBy('preload.cjs')).toEqual(['electron']);
    expect((await requiredBy('main.cjs')).sort()).toEqual(['electron', 'node:fs', 'node:path']);
    expect(await readFile(join(folder, 'main.cjs'), 'utf8')).toMatch(/join\)\(__dirname, "preload.cjs"\)/);
    await rm(folder, { recursive: true });
  });
});

describe('looks', () => {
  it.each([
    [1280, false],
    [420, false],
    [1280, true],
  ])('fit the screen and can be read: %i px, dark: %s', async (width, dark) => {
    const desk = await stage.open({ width, dark });
    const fits = async (): Promise<void> => {
      const excess = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await desk.page.evaluate(excess)).toBe(0);
      expect(await desk.page.evaluate(lowContrast)).toEqual([]);
    };
    await desk.page.goto(desk.fake.url);
    await desk.at('login-name').waitFor();
    await fits();
    await desk.logIn();
    await fits();
    await desk.keys('Alt+KeyP');
    await desk.at('pause-reason-break').waitFor();
    await fits();
    await desk.keys('Escape');
    await desk.goAvailable();
    await desk.talk();
    desk.hears('u1', 'caller', 'supercalifragilistic'.repeat(12));
    desk.hears('u2', 'agent', 'one moment', false);
    desk.raise('a1');
    await desk.at('alert').waitFor();
    await desk.keys('Alt+KeyM', 'Alt+KeyD');
    await desk.at('keypad-panel').waitFor();
    await fits();
    expect(await desk.page.getAttribute('html', 'data-theme')).toBe(dark ? 'dark' : 'light');
  });
});
