/** Trunks as this folder needs them: what trunks.yaml means, with secrets still to be looked up. Times in ms. */

/** Where a password is kept: an environment variable, or the site's secret file under this key. */
export type SecretRef =
  { readonly type: 'env'; readonly name: string } | { readonly type: 'stored'; readonly key: string };

export interface TrunkAccount {
  readonly user: string;
  readonly password: SecretRef;
}

export interface TrunkTarget {
  /** A SIP URI without a user. */
  readonly uri: string;
  /** RFC 2782: lower first; the weight is a share among equals. */
  readonly priority: number;
  readonly weight: number;
}

/** A number that begins with `prefix` has `put` there instead. */
export interface PrefixRule {
  readonly prefix: string;
  readonly put: string;
}

export interface TrunkNumbers {
  /** ISO 3166; null: the site's. */
  readonly country: string | null;
  readonly areaCode: string | null;
  readonly in: readonly PrefixRule[];
  readonly out: readonly PrefixRule[];
  readonly format: 'e164' | 'digits' | 'national' | 'international';
}

export interface TrunkCallerId {
  /** Whether a number (E.164) may be shown. */
  readonly mayShow: (number: string) => boolean;
  readonly default: string | null;
  readonly otherwise: 'default' | 'refuse';
  readonly anonymous: boolean;
  readonly identity: 'asserted' | 'preferred' | 'none';
  readonly trust: boolean;
  readonly privacy: 'honour' | 'show';
}

/** Null: without limit. */
export interface TrunkLimits {
  readonly channels: number | null;
  readonly channelsIn: number | null;
  readonly channelsOut: number | null;
  readonly perSecondIn: number | null;
  readonly perSecondOut: number | null;
}

export interface TrunkDestinations {
  /** Prefixes, countries (two letters) and kinds; null: the country of the trunk. */
  readonly allow: readonly string[] | null;
  readonly deny: readonly string[];
}

export interface TrunkDaily {
  readonly minutes: number | null;
  readonly spend: number | null;
  /** Price of a minute, the longest prefix first. */
  readonly rates: readonly { readonly prefix: string; readonly price: number }[];
}

export interface TrunkHealth {
  /** How often OPTIONS is sent; 0: never. */
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly failures: number;
  /** Where no OPTIONS is sent: how long a target that failed a call is left alone. */
  readonly retryAfterMs: number;
}

export interface TrunkConfig {
  readonly id: string;
  readonly name: { readonly en: string; readonly zh: string };
  readonly profile: 'ims-cn' | 'gateway-cn' | 'generic' | null;
  readonly calls: 'in' | 'out' | 'both';
  readonly addresses: readonly string[];
  /** The carrier proves itself to us. */
  readonly login: TrunkAccount | null;
  /** We prove ourselves to the carrier. */
  readonly account: TrunkAccount | null;
  readonly registration: { readonly as: string; readonly expiresMs: number } | null;
  readonly targets: readonly TrunkTarget[];
  readonly domain: string | null;
  readonly health: TrunkHealth;
  /** A target that has not even rung by then counts as dead. */
  readonly answerWithinMs: number;
  readonly limits: TrunkLimits;
  /** Null: numbers pass as they are. */
  readonly numbers: TrunkNumbers | null;
  readonly callerId: TrunkCallerId;
  readonly destinations: TrunkDestinations;
  readonly daily: TrunkDaily | null;
  /** Empty: as the site says. */
  readonly codecs: readonly ('PCMU' | 'PCMA' | 'G722' | 'opus')[];
  readonly dtmf: 'auto' | 'rfc4733' | 'tone' | 'info';
  /** Null: SRTP is taken where it is offered. */
  readonly srtp: 'off' | 'optional' | 'required' | null;
  readonly ice: 'off' | 'taken' | 'offered';
  /** What becomes of a call from which no audio comes; null: as the site says. */
  readonly silence: { readonly afterMs: number; readonly then: 'end' | 'flag' } | null;
  readonly reliable: boolean;
  readonly verifyIdentity: boolean;
  readonly testNumber: string | null;
}

/** Calls to numbers that begin with `prefix` go over these trunks, in this order. */
export interface OutboundRule {
  readonly id: string;
  readonly prefix: string;
  readonly trunks: readonly string[];
  /** The number to show, whoever calls. */
  readonly from: string | null;
}

/** All trunks of the plan in force, and the outbound rules in the order in which they decide. */
export interface TrunkPlan {
  readonly trunks: ReadonlyMap<string, TrunkConfig>;
  readonly outbound: readonly OutboundRule[];
}
