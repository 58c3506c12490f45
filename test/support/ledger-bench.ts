/** Set-up for tests: ledgers in folders of their own that go when the test ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { Scope } from '../../base/scope.ts';
import { type Ledger, type LedgerOptions, openLedger } from '../../server/ledger/ledger.ts';
import type { Row } from '../../server/ledger/types.ts';

/** Opens ledgers for one test and closes them after it. */
export class LedgerBench {
  readonly scope = new Scope();

  /** Options for a ledger in a new folder. */
  folder(): LedgerOptions & { readonly folder: string } {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-ledger-'));
    this.scope.defer('folder', () => rmSync(folder, { recursive: true }));
    return {
      folder,
      file: join(folder, 'ledger.db'),
      keyFile: join(folder, 'site.key'),
      node: 'n1',
      clock: systemClock,
      logger: silentLogger,
      retryAfterMs: 5,
      // A busy machine is no broken disk.
      stalledAfterMs: 60_000,
    };
  }

  async open(options: LedgerOptions = this.folder()): Promise<Ledger> {
    const ledger = await openLedger(options);
    this.scope.defer('ledger', () => ledger.close());
    return ledger;
  }
}

/** A row with little in it. */
export function sampleRow(type: string, extra: Partial<Row> = {}): Row {
  return { type, at: 1_000, facts: {}, ...extra };
}
