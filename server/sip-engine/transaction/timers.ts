/** The base values of RFC 3261 section 17 and table 4, in milliseconds. All other timers follow from them. */
export interface TimerValues {
  /** Round-trip estimate. */
  readonly t1: number;
  /** Longest retransmission interval of non-INVITE requests and INVITE responses. */
  readonly t2: number;
  /** Longest time a message stays in the network. */
  readonly t4: number;
  /** How long a UAC soaks up repeated non-2xx answers to INVITE over UDP. */
  readonly d: number;
}

export const defaultTimers: TimerValues = { t1: 500, t2: 4000, t4: 5000, d: 32_000 };

/** Timers B, F, H, J, L and M: 64 times T1. */
export function patience(timers: TimerValues): number {
  return 64 * timers.t1;
}

/** Letters as RFC 3261 table 4 and RFC 6026 name them. */
export type TimerName = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

/** What a transaction machine asks its runner to do. */
export type TransactionEffect =
  /** Send the message the transaction last sent once more. */
  | { readonly type: 'retransmit' }
  | { readonly type: 'arm'; readonly timer: TimerName; readonly delay: number }
  | { readonly type: 'disarm'; readonly timer: TimerName }
  /** Hand the message that caused this step to the transaction user. */
  | { readonly type: 'pass-up' }
  /** Send the message that caused this step to the network. */
  | { readonly type: 'transmit' }
  /** Send (again) the ACK for a non-2xx answer. */
  | { readonly type: 'acknowledge' }
  | { readonly type: 'failed'; readonly reason: 'timeout' | 'transport' }
  | { readonly type: 'end' };

/** The next state and what to do. */
export interface Step<S> {
  readonly state: S;
  readonly effects: readonly TransactionEffect[];
}

/** A step that changes nothing. */
export function stay<S>(state: S): Step<S> {
  return { state, effects: [] };
}
