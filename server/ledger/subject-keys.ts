import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { LedgerError } from './errors.ts';
import { seal, unseal, unwrapKey, wrapKey } from './sealing.ts';
import type { SiteKeys } from './site-key.ts';
import { bytesOf, type Database, textOf } from './sqlite.ts';

/** A subject's key, open. */
export interface SubjectKey {
  /** Random, and the only name of the subject in the rows: nothing leads from it to the person once the key is gone. */
  readonly id: string;
  readonly key: KeyObject;
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
    const id = `k-${randomBytes(15).toString('base64url')}`;
    const key = randomBytes(32);
    const wrapped = wrapKey(this.#site.wrap, key);
    this.#db.run('INSERT INTO subject_keys (id, alias, wrapped) VALUES (?, ?, ?)', id, alias, wrapped);
    return { id, key: createSecretKey(key) };
  }
}

/** Opens what subjects' keys sealed, on a connection that may see another process erase them at any moment. */
export class Opener {
  readonly #db: Database;
  readonly #site: SiteKeys;
  readonly #keys = new Map<string, { readonly wrapped: Buffer; readonly key: KeyObject }>();

  constructor(db: Database, site: SiteKeys) {
    this.#db = db;
    this.#site = site;
  }

  /** The text, or undefined when the subject was erased or the blob altered. */
  unseal(keyId: string, blob: Uint8Array): string | undefined {
    const key = this.#keyOf(keyId);
    return key === undefined ? undefined : unseal(key, blob);
  }

  /** A key is unwrapped once, but looked up each time: an erased one must open nothing. */
  #keyOf(keyId: string): KeyObject | undefined {
    const row = this.#db.get('SELECT wrapped FROM subject_keys WHERE id = ?', keyId);
    const wrapped = row === undefined ? undefined : bytesOf(row, 'wrapped');
    const known = this.#keys.get(keyId);
    if (wrapped !== undefined && known?.wrapped.equals(wrapped) === true) return known.key;
    this.#keys.delete(keyId);
    const key = wrapped === undefined ? undefined : unwrapKey(this.#site.wrap, wrapped);
    if (wrapped === undefined || key === undefined) return undefined;
    if (this.#keys.size >= cacheSize) this.#keys.clear();
    this.#keys.set(keyId, { wrapped: Buffer.from(wrapped), key });
    return key;
  }
}
