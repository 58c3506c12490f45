/**
 * What the command line does on the file itself, whether or not a server has it open. For a process of its own: in the
 * server's process closing the scan of the file would drop the locks of SQLite's other connections.
 */
import { existsSync } from 'node:fs';
import { LedgerError } from './errors.ts';
import { DatabaseWriter } from './database-writer.ts';
import { readSiteKeys, subjectAlias } from './site-key.ts';
import { openDatabase } from './sqlite.ts';
import type { Erasure } from './types.ts';
import { type Verification, verifyChain } from './verify.ts';

export interface LedgerFiles {
  readonly file: string;
  readonly keyFile: string;
}

function mustExist({ file }: LedgerFiles): void {
  if (!existsSync(file)) throw new LedgerError('ledger-io', 'there is no database at this path');
}

/** `./jackfield ledger verify`. Rejects with `LedgerError` when database or key file cannot be read. */
export async function verifyLedgerFile(files: LedgerFiles): Promise<Verification> {
  mustExist(files);
  const site = readSiteKeys(files.keyFile);
  const db = openDatabase(files.file, { readOnly: true });
  try {
    return await verifyChain(db, site, files.file);
  } finally {
    db.close();
  }
}

/**
 * `./jackfield erase`: `who` is a number in E.164, a subject or the id of a key. Rejects with `ledger-locked` while
 * another process holds the database.
 */
export async function eraseInLedgerFile(files: LedgerFiles & { readonly node: string }, who: string): Promise<Erasure> {
  mustExist(files);
  const subject = /^[sk]-/.test(who) ? who : subjectAlias(readSiteKeys(files.keyFile), who);
  const result = Promise.withResolvers<Erasure>();
  const writer = new DatabaseWriter({ ...files, syncWindowMs: 0, quietSyncMs: 0, maxPages: undefined }, (reply) => {
    if (reply.type === 'erased') result.resolve(reply.erasure);
    else if (reply.type === 'not-erased') result.reject(new LedgerError(reply.code, reply.message));
  });
  try {
    writer.serve({ type: 'erase', request: 1, subject, at: Date.now() });
    return await result.promise;
  } finally {
    writer.close();
  }
}
