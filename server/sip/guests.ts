/** Passes of guests: SIP credentials that let one call in from a browser, to one route, within a minute or so. Kept in memory alone. */
import { randomBytes } from 'node:crypto';
import type { SipAccount } from './authenticator.ts';
import { ha1sOf } from './digest.ts';
import type { Minted } from './credentials.ts';
import type { GuestPass } from './ports.ts';

interface Kept {
  readonly account: SipAccount;
  readonly expiresAt: number;
}

/** More than this unused at a time: the oldest go. */
const mostKept = 10_000;

export class Guests {
  readonly #realm: string;
  readonly #kept = new Map<string, Kept>();

  constructor(realm: string) {
    this.#realm = realm;
  }

  /** A new pass, good for one INVITE until `expiresAt` (ms). */
  mint(wanted: Omit<GuestPass, 'id'>, expiresAt: number, now: number): Minted {
    const id = `guest-${randomBytes(12).toString('hex')}`;
    const password = randomBytes(24).toString('base64url');
    this.#forgetLapsed(now);
    const origin = { type: 'guest', pass: { ...wanted, id } } as const;
    const account: SipAccount = { username: id, origin, device: null, ha1s: ha1sOf(id, this.#realm, password) };
    this.#kept.set(id, { account, expiresAt });
    return { username: id, password, expiresAt };
  }

  /** The account a pass is, while it is good. */
  accountOf(username: string, now: number): SipAccount | undefined {
    const kept = this.#kept.get(username);
    return kept !== undefined && kept.expiresAt > now ? kept.account : undefined;
  }

  /** A call came in by it: it lets no other in. */
  use({ id }: GuestPass): void {
    this.#kept.delete(id);
  }

  /** They lapse in the order they were made, or nearly: whoever is first and still good ends the search. */
  #forgetLapsed(now: number): void {
    for (const [id, { expiresAt }] of this.#kept) {
      if (expiresAt > now && this.#kept.size < mostKept) return;
      this.#kept.delete(id);
    }
  }
}
