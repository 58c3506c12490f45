/**
 * Guessing stopped: after some wrong passwords an account is closed to the source they came from, and to it alone. Whoever
 * tries many accounts gets every further wrong answer later; right ones never wait, so neighbours behind a NAT go on.
 */
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

/** Each wrong answer beyond those that close a door makes the next wait longer, up to so long, ms. */
const delayEach = 50;
const longestDelay = 2000;

/** Counted the same for users there are and users there are not. */
export class Lockout {
  readonly #options: LockoutOptions;
  readonly #mostKept: number;
  readonly #doors = new Map<string, Door>();
  /** Wrong answers of each source, whatever the account. */
  readonly #sources = new Map<string, Door>();

  constructor(options: LockoutOptions) {
    this.#options = options;
    this.#mostKept = options.mostKept ?? 50_000;
  }

  isClosed(source: string, user: string, now: number): boolean {
    const door = this.#doors.get(keyOf(source, user));
    return door !== undefined && door.wrong >= this.#options.tries && door.until > now;
  }

  wrong(source: string, user: string, now: number): void {
    this.#count(this.#doors, keyOf(source, user), now);
    this.#count(this.#sources, source, now);
  }

  /** How long the answer to a wrong password from there is to wait, ms; 0 for a source that has given few. */
  delayOf(source: string, now: number): number {
    const door = this.#sources.get(source);
    if (door === undefined || door.until <= now) return 0;
    return Math.min(longestDelay, Math.max(0, door.wrong - this.#options.tries) * delayEach);
  }

  #count(doors: Map<string, Door>, key: string, now: number): void {
    const door = doors.get(key);
    doors.delete(key);
    const before = door === undefined || door.until <= now ? 0 : door.wrong;
    doors.set(key, { wrong: before + 1, until: now + this.#options.forMs });
    if (doors.size <= this.#mostKept) return;
    const [oldest] = doors.keys();
    if (oldest !== undefined) doors.delete(oldest);
  }

  right(source: string, user: string): void {
    this.#doors.delete(keyOf(source, user));
  }
}
