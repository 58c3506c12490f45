/** What a recorder is told of: who talks, and whether anything of it is to be heard now. Plain and comparable. */

/** Somebody who is recorded. */
export interface Party {
  /** Stays the same for one person in one call. */
  readonly id: string;
  /** SIP address of record. */
  readonly aor: string;
  readonly name: string | null;
  /** Since when, if not from the beginning of the talk; ms since the epoch. */
  readonly since?: number;
}

export interface Talk {
  readonly callId: string;
  /** ms since the epoch. */
  readonly since: number;
  readonly caller: Party;
  /** Null: nobody talks with the caller now. */
  readonly other: Party | null;
  /** Those who came to the talk: the caller hears them beside the other party, in the same stream. */
  readonly joined?: readonly Party[];
  /** False on hold and while the recording is paused or masked. */
  readonly flowing: boolean;
}

/** Do both say the same to a recorder? */
export function sameTalk(one: Talk, two: Talk): boolean {
  return JSON.stringify(one) === JSON.stringify(two);
}

/** The streams of a session, in the order of their m-lines: what the caller says, what the other party says. */
export const streams = ['caller', 'other'] as const;
export type StreamName = (typeof streams)[number];

/** The label of a stream, in SDP (RFC 4574) and in the metadata. */
export const labelOf = { caller: '1', other: '2' } as const;
