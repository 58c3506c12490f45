/** Which calls are recorded: what the dialplan says, and the dice where it says a share. Pure. */

/** What the files say of a route or a queue; `percent` belongs to `share` alone. */
export type RecordPolicy =
  | { readonly mode: 'always' }
  | { readonly mode: 'never' }
  | { readonly mode: 'on-demand' }
  | { readonly mode: 'share'; readonly percent: number };

/** What is decided for one call. `on-demand`: nothing until an agent asks. */
export type Decision = 'on' | 'on-demand' | 'off';

/** What `record:` may be, read. */
export function readPolicy(text: string): RecordPolicy {
  if (text.endsWith('%')) return { mode: 'share', percent: Number(text.slice(0, -1)) };
  return text === 'always' || text === 'on-demand' ? { mode: text } : { mode: 'never' };
}

/** The queue's word counts before the route's; without either nothing is recorded. `dice`: at least 0, less than 1. */
export function decide(
  queue: RecordPolicy | null,
  route: RecordPolicy | null,
  dice: number,
): { readonly decision: Decision; readonly policy: string } {
  const policy = queue ?? route ?? { mode: 'never' };
  switch (policy.mode) {
    case 'always':
      return { decision: 'on', policy: 'always' };
    case 'on-demand':
      return { decision: 'on-demand', policy: 'on-demand' };
    case 'never':
      return { decision: 'off', policy: 'never' };
    case 'share': {
      const text = `${String(policy.percent)}%`;
      // Those the dice spare can still be recorded by hand: the share is a sample, no prohibition.
      return { decision: dice * 100 < policy.percent ? 'on' : 'on-demand', policy: text };
    }
  }
}
