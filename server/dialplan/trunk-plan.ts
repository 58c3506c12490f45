/** Trunks as the files mean them, defaults of profiles filled in. Plain values, frozen with the plan; times in ms. */
import type { Label, NumberPattern } from './plan-parts.ts';

/** Where a password is kept: an environment variable, or the site's secret file under this key. */
export type SecretRef =
  { readonly type: 'env'; readonly name: string } | { readonly type: 'stored'; readonly key: string };

export interface TrunkAccount {
  readonly user: string;
  readonly password: SecretRef;
}

export interface TrunkTarget {
  readonly uri: string;
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
  readonly allowed: readonly NumberPattern[];
  readonly default: string | null;
  readonly otherwise: 'default' | 'refuse';
  readonly anonymous: boolean;
  readonly identity: 'asserted' | 'preferred' | 'none';
  readonly trust: boolean;
  readonly privacy: 'honour' | 'show';
}

export interface TrunkLimits {
  readonly channels: number | null;
  readonly channelsIn: number | null;
  readonly channelsOut: number | null;
  readonly perSecondIn: number | null;
  readonly perSecondOut: number | null;
}

/** A prefix (digits, `+` and digits), a country (two letters) or a kind of number. */
export type DestinationRule = string;

export interface TrunkDaily {
  readonly minutes: number | null;
  readonly spend: number | null;
  /** Price of a minute by prefix, the longest prefix first. */
  readonly rates: readonly { readonly prefix: string; readonly price: number }[];
}

export interface Trunk {
  readonly id: string;
  readonly name: Label;
  readonly profile: 'ims-cn' | 'gateway-cn' | 'generic' | null;
  readonly calls: 'in' | 'out' | 'both';
  readonly addresses: readonly string[];
  readonly login: TrunkAccount | null;
  readonly account: TrunkAccount | null;
  readonly registration: { readonly as: string; readonly expiresMs: number } | null;
  readonly targets: readonly TrunkTarget[];
  readonly domain: string | null;
  /** `everyMs` 0: no OPTIONS. */
  readonly health: {
    readonly everyMs: number;
    readonly timeoutMs: number;
    readonly failures: number;
    readonly retryAfterMs: number;
  };
  readonly answerWithinMs: number;
  readonly limits: TrunkLimits;
  /** Null: numbers pass as they are. */
  readonly numbers: TrunkNumbers | null;
  readonly callerId: TrunkCallerId;
  readonly destinations: {
    readonly allow: readonly DestinationRule[] | null;
    readonly deny: readonly DestinationRule[];
  };
  readonly daily: TrunkDaily | null;
  /** Empty: as the site says. */
  readonly codecs: readonly ('PCMU' | 'PCMA' | 'G722' | 'opus')[];
  readonly dtmf: 'auto' | 'rfc4733' | 'tone' | 'info';
  /** Null: SRTP is taken where it is offered. */
  readonly srtp: 'off' | 'optional' | 'required' | null;
  readonly ice: 'off' | 'taken' | 'offered';
  /** Null: as the site says. */
  readonly silence: { readonly afterMs: number; readonly then: 'end' | 'flag' } | null;
  readonly reliable: boolean;
  readonly verifyIdentity: boolean;
  readonly testNumber: string | null;
}

/** Which trunks take calls to numbers that begin with `prefix`. */
export interface OutboundRule {
  readonly id: string;
  readonly prefix: string;
  readonly priority: number;
  readonly trunks: readonly string[];
  readonly from: string | null;
}
