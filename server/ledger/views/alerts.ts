import type { AlertSummary } from '../../../protocol/rest.ts';
import type { Ledger } from '../ledger.ts';
import type { SqlValue } from '../sqlite.ts';
import type { LedgerRow } from '../types.ts';
import { tookPartSql, tookPartValues } from './call-readers.ts';
import type { Page } from './calls.ts';
import { given, textFact } from './facts.ts';

export interface AlertFilter {
  readonly callId?: string | undefined;
  /** Id of the row of the last alert of the page before. */
  readonly before?: string | undefined;
  /** Only of calls this agent took part in. */
  readonly takenPartBy?: string | undefined;
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

/** One more than are wanted, which tells that there are more. */
function alertRows(ledger: Ledger, { callId, before, takenPartBy, limit }: AlertFilter): LedgerRow[] {
  const conditions: readonly [string, readonly SqlValue[] | undefined][] = [
    ['first.call_id = ?', callId === undefined ? undefined : [callId]],
    ['first.rowid < (SELECT rowid FROM ledger_rows WHERE id = ?)', before === undefined ? undefined : [before]],
    [tookPartSql, takenPartBy === undefined ? undefined : tookPartValues(takenPartBy)],
  ];
  const given = conditions.filter(([, values]) => values !== undefined);
  const where = ["first.type = 'alert-raised'", ...given.map(([sql]) => sql)].join(' AND ');
  const values = given.flatMap(([, each]) => each ?? []);
  const { reader } = ledger;
  return reader
    .all(`SELECT first.* FROM ledger_rows first WHERE ${where} ORDER BY first.rowid DESC LIMIT ?`, ...values, limit + 1)
    .map((row) => reader.row(row));
}

/** Alerts, newest first. */
export function listAlerts(ledger: Ledger, filter: AlertFilter): Page<AlertSummary> {
  const { limit } = filter;
  const rows = alertRows(ledger, filter);
  const items = rows.slice(0, limit).map((row) => summaryOf(ledger, row));
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined ? { items, next: last.id } : { items };
}
