import { monotonicFactory } from 'ulid';
import type { Clock } from '../../base/clock.ts';
import type { Contact } from '../../protocol/rest.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Reader } from '../ledger/reader.ts';
import { bytesOf, numberOf, optionalTextOf, type SqlRow, textOf } from '../ledger/sqlite.ts';
import type { Statement } from '../ledger/types.ts';

/** A contact to be kept; the numbers are normalised already (E.164). */
export interface NewContact {
  readonly name: string;
  readonly numbers: readonly string[];
  readonly notes?: string | undefined;
}

export type PutContact =
  | { readonly type: 'created'; readonly contact: Contact }
  /** One of the numbers was this person's: name and notes are replaced, numbers added. */
  | { readonly type: 'updated'; readonly contact: Contact }
  /** The numbers belong to two people; nothing was changed. */
  | { readonly type: 'conflict'; readonly contacts: readonly string[] };

const select = 'SELECT id, subject, created_at, sealed FROM contacts';

/**
 * People and their numbers. A contact is sealed under a key of its own; the keys of its numbers name it as their person,
 * so that a number leads to the contact without being stored in clear, and one erasure finds them all.
 */
export class Contacts {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #nextId = monotonicFactory();

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Makes or updates the contact of these numbers. Resolves when durable; rejects with `LedgerError`. */
  async put(given: NewContact): Promise<PutContact> {
    const owners = [...new Set(given.numbers.flatMap((number) => this.#personOf(number) ?? []))];
    if (owners.length > 1) return { type: 'conflict', contacts: owners };
    const old = owners[0] === undefined ? undefined : this.get(owners[0]);
    const contact: Contact = {
      id: old?.id ?? this.#nextId(this.#clock.now()),
      createdAt: old?.createdAt ?? this.#clock.now(),
      name: given.name,
      numbers: [...new Set([...(old?.numbers ?? []), ...given.numbers])],
      ...(given.notes === undefined ? {} : { notes: given.notes }),
    };
    const type = old === undefined ? 'created' : 'updated';
    const row = { type: `contact-${type}`, at: this.#clock.now(), facts: { contact: contact.id } };
    await this.#ledger.append([row], [], { onFailure: 'reject', statements: this.#statements(contact) }).durable;
    return { type, contact };
  }

  /** Whose number this is. A few microseconds' work: it stands in the way of every ringing call. */
  find(number: string): Contact | undefined {
    const row = this.#reader.get(
      `${select} WHERE id = (SELECT person FROM subject_keys WHERE alias = ?)`,
      this.#ledger.subjectOf(number),
    );
    return row === undefined ? undefined : this.#contactOf(row);
  }

  get(id: string): Contact | undefined {
    const row = this.#reader.get(`${select} WHERE id = ?`, id);
    return row === undefined ? undefined : this.#contactOf(row);
  }

  /** Newest first; `before` is the id of the last one of the page before. */
  list(limit: number, before?: string): Contact[] {
    const rows = this.#reader.all(`${select} WHERE id < ? ORDER BY id DESC LIMIT ?`, before ?? '~', limit);
    return rows.flatMap((row) => this.#contactOf(row) ?? []);
  }

  get #reader(): Reader {
    return this.#ledger.reader;
  }

  #personOf(number: string): string | undefined {
    const row = this.#reader.get('SELECT person FROM subject_keys WHERE alias = ?', this.#ledger.subjectOf(number));
    return row === undefined ? undefined : optionalTextOf(row, 'person');
  }

  #contactOf(row: SqlRow): Contact | undefined {
    const opened = this.#reader.open(textOf(row, 'subject'), bytesOf(row, 'sealed'));
    if (opened === undefined) return undefined;
    return {
      ...(opened as unknown as NewContact),
      id: textOf(row, 'id'),
      createdAt: numberOf(row, 'created_at'),
    } as Contact;
  }

  #statements(contact: Contact): Statement[] {
    const { id, createdAt, name, numbers, notes } = contact;
    const own = this.#ledger.subjectOf(`contact:${id}`);
    const text = JSON.stringify({ name, numbers, notes });
    const belongs = (subject: string): Statement => ({
      sql: 'UPDATE subject_keys SET person = ? WHERE id = ?',
      parameters: [id, { type: 'key', subject }],
    });
    return [
      {
        sql: `INSERT INTO contacts (id, subject, created_at, sealed) VALUES (?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed`,
        parameters: [id, { type: 'key', subject: own }, createdAt, { type: 'sealed', subject: own, text }],
      },
      belongs(own),
      ...numbers.map((number) => belongs(this.#ledger.subjectOf(number))),
    ];
  }
}
