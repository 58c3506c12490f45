/** Who may read what of a call: agents the calls they took part in, supervisors and administrators every one. */
import { makeProblem, type Problem } from '../../protocol/problems/index.ts';
import { type CallLegQuality, withoutCost } from '../../protocol/quality.ts';
import { isSupervisorsLeg, type Ledger, tookPart } from '../ledger/index.ts';
import type { Account } from '../store/index.ts';

/** Somebody who reads no calls but those they took part in, and of these not all. */
export function readsOnlyOwn({ role }: Pick<Account, 'role'>): boolean {
  return role === 'agent';
}

/** Why somebody may not read a call; undefined: they may. */
export function unreadable(ledger: Ledger, account: Pick<Account, 'id' | 'role'>, callId: string): Problem | undefined {
  if (ledger.rows({ callId, limit: 1 }).length === 0) return makeProblem('not-found', { what: 'call' });
  if (!readsOnlyOwn(account) || tookPart(ledger, callId, account.id)) return undefined;
  return makeProblem('call-of-others');
}

/** The legs of a call for somebody who may read it: agents are told neither of supervisors' phones nor of codecs' cost. */
export function legsFor(account: Pick<Account, 'role'>, legs: readonly CallLegQuality[]): CallLegQuality[] {
  if (!readsOnlyOwn(account)) return [...legs];
  return legs.filter(({ legId }) => !isSupervisorsLeg(legId)).map(withoutCost);
}
