/** Checks the whole chain, a page at a time, so that it can run beside a busy writer. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { genesis, rowHash } from './chain.ts';
import { headFileOf, readHead } from './head-file.ts';
import { commitment } from './sealing.ts';
import type { SiteKeys } from './site-key.ts';
import { bytesOf, type Database, numberOf, optionalTextOf, type SqlRow, textOf } from './sqlite.ts';
import { unwrapKey } from './sealing.ts';

/** What is wrong with the ledger, and at which row. */
export interface VerifyProblem {
  readonly kind:
    /** The row is not as it was written, or was written by somebody without the key (a forgery). */
    | 'row-altered'
    /** A row between others is gone. */
    | 'row-missing'
    /** The personal fields are not those that were written. */
    | 'personal-altered'
    /** Personal fields or their key are gone, and no erasure says so. */
    | 'personal-missing'
    /** Rows at the end are gone: the head file knows a later one. */
    | 'tail-truncated'
    /** The head file was altered. */
    | 'head-damaged';
  readonly node: string;
  readonly seq: number;
  /** Absent when the row itself is missing. */
  readonly id?: string | undefined;
  readonly message: string;
}

export type Verification =
  /** `warnings`: what the chain itself tells of earlier damage. */
  | { readonly ok: true; readonly rows: number; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly rows: number; readonly problem: VerifyProblem };

const pageRows = 1_000;

interface Progress {
  node: string;
  seq: number;
  hash: Uint8Array;
  id: string;
  rows: number;
  readonly warnings: string[];
  /** Subjects whose personal fields or key are gone, with the first such row. */
  readonly missing: Map<string, VerifyProblem>;
  readonly keysSeen: Set<string>;
}

/** Walks the chain of every node. Reads the head first: the database may only be ahead of it. */
export async function verifyChain(db: Database, site: SiteKeys, file: string): Promise<Verification> {
  const { head, damaged } = readHead(headFileOf(file), site.head);
  if (damaged) return failed(0, { kind: 'head-damaged', node: '', seq: 0, message: 'the head file was altered' });
  const progress: Progress = {
    node: '',
    seq: 0,
    hash: genesis,
    id: '',
    rows: 0,
    warnings: [],
    missing: new Map(),
    keysSeen: new Set(),
  };
  let headHash: string | undefined;
  for (;;) {
    const page = db.all(
      'SELECT * FROM ledger_rows WHERE (node, seq) > (?, ?) ORDER BY node, seq LIMIT ?',
      progress.node,
      progress.seq,
      pageRows,
    );
    for (const row of page) {
      const problem = checkRow(db, site, row, progress);
      if (problem !== undefined) return failed(progress.rows, problem);
      if (progress.node === head?.node && progress.seq === head.seq)
        headHash = Buffer.from(progress.hash).toString('hex');
    }
    if (page.length < pageRows) break;
    await nextTurn();
  }
  const gone = progress.missing.values().next().value;
  if (gone !== undefined) return failed(progress.rows, gone);
  if (head !== undefined && headHash !== head.hash) return failed(progress.rows, tailProblem(db, head, headHash));
  return { ok: true, rows: progress.rows, warnings: progress.warnings };
}

function failed(rows: number, problem: VerifyProblem): Verification {
  return { ok: false, rows, problem };
}

/** The head names a row that is not there, or is another one now. */
function tailProblem(db: Database, head: { node: string; seq: number }, found: string | undefined): VerifyProblem {
  const { node, seq } = head;
  if (found !== undefined)
    return { kind: 'row-altered', node, seq, message: `row ${seq} is not the one that the head file knows` };
  const last = db.get('SELECT max(seq) AS seq FROM ledger_rows WHERE node = ?', node)?.['seq'];
  const next = typeof last === 'number' ? last + 1 : 1;
  return {
    kind: 'tail-truncated',
    node,
    seq: next,
    message: `rows ${next} to ${seq} of node ${node} are gone from the end`,
  };
}

function checkRow(db: Database, site: SiteKeys, row: SqlRow, progress: Progress): VerifyProblem | undefined {
  const node = textOf(row, 'node');
  const seq = numberOf(row, 'seq');
  const id = textOf(row, 'id');
  if (node !== progress.node) Object.assign(progress, { node, seq: 0, hash: genesis });
  if (seq !== progress.seq + 1) {
    const gap = progress.seq + 1;
    return { kind: 'row-missing', node, seq: gap, message: `row ${gap} is gone; the next one is ${seq} (${id})` };
  }
  const expected = rowHash(site.chain, progress.hash, {
    node,
    seq,
    id,
    at: numberOf(row, 'at'),
    type: textOf(row, 'type'),
    callId: optionalTextOf(row, 'call_id') ?? null,
    agentId: optionalTextOf(row, 'agent_id') ?? null,
    facts: textOf(row, 'facts'),
    subject: optionalTextOf(row, 'subject') ?? null,
    commitment: bytesOf(row, 'commitment') ?? null,
  });
  if (!expected.equals(bytesOf(row, 'hash') ?? genesis))
    return { kind: 'row-altered', node, seq, id, message: `row ${seq} (${id}) is not as it was written` };
  Object.assign(progress, { seq, id, hash: expected, rows: progress.rows + 1 });
  noteSpecial(row, progress);
  return checkPersonal(db, site, row, progress);
}

/** Erasures and losses are told by rows of the chain itself. */
function noteSpecial(row: SqlRow, progress: Progress): void {
  const type = textOf(row, 'type');
  if (type === 'erased') {
    const { subject } = JSON.parse(textOf(row, 'facts')) as { subject?: unknown };
    if (typeof subject === 'string') progress.missing.delete(subject);
  } else if (type === 'ledger-tail-lost')
    progress.warnings.push(`row ${progress.seq} (${progress.id}) tells that rows at the end were lost before it`);
}

function checkPersonal(db: Database, site: SiteKeys, row: SqlRow, progress: Progress): VerifyProblem | undefined {
  const kept = bytesOf(row, 'commitment');
  const subject = optionalTextOf(row, 'subject');
  if (kept === undefined || subject === undefined) return undefined;
  const { node, seq, id } = progress;
  const blob = bytesOf(row, 'personal');
  if (blob !== undefined && !commitment(blob).equals(kept))
    return {
      kind: 'personal-altered',
      node,
      seq,
      id,
      message: `the personal fields of row ${seq} (${id}) were altered`,
    };
  const readable = blob !== undefined && hasKey(db, site, subject, progress);
  if (!readable && !progress.missing.has(subject))
    progress.missing.set(subject, {
      kind: 'personal-missing',
      node,
      seq,
      id,
      message: `the personal fields of row ${seq} (${id}) cannot be read and no erasure says why`,
    });
  return undefined;
}

function hasKey(db: Database, site: SiteKeys, subject: string, progress: Progress): boolean {
  if (progress.keysSeen.has(subject)) return true;
  const row = db.get('SELECT wrapped FROM subject_keys WHERE id = ?', subject);
  const wrapped = row === undefined ? undefined : bytesOf(row, 'wrapped');
  if (wrapped === undefined || unwrapKey(site.wrap, wrapped) === undefined) return false;
  if (progress.keysSeen.size < 100_000) progress.keysSeen.add(subject);
  return true;
}
