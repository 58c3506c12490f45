import type { ShellBridge } from '../bridge.ts';

declare global {
  interface Window {
    readonly jackfield?: ShellBridge;
  }
}

/** The Electron shell around this page, or undefined in a browser. */
export function shell(): ShellBridge | undefined {
  return window.jackfield;
}
