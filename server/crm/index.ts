/** Who the people are that call. */
import type { Contact } from '../../protocol/rest.ts';
import type { Contacts, PutContact } from '../store/index.ts';

export interface CrmPorts {
  readonly contacts: Contacts;
  /** A number as this site writes it (E.164 where possible): the same function that incoming calls go through. */
  normalise(number: string): string;
}

export type PutPerson = PutContact | { readonly type: 'bad-number'; readonly index: number };

/** What may stand for a caller: digits with an optional `+`, or the user part of a SIP address. */

const plausible = /^\+?[0-9A-Za-z][0-9A-Za-z._*#-]{1,39}$/;

/** How many contacts are read for a name. */
const mostSearched = 1000;

/** Contacts by their numbers, in whatever form these come. */
export class Crm {
  readonly #ports: CrmPorts;

  constructor(ports: CrmPorts) {
    this.#ports = ports;
  }

  /** Makes or updates a person. Resolves when durable; rejects with `LedgerError`. */
  async put(given: { name: string; numbers: readonly string[]; notes?: string | undefined }): Promise<PutPerson> {
    const numbers = given.numbers.map((number) => this.#ports.normalise(number));
    const index = numbers.findIndex((number) => !plausible.test(number));
    if (index >= 0) return { type: 'bad-number', index };
    return this.#ports.contacts.put({ ...given, numbers: [...new Set(numbers)] });
  }

  /** Whose number this is. */
  find(number: string): Contact | undefined {
    return this.#ports.contacts.find(this.#ports.normalise(number));
  }

  /**
   * Contacts whose name or number holds the text, newest first. Names are kept sealed per person, so the newest thousand are
   * opened and read; more than that is asked by number.
   */
  search(text: string, limit: number): Contact[] {
    const name = text.trim().toLowerCase();
    const digits = text.replace(/\D/g, '');
    const matches = (contact: Contact): boolean =>
      contact.name.toLowerCase().includes(name) ||
      (digits.length > 1 && contact.numbers.some((number) => number.includes(digits)));
    return this.#ports.contacts.list(mostSearched).filter(matches).slice(0, limit);
  }

  /** Newest first; `before` is the id of the last one of the page before. */
  list(limit: number, before?: string): Contact[] {
    return this.#ports.contacts.list(limit, before);
  }

  normalise(number: string): string {
    return this.#ports.normalise(number);
  }
}
