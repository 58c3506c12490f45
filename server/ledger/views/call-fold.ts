import type { CallSummary } from '../../../protocol/rest.ts';
import type { LedgerRow } from '../types.ts';
import { numberFact, textFact } from './facts.ts';

type Changes = { [K in keyof CallSummary]?: CallSummary[K] | undefined };

/** What one row says about its call. Types that are not known say nothing. */
function changesOf(row: LedgerRow, call: CallSummary): Changes {
  const { facts, at } = row;
  switch (row.type) {
    case 'call-invited':
      return { startedAt: at, from: textFact(row.personal, 'from') ?? '', to: textFact(facts, 'to') };
    case 'call-dialled':
      return {
        startedAt: at,
        direction: 'outbound',
        from: textFact(facts, 'from'),
        to: textFact(row.personal, 'to') ?? '',
        agent: row.agentId,
      };
    case 'plan-begun':
    case 'route-chosen':
      return { route: textFact(facts, 'route') };
    case 'queued':
      return { queue: textFact(facts, 'queue') };
    case 'answered':
      return {
        agent: row.agentId ?? textFact(facts, 'agent'),
        answeredAt: call.answeredAt ?? at,
        waitedMs: numberFact(facts, 'waitedMs'),
      };
    // Whoever a colleague handed the call to has it now.
    case 'transfer-connected':
      return { agent: row.agentId };
    case 'abandoned':
      return { queue: textFact(facts, 'queue'), waitedMs: numberFact(facts, 'waitedMs') };
    case 'alert-raised':
      return { alerts: call.alerts + 1 };
    case 'call-ended':
      return { state: 'ended', endedAt: at, cause: textFact(facts, 'cause'), talkedMs: numberFact(facts, 'talkedMs') };
    case 'wrap-up-ended':
    case 'wrapup-ended':
      return { disposition: textFact(facts, 'disposition') };
    default:
      return {};
  }
}

/** One call's line from its rows, in order. Pure. */
export function foldCall(id: string, rows: readonly LedgerRow[]): CallSummary {
  const startedAt = rows[0]?.at ?? 0;
  let call: CallSummary = { id, startedAt, direction: 'inbound', from: '', to: '', state: 'active', alerts: 0 };
  for (const row of rows) {
    const said = Object.entries(changesOf(row, call)).filter(([, value]) => value !== undefined);
    call = { ...call, ...Object.fromEntries(said) };
  }
  return call;
}
