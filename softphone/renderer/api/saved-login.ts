import { loginResult } from '../../../protocol/rest.ts';
import type { LoginResult } from '../../../protocol/rest.ts';

const loginKey = 'jackfield.login';

/** The part of `sessionStorage` that is used. */
export type TabStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The login this tab left before a reload, if it is still valid at `now`. Anything unreadable is forgotten. */
export function savedLogin(storage: TabStorage, now: number): LoginResult | undefined {
  const text = storage.getItem(loginKey);
  if (text === null) return undefined;
  const login = parse(text);
  if (login === undefined || login.expiresAt <= now) {
    storage.removeItem(loginKey);
    return undefined;
  }
  return login;
}

/** Remembers a login for this tab only: `sessionStorage` ends with the tab. */
export function saveLogin(storage: TabStorage, login: LoginResult): void {
  storage.setItem(loginKey, JSON.stringify(login));
}

export function forgetLogin(storage: TabStorage): void {
  storage.removeItem(loginKey);
}

function parse(text: string): LoginResult | undefined {
  try {
    const result = loginResult.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
