import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { makeProblem } from '../../protocol/problems/index.ts';
import { bridgeChannels } from '../bridge.ts';
import type { ElectronParts, ShellTray, ShellWindow } from './electron-parts.ts';
import { iconUrl } from './icon.ts';
import { guardContents, guardSession } from './guards.ts';
import { isOurs, ringFrom } from './policy.ts';
import type { ShellSettings } from './settings.ts';
import { problemPage } from './problem-page.ts';

export interface ShellOptions {
  readonly settings: ShellSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The bundled preload script. */
  readonly preload: string;
}

/** How long after a failure to load the page it is tried again, in milliseconds. */
const reloadMs = 3_000;

/** The desktop window around the agent page: one window, one tray sign, the ring, and no way out of our server. */
export class Shell {
  readonly #parts: ElectronParts;
  readonly #options: ShellOptions;
  #window: ShellWindow | undefined;
  #tray: ShellTray | undefined;
  #quitting = false;
  #ringing = false;

  constructor(parts: ElectronParts, options: ShellOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Opens the window, unless another shell is running already: then that one is shown and this one ends. */
  async start(): Promise<void> {
    const { app } = this.#parts;
    app.enableSandbox();
    if (!app.requestSingleInstanceLock()) return app.quit();
    app.setAppUserModelId('dev.jackfield.desk');
    app.on('second-instance', () => this.#show());
    app.on('activate', () => this.#show());
    app.on('before-quit', () => (this.#quitting = true));
    guardContents(app, this.#options.settings.server);
    await app.whenReady();
    guardSession(this.#parts.session, this.#options.settings.server);
    this.#openWindow();
    this.#openTray();
    this.#listen();
    this.#load();
  }

  #openWindow(): void {
    const window = this.#parts.openWindow({
      width: 1280,
      height: 800,
      minWidth: 420,
      minHeight: 520,
      title: 'Jackfield',
      icon: this.#parts.imageOf(iconUrl),
      autoHideMenuBar: true,
      webPreferences: {
        preload: this.#options.preload,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        webviewTag: false,
        webSecurity: true,
        spellcheck: false,
        // A hidden window must ring, and keep its timers, as a visible one does.
        backgroundThrottling: false,
        autoplayPolicy: 'no-user-gesture-required',
      },
    });
    // Closing puts the phone into the tray: an agent who is available must go on being called.
    window.on('close', (event) => {
      if (this.#quitting) return;
      event.preventDefault();
      window.hide();
    });
    window.webContents.on('did-fail-load', (_event, code, _text, _url, isMainFrame) => {
      // -3 is a load that another one replaced.
      if (isMainFrame && code !== -3) this.#failed(code);
    });
    window.webContents.on('render-process-gone', (_event, details) => {
      this.#options.logger.error({ reason: details.reason }, 'the page is gone');
      this.#load();
    });
    this.#window = window;
  }

  #openTray(): void {
    const tray = this.#parts.openTray(this.#parts.imageOf(iconUrl));
    tray.setToolTip('Jackfield');
    tray.setContextMenu(
      this.#parts.menuOf([
        { label: 'Jackfield', click: () => this.#show() },
        { type: 'separator' },
        { label: 'Quit / 退出', click: () => this.#parts.app.quit() },
      ]),
    );
    tray.on('click', () => this.#show());
    this.#tray = tray;
  }

  #listen(): void {
    this.#parts.ipcMain.on(bridgeChannels.ringing, (event, value: unknown) => {
      const ring = ringFrom(value);
      // Only the page itself may ring, not a frame that got in somehow.
      if (ring === undefined || !isOurs(event.senderFrame?.url ?? '', this.#options.settings.server)) return;
      if (ring === null) this.#quiet();
      else this.#ring(ring.who);
    });
  }

  #ring(who: string): void {
    this.#tray?.setToolTip(`Jackfield: ${who}`);
    this.#window?.flashFrame(true);
    // Visible, but without taking the keyboard from what the agent is typing into.
    if (this.#window?.isVisible() === false) this.#window.showInactive();
    const { answerKey } = this.#options.settings;
    if (answerKey === undefined || this.#ringing) return;
    this.#ringing = this.#parts.globalShortcut.register(answerKey, () =>
      this.#window?.webContents.send(bridgeChannels.answerPressed),
    );
    if (!this.#ringing) this.#options.logger.warn({}, 'the answer key is taken by another program');
  }

  #quiet(): void {
    this.#tray?.setToolTip('Jackfield');
    this.#window?.flashFrame(false);
    const { answerKey } = this.#options.settings;
    if (answerKey !== undefined && this.#ringing) this.#parts.globalShortcut.unregister(answerKey);
    this.#ringing = false;
  }

  #show(): void {
    this.#window?.show();
    this.#window?.focus();
  }

  #load(): void {
    // A failure is reported by did-fail-load, which also tries again.
    this.#window?.loadURL(this.#options.settings.server.href).catch(() => undefined);
  }

  #failed(code: number): void {
    const { settings, clock, logger } = this.#options;
    logger.warn({ code }, 'the server did not give the page');
    const problem = makeProblem('server-unreachable', { server: settings.server.origin });
    this.#window?.loadURL(problemPage(problem)).catch(() => undefined);
    clock.at(clock.now() + reloadMs, () => this.#load());
  }
}
