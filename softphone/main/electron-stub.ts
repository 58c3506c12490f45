/** A stand-in for Electron in tests, of the shape that `ElectronParts` takes from Electron's own types. */
import type { BrowserWindowConstructorOptions, MenuItemConstructorOptions, Session } from 'electron';
import type { ElectronParts, ShellTray, ShellWindow } from './electron-parts.ts';

/** Keeps listeners by name and calls them when the test says that something happened. */
class Signals {
  readonly #listeners = new Map<string, ((...args: never[]) => void)[]>();

  /** Typed as returning never, since Electron's `on` returns the object itself and nothing here chains. */
  readonly on = (name: string, listener: (...args: never[]) => void): never => {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
    return undefined as never;
  };

  /** Calls the listeners of `name` with `args` in place of what Electron would pass. */
  fire(name: string, ...args: readonly unknown[]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(...(args as never[]));
  }
}

/** An Electron event that remembers whether it was prevented. */
export class StubEvent {
  prevented = false;
  readonly url: string;
  readonly senderFrame: { readonly url: string };

  constructor(url = '') {
    this.url = url;
    this.senderFrame = { url };
  }

  preventDefault(): void {
    this.prevented = true;
  }
}

type RequestHandler = NonNullable<Parameters<Session['setPermissionRequestHandler']>[0]>;
type CheckHandler = NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>;

/** Everything a test wants to know and to do. */
export class StubElectron {
  /** What the shell did, one line each, in order. */
  readonly did: string[] = [];
  readonly app = new Signals();
  readonly contents = new Signals();
  readonly window = new Signals();
  readonly ipc = new Signals();
  windowOptions: BrowserWindowConstructorOptions | undefined;
  menu: MenuItemConstructorOptions[] = [];
  visible = true;
  first = true;
  keyFree = true;
  pressKey: (() => void) | undefined;
  requestPermission: RequestHandler | undefined;
  checkPermission: CheckHandler | undefined;
  headersReceived: ((details: never, callback: (answer: object) => void) => void) | undefined;
  openWindowAnswer: { readonly action: string } | undefined;

  /** The parts as the shell takes them. */
  parts(): ElectronParts {
    const note = (line: string) => (): void => void this.did.push(line);
    return {
      app: {
        on: this.app.on,
        enableSandbox: note('sandbox'),
        getVersion: () => '0.0.0',
        quit: note('quit'),
        requestSingleInstanceLock: () => this.first,
        setAppUserModelId: () => undefined,
        whenReady: () => Promise.resolve(),
      },
      session: {
        setPermissionRequestHandler: (handler) => void (this.requestPermission = handler ?? undefined),
        setPermissionCheckHandler: (handler) => void (this.checkPermission = handler ?? undefined),
        webRequest: {
          onHeadersReceived: (listener: unknown) => void (this.headersReceived = listener as never),
        } as Session['webRequest'],
      },
      ipcMain: { on: this.ipc.on },
      globalShortcut: {
        register: (key, pressed) => {
          this.did.push(`key ${key}`);
          this.pressKey = pressed;
          return this.keyFree;
        },
        unregister: (key) => void this.did.push(`no key ${key}`),
      },
      openWindow: (options) => this.#window(options),
      openTray: () => this.#tray(),
      menuOf: (items) => {
        this.menu = items;
        return {} as never;
      },
      imageOf: () => ({}) as never,
    };
  }

  #window(options: BrowserWindowConstructorOptions): ShellWindow {
    this.windowOptions = options;
    const note = (line: string) => (): void => void this.did.push(line);
    const webContents = {
      on: this.contents.on,
      send: (channel: string) => void this.did.push(`send ${channel}`),
      setWindowOpenHandler: (answer: (details: never) => { action: string }) => {
        this.openWindowAnswer = answer({} as never);
      },
    };
    this.app.fire('web-contents-created', {}, webContents);
    return {
      on: this.window.on,
      webContents: webContents as never,
      flashFrame: (on) => void this.did.push(`flash ${on}`),
      focus: note('focus'),
      hide: note('hide'),
      isVisible: () => this.visible,
      loadURL: (url) => {
        this.did.push(`load ${url.startsWith('data:') ? 'problem' : url}`);
        return Promise.resolve();
      },
      show: note('show'),
      showInactive: note('show inactive'),
    };
  }

  #tray(): ShellTray {
    return {
      on: () => undefined as never,
      setContextMenu: () => undefined,
      setToolTip: (text) => void this.did.push(`tray ${text}`),
    };
  }
}
