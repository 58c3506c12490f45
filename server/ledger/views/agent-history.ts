import type { Ledger } from '../ledger.ts';
import type { LedgerRow } from '../types.ts';
import { given, textFact } from './facts.ts';

/** A stretch of an agent's day. */
export interface AgentStretch {
  /** The row that began it. */
  readonly id: string;
  readonly from: number;
  /** Absent while it lasts. */
  readonly until?: number;
  readonly presence?: string;
  readonly reason?: string;
  readonly activity?: string;
}

/** The stretches between the state changes of one agent. Pure. */
export function foldAgentHistory(rows: readonly LedgerRow[]): AgentStretch[] {
  const changes = rows.filter(({ type }) => type === 'agent-state-changed');
  return changes.map((row, index) =>
    given({
      id: row.id,
      from: row.at,
      until: changes[index + 1]?.at,
      presence: textFact(row.facts, 'presence'),
      reason: textFact(row.facts, 'reason'),
      activity: textFact(row.facts, 'activity'),
    }),
  );
}

/** An agent's history, oldest first, after the row `after`. */
export function agentHistory(ledger: Ledger, agentId: string, limit: number, after?: string): AgentStretch[] {
  return foldAgentHistory(ledger.rows({ agentId, type: 'agent-state-changed', limit, after }));
}
