import type { Cancel, Clock } from '../../../base/clock.ts';
import type { Result } from '../../../base/result.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import type { SipCredentials } from '../../../protocol/rest.ts';

export interface CredentialParts {
  readonly clock: Clock;
  readonly mint: () => Promise<Result<SipCredentials, Problem>>;
  readonly onRenewed: (credentials: SipCredentials) => void;
  /** The login itself is no longer accepted. */
  readonly onExpired: (problem: Problem) => void;
}

const retryMs = 5_000;
const earliestMs = 5_000;

/** Mints new SIP credentials when four fifths of the old ones' life are over, and at once when they were refused. */
export class CredentialRenewal {
  readonly #parts: CredentialParts;
  #timer: Cancel = () => undefined;
  #minting = false;
  #closed = false;

  constructor(parts: CredentialParts) {
    this.#parts = parts;
  }

  /** Arms the renewal of credentials that end at `expiresAt`. */
  keep(expiresAt: number): void {
    const now = this.#parts.clock.now();
    this.#arm(now + Math.max(earliestMs, (expiresAt - now) * 0.8));
  }

  /** Mints now; while a request is under way this does nothing. Failures are tried again, except a login gone stale. */
  renew(): void {
    if (this.#minting || this.#closed) return;
    this.#minting = true;
    this.#timer();
    void this.#mint();
  }

  close(): void {
    this.#closed = true;
    this.#timer();
  }

  async #mint(): Promise<void> {
    const result = await this.#parts.mint();
    this.#minting = false;
    if (this.#closed) return;
    if (result.ok) {
      this.#parts.onRenewed(result.value);
      this.keep(result.value.expiresAt);
    } else if (result.error.status === 401) this.#parts.onExpired(result.error);
    else this.#arm(this.#parts.clock.now() + retryMs);
  }

  #arm(time: number): void {
    this.#timer();
    this.#timer = this.#parts.clock.at(time, () => this.renew());
  }
}
