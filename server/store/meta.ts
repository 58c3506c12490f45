import type { Ledger } from '../ledger/ledger.ts';
import { textOf } from '../ledger/sqlite.ts';
import type { Append } from '../ledger/types.ts';

/** Small facts of this server, by name. Nothing personal. */
export class Meta {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get(key: string): string | undefined {
    const row = this.#ledger.reader.get('SELECT value FROM meta WHERE key = ?', key);
    return row === undefined ? undefined : textOf(row, 'value');
  }

  set(key: string, value: string): Append {
    const sql = 'INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
    return this.#ledger.append([], [], { statements: [{ sql, parameters: [key, value] }] });
  }

  /**
   * The number of this start of the brain: one more than ever before. Durable before it resolves, so that a power cut
   * cannot give the same number twice. Rejects with `LedgerError`.
   */
  async nextEpoch(): Promise<number> {
    const epoch = Number(this.get('epoch') ?? 0) + 1;
    await this.set('epoch', String(epoch)).durable;
    return epoch;
  }
}
