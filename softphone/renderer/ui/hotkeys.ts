import { useLayoutEffect, useRef } from 'react';

/** Every key of the page. `code` is the physical key, so a Chinese input method or macOS's Alt characters do not matter. */
export const hotkeys = {
  goAvailable: { code: 'KeyV', label: 'Alt+V' },
  pause: { code: 'KeyP', label: 'Alt+P' },
  signOut: { code: 'KeyQ', label: 'Alt+Q' },
  dial: { code: 'KeyC', label: 'Alt+C' },
  answer: { code: 'KeyA', label: 'Alt+A' },
  decline: { code: 'KeyX', label: 'Alt+X' },
  mute: { code: 'KeyM', label: 'Alt+M' },
  hold: { code: 'KeyH', label: 'Alt+H' },
  keypad: { code: 'KeyD', label: 'Alt+D' },
  hangUp: { code: 'KeyE', label: 'Alt+E' },
  record: { code: 'KeyO', label: 'Alt+O' },
  transfer: { code: 'KeyR', label: 'Alt+R' },
  swap: { code: 'KeyS', label: 'Alt+S' },
  merge: { code: 'KeyJ', label: 'Alt+J' },
  listen: { code: 'KeyI', label: 'Alt+I' },
  whisper: { code: 'KeyU', label: 'Alt+U' },
  barge: { code: 'KeyB', label: 'Alt+B' },
  takeOver: { code: 'KeyY', label: 'Alt+Y' },
  completeTransfer: { code: 'KeyG', label: 'Alt+G' },
  acknowledge: { code: 'KeyK', label: 'Alt+K' },
  transcript: { code: 'KeyT', label: 'Alt+T' },
  disposition: { code: 'KeyW', label: 'Alt+W' },
  language: { code: 'KeyL', label: 'Alt+L' },
} as const;

export type Hotkey = keyof typeof hotkeys;

/** What each key does now; a key that is absent is left to the browser. */
export type HotkeyActions = Partial<Record<Hotkey | 'help', () => void>>;

/** The facts of a key press that matter here. */
export interface KeyPress {
  readonly code: string;
  readonly key: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly repeat: boolean;
  /** True while the agent types into a field. */
  readonly inField: boolean;
}

/** Which action a key press means, if any. AltGr (Ctrl+Alt) types characters and means none. */
export function hotkeyOf(press: KeyPress): Hotkey | 'help' | undefined {
  if (press.repeat || press.ctrlKey || press.metaKey) return undefined;
  if (!press.altKey) return press.key === '?' && !press.inField ? 'help' : undefined;
  for (const name of Object.keys(hotkeys) as Hotkey[]) if (hotkeys[name].code === press.code) return name;
  return undefined;
}

/** True for elements that take text, where a plain `?` or digit belongs to the field. */
export function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'radio' && target.type !== 'button';
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/**
 * Listens for the page's keys as long as the component lives. A layout effect, here and wherever the keyboard is moved:
 * a passive one may run after what the agent sees is painted, and a key pressed between the two would be lost.
 */
export function useHotkeys(actions: HotkeyActions): void {
  const newest = useRef(actions);
  useLayoutEffect(() => {
    newest.current = actions;
  });
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const { code, key, altKey, ctrlKey, metaKey, repeat } = event;
      const name = hotkeyOf({ code, key, altKey, ctrlKey, metaKey, repeat, inField: isField(event.target) });
      const action = name === undefined ? undefined : newest.current[name];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}
