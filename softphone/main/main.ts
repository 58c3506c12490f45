import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow, dialog, globalShortcut, ipcMain, Menu, nativeImage, session, Tray } from 'electron';
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { problemLine } from '../../protocol/problems/index.ts';
import { readSettings } from './settings.ts';
import { Shell } from './shell.ts';

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => console.warn(message, { ...fields, pii: undefined }),
  error: (fields, message) => console.error(message, { ...fields, pii: undefined }),
};

/** The settings file of this machine's user, if there is one. */
function settingsFile(): string | undefined {
  try {
    return readFileSync(join(app.getPath('userData'), 'desk.json'), 'utf8');
  } catch {
    return undefined;
  }
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(1), settingsFile());
  if (!settings.ok) {
    dialog.showErrorBox('Jackfield', problemLine(settings.error));
    return app.exit(2);
  }
  const parts = {
    app,
    ipcMain,
    globalShortcut,
    // The default session exists only once the app is ready; the shell asks for it after that.
    get session() {
      return session.defaultSession;
    },
    openWindow: (options: Electron.BrowserWindowConstructorOptions) => new BrowserWindow(options),
    openTray: (image: Electron.NativeImage) => new Tray(image),
    menuOf: (items: Electron.MenuItemConstructorOptions[]) => Menu.buildFromTemplate(items),
    imageOf: (url: string) => nativeImage.createFromDataURL(url),
  };
  // This file is only ever run as a CommonJS bundle, beside the other one.
  const preload = join(__dirname, 'preload.cjs');
  await new Shell(parts, { settings: settings.value, clock: systemClock, logger, preload }).start();
}

main().catch((cause: unknown) => {
  logger.error({ err: cause }, 'the shell did not start');
  app.exit(1);
});
