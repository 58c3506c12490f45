/** The hash chain: pure. */
import { hash } from 'node:crypto';

/** The columns of a row that the chain covers, as they are stored. */
export interface ChainedRow {
  readonly node: string;
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly callId: string | null;
  readonly agentId: string | null;
  /** The facts as the JSON text that is stored. */
  readonly facts: string;
  /** The id of the subject's key, random. */
  readonly subject: string | null;
  readonly commitment: Uint8Array | null;
}

/** What the first row of a node follows. */
export const genesis = Buffer.alloc(32);

/**
 * The hash of a row: SHA-256(key, SHA-256(previous, row)). The inner hash is of fixed length, so the outer one cannot be
 * extended by somebody who does not know the key.
 */
export function rowHash(key: Uint8Array, previous: Uint8Array, row: ChainedRow): Buffer {
  const text = JSON.stringify([
    row.node,
    row.seq,
    row.id,
    row.at,
    row.type,
    row.callId,
    row.agentId,
    row.facts,
    row.subject,
    row.commitment === null ? null : Buffer.from(row.commitment).toString('hex'),
  ]);
  const inner = hash('sha256', Buffer.concat([previous, Buffer.from(text, 'utf8')]), 'buffer');
  return hash('sha256', Buffer.concat([key, inner]), 'buffer');
}
