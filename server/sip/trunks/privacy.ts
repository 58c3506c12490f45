/** What a caller wants not to be known: the Privacy header (RFC 3323 section 4.2, RFC 3325 section 9.3, RFC 7044). Pure. */

export interface PrivacyWish {
  /** Who calls: `id` (what the network asserts), `user` (From and what else a phone says), or `header` (whatever tells it). */
  readonly caller: boolean;
  /** Whom the call was meant for before: `history`, or `header`. */
  readonly history: boolean;
  /** Rather no call than without it. */
  readonly critical: boolean;
  /** Something nobody here knows. */
  readonly unknown: boolean;
}

/** `session` is always kept: the media node stands between the parties, and its description is its own. */
const known: ReadonlySet<string> = new Set(['id', 'user', 'header', 'session', 'history', 'none', 'critical']);

/** Reads the header's value; undefined and `none` wish nothing. */
export function privacyWish(header: string | undefined): PrivacyWish {
  const wishes = new Set((header ?? '').toLowerCase().split(/[;,\s]+/));
  wishes.delete('');
  const asks = (...names: readonly string[]): boolean => !wishes.has('none') && names.some((name) => wishes.has(name));
  return {
    // A phone network knows one wish only. Who hides the asserted number and shows it in From would be shown by us.
    caller: asks('id', 'user', 'header'),
    history: asks('history', 'header'),
    critical: asks('critical'),
    unknown: [...wishes].some((wish) => !known.has(wish)),
  };
}

/** Whether the call has to be refused (RFC 3323 section 5): it would not be as private as the caller insists. */
export function cannotKeep({ critical, caller, history, unknown }: PrivacyWish, policy: 'honour' | 'show'): boolean {
  return critical && (unknown || (policy === 'show' && (caller || history)));
}
