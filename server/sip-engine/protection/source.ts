import type { ProtectionLimits } from './limits.ts';
import { rateOf, TokenBucket } from './token-bucket.ts';
import type { Rate } from './token-bucket.ts';

/** Why a message was dropped. */
export const dropReasons = [
  'scanner',
  'source-rate',
  'strangers-rate',
  'trusted-rate',
  'source-transactions',
  'strangers-transactions',
  'source-invites',
  'strangers-invites',
  'source-open',
  'strangers-open',
  'open',
] as const;
export type DropReason = (typeof dropReasons)[number];

/** What one source (or all strangers together) may still ask for, and what it holds. */
export class Source {
  readonly #messages: TokenBucket;
  readonly #transactions: TokenBucket;
  readonly #invites: TokenBucket;
  readonly #rates: Rates;
  /** Server transactions held for it. */
  open = 0;
  /** Messages of it that were dropped, the last one when (ms) and why. */
  dropped = 0;
  droppedAt = 0;
  reason: DropReason | undefined;

  constructor(rates: Rates, now: number) {
    this.#rates = rates;
    this.#messages = new TokenBucket(rates.messages, now);
    this.#transactions = new TokenBucket(rates.transactions, now);
    this.#invites = new TokenBucket(rates.invites, now);
  }

  message(now: number): boolean {
    return this.#messages.take(this.#rates.messages, now);
  }

  transaction(now: number): boolean {
    return this.#transactions.take(this.#rates.transactions, now);
  }

  invite(now: number): boolean {
    return this.#invites.take(this.#rates.invites, now);
  }

  /** When it has all of its measure back, ms. */
  get restoredAt(): number {
    const { messages, transactions, invites } = this.#rates;
    return Math.max(
      this.#messages.fullAt(messages),
      this.#transactions.fullAt(transactions),
      this.#invites.fullAt(invites),
    );
  }

  note(reason: DropReason, now: number): void {
    this.dropped++;
    this.droppedAt = now;
    this.reason = reason;
  }
}

/** The rates of a source. */
export interface Rates {
  readonly messages: Rate;
  readonly transactions: Rate;
  readonly invites: Rate;
}

/** A network somebody is registered from may ask for so many times what another source may: a thousand agents behind one NAT. */
export const homeFactor = 10;
/** All of them together, beside what all strangers may. */
const homesFactor = 4;
/**
 * And so many times as many transactions may be held for them: over UDP each is kept for 32 s (timer J), and a registration
 * takes two of them.
 */
export const homesOpenFactor = 6;

/** The rates of a source, of all strangers together, of a network somebody is registered from, of all those, and of somebody trusted. */
export function ratesOf(limits: ProtectionLimits): {
  readonly source: Rates;
  readonly strangers: Rates;
  readonly home: Rates;
  readonly homes: Rates;
  readonly trusted: Rates;
} {
  const none = rateOf(0);
  return {
    source: {
      messages: rateOf(limits.messages),
      transactions: rateOf(limits.transactions),
      invites: rateOf(limits.invites),
    },
    // One second's worth: what all may send at once is also the longest stall they can cause.
    strangers: {
      messages: rateOf(limits.strangerMessages, 1),
      transactions: rateOf(limits.strangerTransactions, 1),
      invites: rateOf(limits.strangerInvites, 1),
    },
    home: {
      messages: rateOf(limits.messages * homeFactor),
      transactions: rateOf(limits.transactions * homeFactor),
      invites: rateOf(limits.invites * homeFactor),
    },
    homes: {
      messages: rateOf(limits.strangerMessages * homesFactor, 1),
      transactions: rateOf(limits.strangerTransactions * homesFactor, 1),
      invites: rateOf(limits.strangerInvites * homesFactor, 1),
    },
    trusted: { messages: rateOf(limits.trustedMessages), transactions: none, invites: none },
  };
}
