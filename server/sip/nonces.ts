/** Nonces that carry their own time under an HMAC, and the counts seen with them: an answer is good once. */
import { randomBytes } from 'node:crypto';
import { same, Signer } from './digest.ts';

export interface NonceOptions {
  readonly key: Buffer;
  readonly lifeMs: number;
  /** How many counts are kept; beyond that the oldest nonces lapse early. */
  readonly mostKept?: number;
}

/** `unknown`: never ours, or another source's. `stale`: ours, but too old or used with this count before (RFC 7616 section 3.3). */
export type NonceVerdict = 'fresh' | 'stale' | 'unknown';

/**
 * Nothing is stored for a nonce that is only asked with. Of those answered the highest count is kept, in two
 * generations: the older one is forgotten as a whole once all of it has lapsed.
 */
export class Nonces {
  readonly #options: NonceOptions;
  readonly #mostKept: number;
  readonly #signer: Signer;
  #young = new Map<string, number>();
  #old = new Map<string, number>();
  #turnedAt = 0;
  /** Nonces made before are stale: their counts are no longer known. */
  #floor = 0;

  constructor(options: NonceOptions) {
    this.#options = options;
    this.#signer = new Signer(options.key);
    this.#mostKept = options.mostKept ?? 100_000;
  }

  /** A nonce for `source`, and for nobody else: who claims to be there has to have received it there. */
  make(source: string, now: number): string {
    const text = `${now.toString(36)}.${randomBytes(6).toString('base64url')}`;
    return `${text}.${this.#sign(text, source)}`;
  }

  /** Whether we made it for that source and it has not lapsed. Constant time for all that look like ours. */
  check(nonce: string, source: string, now: number): NonceVerdict {
    const cut = nonce.lastIndexOf('.');
    const text = nonce.slice(0, Math.max(0, cut));
    if (!same(nonce.slice(cut + 1), this.#sign(text, source))) return 'unknown';
    const madeAt = Number.parseInt(text, 36);
    return madeAt >= this.#floor && now - madeAt <= this.#options.lifeMs ? 'fresh' : 'stale';
  }

  /** Uses a fresh nonce with a count, which must be higher than any before. Without one (RFC 2069) it is good once. */
  use(nonce: string, count: number, now: number): NonceVerdict {
    const before = this.#young.get(nonce) ?? this.#old.get(nonce) ?? 0;
    if (!(count > before)) return 'stale';
    this.#turn(now);
    this.#young.set(nonce, count);
    return 'fresh';
  }

  /** How many counts are kept. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #turn(now: number): void {
    const full = this.#young.size >= this.#mostKept / 2;
    if (!full && now - this.#turnedAt < this.#options.lifeMs) return;
    // Of the generation that goes, none was answered after the last turn; when that was early, make them lapse too.
    this.#floor = Math.max(this.#floor, full ? this.#turnedAt : 0);
    this.#old = this.#young;
    this.#young = new Map();
    this.#turnedAt = now;
  }

  #sign(text: string, source: string): string {
    return this.#signer.sign(`${text} ${source}`).slice(0, 22);
  }
}
