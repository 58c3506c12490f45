/** Turns what the caller gave into what crosses to the writer's thread. Pure but for the ids. */
import { LedgerError } from './errors.ts';
import type { Row, Snapshot, Statement } from './types.ts';
import type { PreparedAppend, PreparedRow, PreparedSnapshot } from './writer.ts';

const rowType = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Checks and serialises. Throws `ledger-bad-row`. */
export function prepareAppend(
  rows: readonly Row[],
  snapshots: readonly Snapshot[],
  statements: readonly Statement[],
  nextId: () => string,
): PreparedAppend {
  return { rows: rows.map((row) => prepareRow(row, nextId())), snapshots: snapshots.map(prepareSnapshot), statements };
}

function prepareRow(row: Row, id: string): PreparedRow {
  if (!rowType.test(row.type)) throw new LedgerError('ledger-bad-row', `"${row.type}" is no kebab-case row type`);
  if (!Number.isSafeInteger(row.at)) throw new LedgerError('ledger-bad-row', 'the time of a row is whole milliseconds');
  return {
    id,
    type: row.type,
    callId: row.callId ?? null,
    agentId: row.agentId ?? null,
    at: row.at,
    facts: json(row.facts),
    personal:
      row.personal === undefined ? null : { subject: subject(row.personal.subject), text: json(row.personal.fields) },
  };
}

function prepareSnapshot(snapshot: Snapshot): PreparedSnapshot {
  return {
    kind: snapshot.kind,
    id: snapshot.id,
    version: snapshot.version,
    state: snapshot.state === null ? null : json(snapshot.state),
    subject: snapshot.subject === undefined ? null : subject(snapshot.subject),
  };
}

/** A plain number given by mistake would be stored in clear as the name of a key. */
function subject(given: string): string {
  if (!/^s-[\w-]{24}$/.test(given)) throw new LedgerError('ledger-bad-row', 'a subject comes from subjectOf()');
  return given;
}

function json(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new LedgerError('ledger-bad-row', 'a row holds JSON values only', { cause });
  }
}
