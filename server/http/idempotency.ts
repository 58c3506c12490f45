import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';

/** An answer as it went out. */
export interface SentAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface Remembered {
  readonly digest: string;
  readonly until: number;
  readonly answer: Promise<SentAnswer>;
}

const rememberedMs = 24 * 3_600_000;
const capacity = 5_000;

/**
 * The answers to POST requests that carried an `Idempotency-Key`, so that a repeated request gets the first answer. In
 * memory: after a restart a repeated request is done again, which every POST of this API stands. Answers with a password
 * or token in them (`secret` routes) never come here.
 */
export class Idempotency {
  readonly #clock: Clock;
  readonly #answers = new Map<string, Remembered>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first answer to this key, or what `answer` gives; `mismatch` when the key came with another request. */
  once(
    key: string,
    request: { readonly account: string; readonly path: string; readonly body: unknown },
    answer: () => Promise<SentAnswer>,
  ): Promise<SentAnswer> | 'mismatch' {
    const name = JSON.stringify([request.account, key]);
    const digest = createHash('sha256')
      .update(JSON.stringify([request.path, request.body]))
      .digest('base64');
    const known = this.#answers.get(name);
    if (known !== undefined && known.until > this.#clock.now())
      return known.digest === digest ? known.answer : 'mismatch';
    const given = answer();
    this.#answers.delete(name);
    this.#answers.set(name, { digest, until: this.#clock.now() + rememberedMs, answer: given });
    // Failures of the server are not remembered: the same request may well succeed the next time.
    void given.then(
      ({ status }) => status >= 500 && this.#answers.delete(name),
      () => this.#answers.delete(name),
    );
    if (this.#answers.size > capacity) this.#forgetOldest();
    return given;
  }

  /** Forgets all answers: they may tell of a person who was erased. */
  clear(): void {
    this.#answers.clear();
  }

  #forgetOldest(): void {
    const oldest = this.#answers.keys().next().value;
    if (oldest !== undefined) this.#answers.delete(oldest);
  }
}
