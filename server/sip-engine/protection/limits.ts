/**
 * How much somebody who has not proven to be one of ours may ask for. 0: any amount. A *source* is an IPv4 address or an
 * IPv6 /64. See docs/security.md.
 */
export interface ProtectionLimits {
  /** Messages a second of one source; four seconds' worth may come at once. */
  readonly messages: number;
  /** New server transactions a second of one source. */
  readonly transactions: number;
  /** Of these, INVITEs: each that gets through costs the server a look. */
  readonly invites: number;
  /** Messages a second of all strangers together. */
  readonly strangerMessages: number;
  /** New server transactions a second of all strangers together. */
  readonly strangerTransactions: number;
  /** INVITEs a second of all strangers together. */
  readonly strangerInvites: number;
  /** Server transactions held at a time for one source. */
  readonly sourceOpen: number;
  /** Server transactions held at a time for all strangers together. */
  readonly strangersOpen: number;
  /** Server transactions held at a time for everybody; beyond that even our own get 503. */
  readonly open: number;
  /** Messages a second of one trusted address: a trunk's host, or the address and port of a registered phone. */
  readonly trustedMessages: number;
  /** How many sources are remembered. */
  readonly sources: number;
}

/** Nothing is limited: a bare engine is somebody else's building block. The server's launcher sets what `sip.protection` says. */
export const noProtection: ProtectionLimits = {
  messages: 0,
  transactions: 0,
  invites: 0,
  strangerMessages: 0,
  strangerTransactions: 0,
  strangerInvites: 0,
  sourceOpen: 0,
  strangersOpen: 0,
  open: 0,
  trustedMessages: 0,
  sources: 20_000,
};

/** True when nothing at all is limited, so that nobody's share need be known. */
export function isUnlimited(limits: ProtectionLimits): boolean {
  const names = Object.keys(noProtection) as (keyof ProtectionLimits)[];
  return names.every((name) => name === 'sources' || limits[name] === 0);
}

/** What the engine is told of it. */
export interface ProtectionOptions extends Partial<ProtectionLimits> {
  /** What scanners call themselves; the list that comes with the engine if absent, nobody if empty. */
  readonly scanners?: readonly string[] | undefined;
  /** Networks (CIDR) whose hosts are trusted. */
  readonly trusted?: readonly string[] | undefined;
}
