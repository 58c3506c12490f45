import type { Ledger } from '../ledger/ledger.ts';
import { bytesOf, type SqlRow, textOf } from '../ledger/sqlite.ts';
import type { Append, JsonObject, Statement } from '../ledger/types.ts';

/** What recovery needs of one party's SIP dialog: SDP, tags, addresses, drachtio's dialog. Sealed under the caller's key. */
export interface StoredLeg {
  readonly id: string;
  readonly callId: string;
  /** From `Ledger.subjectOf()`. Written only; absent when read. */
  readonly subject?: string | undefined;
  readonly state: JsonObject;
}

/** The legs of open calls. */
export class Legs {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The statement that writes a leg, for an append that must hold both. */
  putting(leg: StoredLeg & { readonly subject: string }): Statement {
    const { id, callId, subject, state } = leg;
    return {
      sql: `INSERT INTO legs (id, call_id, subject, sealed) VALUES (?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET call_id = excluded.call_id, subject = excluded.subject, sealed = excluded.sealed`,
      parameters: [id, callId, { type: 'key', subject }, { type: 'sealed', subject, text: JSON.stringify(state) }],
    };
  }

  removing(id: string): Statement {
    return { sql: 'DELETE FROM legs WHERE id = ?', parameters: [id] };
  }

  put(leg: StoredLeg & { readonly subject: string }): Append {
    return this.#ledger.append([], [], { statements: [this.putting(leg)] });
  }

  remove(id: string): Append {
    return this.#ledger.append([], [], { statements: [this.removing(id)] });
  }

  /** Forgets all legs of a call. */
  removeCall(callId: string): Append {
    return this.#ledger.append([], [], {
      statements: [{ sql: 'DELETE FROM legs WHERE call_id = ?', parameters: [callId] }],
    });
  }

  all(): StoredLeg[] {
    return this.#open(this.#ledger.reader.all('SELECT * FROM legs'));
  }

  ofCall(callId: string): StoredLeg[] {
    return this.#open(this.#ledger.reader.all('SELECT * FROM legs WHERE call_id = ?', callId));
  }

  #open(rows: readonly SqlRow[]): StoredLeg[] {
    return rows.flatMap((row) => {
      const state = this.#ledger.reader.open(textOf(row, 'subject'), bytesOf(row, 'sealed'));
      return state === undefined ? [] : [{ id: textOf(row, 'id'), callId: textOf(row, 'call_id'), state }];
    });
  }
}
