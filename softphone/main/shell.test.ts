import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { bridgeChannels } from '../bridge.ts';
import { StubElectron, StubEvent } from './electron-stub.ts';
import { Shell } from './shell.ts';
import type { ShellSettings } from './settings.ts';

const server = new URL('https://desk.example/');

async function started(settings: Partial<ShellSettings> = {}, change: Partial<StubElectron> = {}) {
  const electron = Object.assign(new StubElectron(), change);
  const clock = new SimulatedClock();
  const options = { settings: { server, ...settings }, clock, logger: silentLogger, preload: 'preload.cjs' };
  await new Shell(electron.parts(), options).start();
  return { electron, clock };
}

describe('the window', () => {
  it('is sandboxed, isolated, without Node, and awake in the background', async () => {
    const { electron } = await started();
    expect(electron.windowOptions?.webPreferences).toMatchObject({
      preload: 'preload.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webviewTag: false,
      webSecurity: true,
      backgroundThrottling: false,
    });
    expect(electron.did).toEqual(['sandbox', 'tray Jackfield', 'load https://desk.example/']);
  });

  it('goes into the tray when closed, and away when quitting', async () => {
    const { electron } = await started();
    const close = new StubEvent();
    electron.window.fire('close', close);
    expect([close.prevented, electron.did.at(-1)]).toEqual([true, 'hide']);
    electron.app.fire('before-quit');
    const last = new StubEvent();
    electron.window.fire('close', last);
    expect(last.prevented).toBe(false);
  });

  it('is the only one: a second start shows the first and ends', async () => {
    const { electron } = await started({}, { first: false });
    expect(electron.did).toEqual(['sandbox', 'quit']);
    const { electron: running } = await started();
    running.app.fire('second-instance');
    expect(running.did.slice(-2)).toEqual(['show', 'focus']);
  });

  it('says so when the server does not answer, and tries again', async () => {
    const { electron, clock } = await started();
    electron.contents.fire('did-fail-load', {}, -102, 'refused', server.href, true);
    expect(electron.did.at(-1)).toBe('load problem');
    clock.advance(3_000);
    expect(electron.did.at(-1)).toBe('load https://desk.example/');
    const before = electron.did.length;
    electron.contents.fire('did-fail-load', {}, -3, 'aborted', server.href, true);
    electron.contents.fire('did-fail-load', {}, -102, 'refused', 'https://x/', false);
    expect(electron.did).toHaveLength(before);
  });

  it('loads the page again when its process has died', async () => {
    const { electron } = await started();
    electron.contents.fire('render-process-gone', {}, { reason: 'crashed' });
    expect(electron.did.at(-1)).toBe('load https://desk.example/');
  });

  it('quits from the tray', async () => {
    const { electron } = await started();
    electron.menu.at(-1)?.click?.({} as never, undefined, {});
    expect(electron.did.at(-1)).toBe('quit');
  });
});

describe('the way out', () => {
  it('is closed for other addresses, windows, webviews and false certificates', async () => {
    const { electron } = await started();
    const prevented = (name: string, url: string): boolean => {
      const event = new StubEvent(url);
      electron.contents.fire(name, event);
      return event.prevented;
    };
    expect(prevented('will-navigate', 'https://evil.example/')).toBe(true);
    expect(prevented('will-navigate', 'http://desk.example/')).toBe(true);
    expect(prevented('will-redirect', 'https://desk.example:444/')).toBe(true);
    expect(prevented('will-navigate', 'https://desk.example/x')).toBe(false);
    expect(prevented('will-attach-webview', '')).toBe(true);
    expect(electron.openWindowAnswer).toEqual({ action: 'deny' });
    let trusted: boolean | undefined;
    const event = new StubEvent();
    electron.app.fire('certificate-error', event, {}, '', '', {}, (answer: boolean) => (trusted = answer));
    expect([event.prevented, trusted]).toEqual([true, false]);
  });

  it('lets our page alone have microphone, camera and notifications', async () => {
    const { electron } = await started();
    const asked = (permission: string, requestingUrl: string, mediaTypes?: string[]): boolean | undefined => {
      let answer: boolean | undefined;
      const details = { requestingUrl, isMainFrame: true, ...(mediaTypes === undefined ? {} : { mediaTypes }) };
      electron.requestPermission?.({} as never, permission as never, (granted) => (answer = granted), details);
      return answer;
    };
    expect(asked('media', server.href, ['audio'])).toBe(true);
    expect(asked('media', server.href, ['audio', 'video']), 'the camera, for calls with a picture').toBe(true);
    expect(asked('media', server.href, ['audio', 'screen'])).toBe(false);
    expect(asked('media', 'https://evil.example/', ['audio'])).toBe(false);
    expect(asked('notifications', server.href)).toBe(true);
    expect(asked('geolocation', server.href)).toBe(false);
    const checked = (permission: string, origin: string, mediaType?: string): boolean | undefined =>
      electron.checkPermission?.(null, permission as never, origin, { mediaType } as never);
    expect(checked('media', server.origin, 'audio')).toBe(true);
    expect(checked('media', server.origin, 'video')).toBe(true);
    expect(checked('media', 'https://evil.example', 'video')).toBe(false);
    expect(checked('media', server.origin)).toBe(false);
    expect(checked('notifications', 'https://evil.example')).toBe(false);
  });

  it('puts our policy on the page and leaves other answers alone', async () => {
    const { electron } = await started();
    const answered = (url: string, resourceType: string): { responseHeaders?: Record<string, string[]> } => {
      let answer: object = {};
      const responseHeaders = { 'content-security-policy': ["default-src 'self'"], 'X-Other': ['1'] };
      electron.headersReceived?.({ url, resourceType, responseHeaders } as never, (given) => (answer = given));
      return answer;
    };
    const headers = answered(server.href, 'mainFrame').responseHeaders ?? {};
    expect(Object.keys(headers)).toEqual(['X-Other', 'Content-Security-Policy']);
    expect(headers['Content-Security-Policy']?.[0]).toContain("default-src 'none'; script-src https://desk.example;");
    expect(answered('https://desk.example/x.js', 'script')).toEqual({});
  });
});

describe('the ring', () => {
  const ring = (electron: StubElectron, value: unknown, from = server.href): void =>
    electron.ipc.fire(bridgeChannels.ringing, new StubEvent(from), value);

  it('is told by tray and flash, and shows a hidden window without taking the keyboard', async () => {
    const { electron } = await started({}, { visible: false });
    ring(electron, { who: 'Wang Fang' });
    expect(electron.did.slice(-3)).toEqual(['tray Jackfield: Wang Fang', 'flash true', 'show inactive']);
    ring(electron, null);
    expect(electron.did.slice(-2)).toEqual(['tray Jackfield', 'flash false']);
  });

  it('takes the answer key only while it lasts', async () => {
    const { electron } = await started({ answerKey: 'Alt+A' });
    ring(electron, { who: 'x' });
    ring(electron, { who: 'y' });
    electron.pressKey?.();
    expect(electron.did.filter((each) => each.startsWith('key'))).toEqual(['key Alt+A']);
    expect(electron.did.at(-1)).toBe(`send ${bridgeChannels.answerPressed}`);
    ring(electron, null);
    expect(electron.did.at(-1)).toBe('no key Alt+A');
  });

  it('goes on when another program has the answer key', async () => {
    const { electron } = await started({ answerKey: 'Alt+A' }, { keyFree: false });
    ring(electron, { who: 'x' });
    ring(electron, null);
    expect(electron.did).not.toContain('no key Alt+A');
  });

  it('is heard from our page only, and only in its own form', async () => {
    const { electron } = await started();
    const before = electron.did.length;
    ring(electron, { who: 'x' }, 'https://evil.example/');
    for (const value of [undefined, 'x', 7, {}, { who: 7 }]) ring(electron, value);
    expect(electron.did).toHaveLength(before);
  });
});
