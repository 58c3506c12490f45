import type { AlertSummary } from '../../../protocol/rest.ts';
import type { Ledger } from '../ledger.ts';
import type { LedgerRow } from '../types.ts';
import type { Page } from './calls.ts';
import { given, textFact } from './facts.ts';

export interface AlertFilter {
  readonly callId?: string | undefined;
  /** Id of the row of the last alert of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

function idOf(row: LedgerRow): string {
  return textFact(row.facts, 'alertId') ?? textFact(row.facts, 'alert') ?? row.id;
}

function summaryOf(ledger: Ledger, row: LedgerRow): AlertSummary {
  const id = idOf(row);
  const { callId = '' } = row;
  const acknowledged = ledger.rows({ callId, type: 'alert-acknowledged' }).find((each) => idOf(each) === id);
  return given({
    id,
    callId,
    at: row.at,
    rule: textFact(row.facts, 'rule') ?? textFact(row.facts, 'ruleId') ?? '',
    severity: textFact(row.facts, 'severity') ?? 'warning',
    evidence: textFact(row.personal, 'evidence'),
    acknowledgedAt: acknowledged?.at,
    acknowledgedBy: acknowledged?.agentId ?? textFact(acknowledged?.facts, 'by'),
  });
}

/** Alerts, newest first. */
export function listAlerts(ledger: Ledger, filter: AlertFilter): Page<AlertSummary> {
  const { callId, before, limit } = filter;
  const rows = ledger.rows({ type: 'alert-raised', callId, after: before, newestFirst: true, limit: limit + 1 });
  const items = rows.slice(0, limit).map((row) => summaryOf(ledger, row));
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined ? { items, next: last.id } : { items };
}
