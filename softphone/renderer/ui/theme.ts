import type { ThemeConfig } from 'antd';
import { theme as antTheme } from 'antd';
import { Store } from '../store.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';
const themeKey = 'jackfield.theme';

/** Light or dark: what the agent chose, or what the system says, and what follows from both. */
export class PageTheme {
  readonly choice: Store<ThemeChoice>;
  readonly dark: Store<boolean>;
  readonly #system = window.matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    this.choice = new Store(saved());
    this.dark = new Store(false);
    this.#system.addEventListener('change', () => this.#apply());
    this.#apply();
  }

  /** The next of system, light, dark. */
  cycle(): void {
    const order: readonly ThemeChoice[] = ['system', 'light', 'dark'];
    const next = order[(order.indexOf(this.choice.get()) + 1) % order.length] ?? 'system';
    window.localStorage.setItem(themeKey, next);
    this.choice.set(next);
    this.#apply();
  }

  #apply(): void {
    const choice = this.choice.get();
    const dark = choice === 'dark' || (choice === 'system' && this.#system.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
    this.dark.set(dark);
  }
}

function saved(): ThemeChoice {
  const value = window.localStorage.getItem(themeKey);
  return value === 'light' || value === 'dark' ? value : 'system';
}

/** antd's side of the look; the rest is in `styles.css`. Colours are chosen for WCAG AA on their grounds. */
export function antConfig(dark: boolean): ThemeConfig {
  return {
    algorithm: dark ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
    token: {
      colorPrimary: dark ? '#14808a' : '#0b6b74',
      colorError: dark ? '#d9534f' : '#b42318',
      colorLink: dark ? '#5cc4cd' : '#0b6b74',
      borderRadius: 6,
      fontSize: 14,
      fontFamily: 'var(--font)',
      controlHeight: 34,
      motion: false,
      ...(dark
        ? { colorBgBase: '#12181b', colorBgContainer: '#1a2226', colorBgElevated: '#222c31', colorTextBase: '#e8eef0' }
        : { colorTextBase: '#14252b' }),
    },
  };
}
