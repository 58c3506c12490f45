/** What is told and kept of trunks. Plain values. */

export type Direction = 'in' | 'out';

/** Whom a call was meant for before it was sent on (RFC 5806, RFC 7044). */
export interface Diversion {
  /** E.164 where it can be made so; `anonymous` when it is not to be known. */
  readonly number: string;
  /** As Diversion names it: `unconditional`, `user-busy`, `no-answer`, `unknown` ... */
  readonly reason: string;
}

/**
 * How the caller's number is attested (RFC 8224, RFC 8588). `A B C` were verified; `expired`: signed by who may, but too
 * long ago; `forged`: the signature or the numbers are wrong; `untrusted`: signed by somebody we do not know.
 */
export type Attestation = 'A' | 'B' | 'C' | 'absent' | 'expired' | 'forged' | 'untrusted';

/** Why a call does not go out, before anything was sent. */
export type NotPlaced =
  | 'no-trunk'
  | 'not-permitted'
  | 'caller-not-allowed'
  | 'trunk-down'
  /** The trunk wants SRTP, and whoever calls has no key to offer. */
  | 'needs-srtp'
  | 'channels-full'
  | 'too-fast'
  | 'daily-minutes'
  | 'daily-spend';

/** The status that goes with it, as if the network had said so. */
export const statusOfNotPlaced: Readonly<Record<NotPlaced, number>> = {
  'no-trunk': 404,
  'not-permitted': 403,
  'caller-not-allowed': 403,
  'trunk-down': 503,
  'needs-srtp': 488,
  'channels-full': 480,
  'too-fast': 503,
  'daily-minutes': 403,
  'daily-spend': 403,
};

/** Plain JSON, kept over restarts. `day` is an ISO date in the zone of the site. */
export interface DayUse {
  readonly day: string;
  readonly talkedMs: number;
  readonly spent: number;
}

/**
 * - `asking`: a REGISTER is out; `due` is null
 * - `registered`: until `expiresAt`; asked for again at `due`
 * - `waiting`: it failed at every target; tried again at `due`
 * - `ended`: given up
 */
export type RegistrationPhase = 'asking' | 'registered' | 'waiting' | 'ended';

/** A target or the registration of a trunk is up, or no longer. */
export type LineChange =
  | { readonly type: 'target'; readonly uri: string; readonly state: 'up' | 'down'; readonly reason: string | null }
  | { readonly type: 'registration'; readonly state: RegistrationPhase; readonly reason: string | null };

/** What is worth a row, a log line or a snapshot. */
export type TrunkEvent =
  | ({ readonly trunk: string } & LineChange)
  | {
      readonly type: 'refused';
      readonly trunk: string | null;
      readonly direction: Direction;
      readonly cause: string;
      readonly status: number;
      readonly legId: string;
      readonly from: string;
      readonly to: string;
      /** How many like it were not told since the last one. */
      readonly untold: number;
    }
  /** An outgoing leg went to a target; `attempt` counts from 1. */
  | {
      readonly type: 'tried';
      readonly trunk: string;
      readonly target: string;
      readonly attempt: number;
      readonly legId: string;
    }
  | { readonly type: 'alarm'; readonly trunk: string; readonly cap: 'near' | 'reached'; readonly use: DayUse }
  | { readonly type: 'use'; readonly trunk: string; readonly use: DayUse };

/** Kept beside a dialog, so that a restart of the server neither frees a channel nor stops the meter. Plain JSON. */
export interface TrunkLeg {
  readonly trunk: string;
  readonly direction: Direction;
  /** Price of a minute. */
  readonly price: number;
}
