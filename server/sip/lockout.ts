/** Guessing stopped: after some wrong passwords an account is closed to the source they came from, and to it alone. */
import { hash } from 'node:crypto';

export interface LockoutOptions {
  /** Wrong answers until the door closes. */
  readonly tries: number;
  /** For how long, and after how long wrong answers are forgotten, ms. */
  readonly forMs: number;
  /** How many doors are watched; the longest unused is forgotten first. */
  readonly mostKept?: number;
}

interface Door {
  wrong: number;
  until: number;
}

/** A user name may be as long as the header it came in; what is kept of it is short. */
function keyOf(source: string, user: string): string {
  return `${source} ${hash('sha1', user, 'base64url')}`;
}

/** Counted the same for users there are and users there are not. */
export class Lockout {
  readonly #options: LockoutOptions;
  readonly #mostKept: number;
  readonly #doors = new Map<string, Door>();

  constructor(options: LockoutOptions) {
    this.#options = options;
    this.#mostKept = options.mostKept ?? 50_000;
  }

  isClosed(source: string, user: string, now: number): boolean {
    const door = this.#doors.get(keyOf(source, user));
    return door !== undefined && door.wrong >= this.#options.tries && door.until > now;
  }

  wrong(source: string, user: string, now: number): void {
    const key = keyOf(source, user);
    const door = this.#doors.get(key);
    this.#doors.delete(key);
    const before = door === undefined || door.until <= now ? 0 : door.wrong;
    this.#doors.set(key, { wrong: before + 1, until: now + this.#options.forMs });
    if (this.#doors.size <= this.#mostKept) return;
    const [oldest] = this.#doors.keys();
    if (oldest !== undefined) this.#doors.delete(oldest);
  }

  right(source: string, user: string): void {
    this.#doors.delete(keyOf(source, user));
  }
}
