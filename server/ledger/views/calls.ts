import type { CallStory, CallSummary } from '../../../protocol/rest.ts';
import type { Ledger } from '../ledger.ts';
import type { SqlValue } from '../sqlite.ts';
import { textOf } from '../sqlite.ts';
import { foldCall } from './call-fold.ts';
import { tookPartSql, tookPartValues } from './call-readers.ts';

export interface CallFilter {
  readonly state?: 'active' | 'ended' | undefined;
  readonly agent?: string | undefined;
  readonly queue?: string | undefined;
  /** The number of the party outside in E.164. */
  readonly number?: string | undefined;
  /** Started at or after, before: milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only calls this agent took part in. */
  readonly takenPartBy?: string | undefined;
  /** Id of the last call of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** A page of a list; `next` is the cursor of the one after. */
export interface Page<T> {
  readonly items: T[];
  readonly next?: string;
}

/** More rows than any call has: a call that loops for ever must not fill the memory of who looks at it. */
const storyRows = 10_000;

const conditions: readonly [keyof CallFilter, string][] = [
  ['since', 'first.at >= ?'],
  ['until', 'first.at < ?'],
  ['before', 'first.rowid < (SELECT min(rowid) FROM ledger_rows WHERE call_id = ?)'],
  ['number', 'first.subject = (SELECT id FROM subject_keys WHERE alias = ?)'],
  [
    'agent',
    `EXISTS (SELECT 1 FROM ledger_rows r WHERE r.call_id = first.call_id AND r.type IN ('answered', 'call-dialled', 'transfer-connected') AND r.agent_id = ?)`,
  ],
  [
    'queue',
    `EXISTS (SELECT 1 FROM ledger_rows r WHERE r.call_id = first.call_id AND r.type = 'queued' AND r.facts ->> 'queue' = ?)`,
  ],
];

const ended = `EXISTS (SELECT 1 FROM ledger_rows r WHERE r.call_id = first.call_id AND r.type = 'call-ended')`;

/** Calls, newest first: a fold of the rows of each call on the page. */
export function listCalls(ledger: Ledger, filter: CallFilter): Page<CallSummary> {
  const values: SqlValue[] = [];
  const where = conditions.flatMap(([name, sql]) => {
    const value = filter[name];
    if (value === undefined) return [];
    values.push(name === 'number' ? ledger.subjectOf(String(value)) : value);
    return [sql];
  });
  if (filter.takenPartBy !== undefined) {
    where.push(tookPartSql);
    values.push(...tookPartValues(filter.takenPartBy));
  }
  if (filter.state !== undefined) where.push(filter.state === 'ended' ? ended : `NOT ${ended}`);
  const found = ledger.reader.all(
    `SELECT first.call_id FROM ledger_rows first WHERE ${["first.type IN ('call-invited', 'call-dialled')", ...where].join(' AND ')}
     AND first.call_id IS NOT NULL ORDER BY first.rowid DESC LIMIT ?`,
    ...values,
    filter.limit + 1,
  );
  const ids = found.slice(0, filter.limit).map((row) => textOf(row, 'call_id'));
  const items = ids.map((callId) => foldCall(callId, ledger.rows({ callId, limit: storyRows })));
  const last = ids.at(-1);
  return found.length > filter.limit && last !== undefined ? { items, next: last } : { items };
}

/** Everything that is known of a call, row by row; undefined when there is none of that id. */
export function callStory(ledger: Ledger, callId: string): CallStory | undefined {
  const rows = ledger.rows({ callId, limit: storyRows });
  if (rows.length === 0) return undefined;
  const story = rows.map(({ id, at, type, facts, personal, erased }) => ({
    id,
    at,
    type,
    facts: { ...facts },
    erased,
    ...(personal === undefined ? {} : { personal: { ...personal } }),
  }));
  return { ...foldCall(callId, rows), story };
}
