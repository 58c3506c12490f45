import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { DigestAlgorithm } from '../../protocol/sip.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { numberOf, type SqlRow, textOf } from '../ledger/sqlite.ts';

/** The SIP account of an agent's desk phone. The password itself is not kept. */
export interface DeviceAccount {
  /** What the phone registers as, and under. */
  readonly username: string;
  readonly agentId: string;
  /** How the agent calls it; one agent has each name once. */
  readonly name: string;
  /** H(A1) per digest algorithm, good within `realm` alone. */
  readonly ha1s: Readonly<Record<DigestAlgorithm, string>>;
  readonly realm: string;
  readonly createdAt: number;
}

const storedHa1s = z.object({ 'sha-512-256': z.string(), 'sha-256': z.string(), md5: z.string() });

function accountOf(row: SqlRow): DeviceAccount {
  return {
    username: textOf(row, 'username'),
    agentId: textOf(row, 'agent'),
    name: textOf(row, 'name'),
    realm: textOf(row, 'realm'),
    ha1s: storedHa1s.parse(JSON.parse(textOf(row, 'ha1s'))),
    createdAt: numberOf(row, 'created_at'),
  };
}

/** Accounts of desk phones. All of them are held in memory: every REGISTER asks for one. */
export class DeviceAccounts {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  #known: Map<string, DeviceAccount> | undefined;
  /** The user names of each agent. */
  readonly #namesOf = new Map<string, Set<string>>();

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  byUsername(username: string): DeviceAccount | undefined {
    return this.#all().get(username);
  }

  /** An agent's accounts, in the order they were made. */
  of(agentId: string): DeviceAccount[] {
    const all = this.#all();
    return [...(this.#namesOf.get(agentId) ?? [])].flatMap((username) => all.get(username) ?? []);
  }

  /** Keeps a new account. Resolves when durable; rejects with `LedgerError`. */
  async add(given: Omit<DeviceAccount, 'createdAt'>): Promise<DeviceAccount> {
    const account = { ...given, createdAt: this.#clock.now() };
    const { username, agentId, name, realm, ha1s, createdAt } = account;
    // Known at once, so that a second one made meanwhile takes another name.
    this.#keep(this.#all(), account);
    try {
      await this.#write(
        'INSERT INTO devices (username, agent, name, realm, ha1s, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        ...[username, agentId, name, realm, JSON.stringify(ha1s), createdAt],
      );
    } catch (error) {
      this.#drop(username);
      throw error;
    }
    return account;
  }

  /** Forgets an account at once. Resolves when durable. */
  async remove(username: string): Promise<void> {
    this.#drop(username);
    await this.#write('DELETE FROM devices WHERE username = ?', username);
  }

  #all(): Map<string, DeviceAccount> {
    if (this.#known !== undefined) return this.#known;
    const known = new Map<string, DeviceAccount>();
    for (const row of this.#ledger.reader.all('SELECT * FROM devices ORDER BY created_at, username'))
      this.#keep(known, accountOf(row));
    this.#known = known;
    return known;
  }

  #keep(known: Map<string, DeviceAccount>, account: DeviceAccount): void {
    known.set(account.username, account);
    const names = this.#namesOf.get(account.agentId) ?? new Set();
    this.#namesOf.set(account.agentId, names.add(account.username));
  }

  #drop(username: string): void {
    const agentId = this.#all().get(username)?.agentId ?? '';
    this.#all().delete(username);
    const names = this.#namesOf.get(agentId);
    names?.delete(username);
    if (names?.size === 0) this.#namesOf.delete(agentId);
  }

  async #write(sql: string, ...parameters: (string | number)[]): Promise<void> {
    await this.#ledger.append([], [], { onFailure: 'reject', statements: [{ sql, parameters }] }).durable;
  }
}
