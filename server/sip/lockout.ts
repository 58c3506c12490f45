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
  readonly source: string;
  /** The account, shortened; undefined for a source as a whole. */
  readonly user: string | undefined;
  wrong: number;
  until: number;
}

/** An account that is closed to a source. */
export interface ClosedDoor {
  readonly source: string;
  readonly user: string;
  readonly wrong: number;
  /** ms since the epoch. */
  readonly until: number;
}

/** So much of a user name is shown. */
const shownOfUser = 64;

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
    this.#count(this.#doors, keyOf(source, user), now, { source, user: user.slice(0, shownOfUser) });
    this.#count(this.#sources, source, now, { source, user: undefined });
  }

  /** How long the answer to a wrong password from there is to wait, ms; 0 for a source that has given few. */
  delayOf(source: string, now: number): number {
    const door = this.#sources.get(source);
    if (door === undefined || door.until <= now) return 0;
    return Math.min(longestDelay, Math.max(0, door.wrong - this.#options.tries) * delayEach);
  }

  /** The accounts that are closed now, and to whom. */
  closed(now: number): ClosedDoor[] {
    return [...this.#doors.values()].flatMap(({ source, user, wrong, until }) =>
      user !== undefined && wrong >= this.#options.tries && until > now ? [{ source, user, wrong, until }] : [],
    );
  }

  /** Forgets what a source got wrong; false when that was nothing. */
  release(source: string): boolean {
    let released = this.#sources.delete(source);
    for (const [key, door] of this.#doors) if (door.source === source) released = this.#doors.delete(key) || released;
    return released;
  }

  #count(doors: Map<string, Door>, key: string, now: number, of: Pick<Door, 'source' | 'user'>): void {
    const door = doors.get(key);
    doors.delete(key);
    const before = door === undefined || door.until <= now ? 0 : door.wrong;
    doors.set(key, { ...of, wrong: before + 1, until: now + this.#options.forMs });
    if (doors.size <= this.#mostKept) return;
    const [oldest] = doors.keys();
    if (oldest !== undefined) doors.delete(oldest);
  }

  right(source: string, user: string): void {
    this.#doors.delete(keyOf(source, user));
  }
}
