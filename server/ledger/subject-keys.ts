import { randomBytes } from 'node:crypto';
import { LedgerError } from './errors.ts';
import { seal, unseal, unwrapKey, wrapKey } from './sealing.ts';
import type { SiteKeys } from './site-key.ts';
import { bytesOf, type Database, textOf } from './sqlite.ts';

/** A subject's key, open. */
export interface SubjectKey {
  /** Random, and the only name of the subject in the rows: nothing leads from it to the person once the key is gone. */
  readonly id: string;
  readonly key: Uint8Array;
}

/** How many keys a writer keeps open. */
const cacheSize = 10_000;

/** The keys of subjects as the writer uses them: made when first needed, kept open in memory. */
export class SubjectKeys {
  readonly #db: Database;
  readonly #site: SiteKeys;
  readonly #open = new Map<string, SubjectKey>();

  constructor(db: Database, site: SiteKeys) {
    this.#db = db;
    this.#site = site;
  }

  /** The key of a subject, made if there is none. Must run inside a transaction. */
  ensure(alias: string): SubjectKey {
    const known = this.#open.get(alias);
    if (known !== undefined) return known;
    const key = this.#find(alias) ?? this.#create(alias);
    if (this.#open.size >= cacheSize) this.#open.clear();
    this.#open.set(alias, key);
    return key;
  }

  /** Encrypts under a subject's key. */
  seal(alias: string, text: string): { readonly id: string; readonly blob: Uint8Array } {
    const { id, key } = this.ensure(alias);
    return { id, blob: seal(key, text) };
  }

  /** Forgets what is in memory: after a rollback, an erasure, and whenever another process has written. */
  forget(): void {
    this.#open.clear();
  }

  #find(alias: string): SubjectKey | undefined {
    const row = this.#db.get('SELECT id, wrapped FROM subject_keys WHERE alias = ?', alias);
    if (row === undefined) return undefined;
    const key = unwrapKey(this.#site.wrap, bytesOf(row, 'wrapped') ?? new Uint8Array());
    if (key === undefined) throw new LedgerError('ledger-corrupt', 'the key of a subject was altered');
    return { id: textOf(row, 'id'), key };
  }

  #create(alias: string): SubjectKey {
    const created = { id: `k-${randomBytes(15).toString('base64url')}`, key: randomBytes(32) };
    const wrapped = wrapKey(this.#site.wrap, created.key);
    this.#db.run('INSERT INTO subject_keys (id, alias, wrapped) VALUES (?, ?, ?)', created.id, alias, wrapped);
    return created;
  }
}

/** Opens what a subject's key sealed; undefined when the subject was erased or the blob altered. Keeps no keys. */
export function unsealStored(db: Database, site: SiteKeys, keyId: string, blob: Uint8Array): string | undefined {
  const row = db.get('SELECT wrapped FROM subject_keys WHERE id = ?', keyId);
  const wrapped = row === undefined ? undefined : bytesOf(row, 'wrapped');
  const key = wrapped === undefined ? undefined : unwrapKey(site.wrap, wrapped);
  return key === undefined ? undefined : unseal(key, blob);
}
