import type {
  App,
  BrowserWindow,
  BrowserWindowConstructorOptions,
  GlobalShortcut,
  IpcMain,
  Menu,
  MenuItemConstructorOptions,
  NativeImage,
  Session,
  Tray,
} from 'electron';

/**
 * The parts of Electron the shell uses, by Electron's own types. `main.ts` hands in the real ones without a cast; the
 * tests hand in a stub of the same shape.
 */
export interface ElectronParts {
  readonly app: Pick<
    App,
    'enableSandbox' | 'getVersion' | 'on' | 'quit' | 'requestSingleInstanceLock' | 'setAppUserModelId' | 'whenReady'
  >;
  readonly session: Pick<Session, 'setPermissionCheckHandler' | 'setPermissionRequestHandler' | 'webRequest'>;
  readonly ipcMain: Pick<IpcMain, 'on'>;
  readonly globalShortcut: Pick<GlobalShortcut, 'register' | 'unregister'>;
  readonly openWindow: (options: BrowserWindowConstructorOptions) => ShellWindow;
  readonly openTray: (image: NativeImage) => ShellTray;
  readonly menuOf: (items: MenuItemConstructorOptions[]) => Menu;
  readonly imageOf: (dataUrl: string) => NativeImage;
}

export type ShellWindow = Pick<
  BrowserWindow,
  'flashFrame' | 'focus' | 'hide' | 'isVisible' | 'loadURL' | 'on' | 'show' | 'showInactive' | 'webContents'
>;

export type ShellTray = Pick<Tray, 'on' | 'setContextMenu' | 'setToolTip'>;
