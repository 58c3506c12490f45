import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { numberOf, type SqlRow, textOf } from '../ledger/sqlite.ts';
import { checkPassword, hashPassword, usualCost } from './passwords.ts';

/** What an account may do: an agent its own, a supervisor everybody's, an admin everything. */
export type Role = 'agent' | 'supervisor' | 'admin';

/** A person who logs in. */
export interface Account {
  /** The agent's id. */
  readonly id: string;
  /** What is typed at login; upper and lower case are the same. */
  readonly login: string;
  /** How the person is shown. */
  readonly name: string;
  readonly role: Role;
  /** Made by the set-up with a printed password: refused from other machines. */
  readonly demo: boolean;
}

/** A bearer token as it is handed out: only its digest is kept. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: number;
}

function accountOf(row: SqlRow): Account {
  return {
    id: textOf(row, 'id'),
    login: textOf(row, 'login'),
    name: textOf(row, 'name'),
    role: textOf(row, 'role') as Role,
    demo: numberOf(row, 'demo') === 1,
  };
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

const columns = 'id, login, name, role, demo';

/** Logins of agents and the tokens they were given. Tokens outlive a restart of the server. */
export class Accounts {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #passwordCost: number;

  /** `passwordCost`: power of two of new hashes; tests lower it. */
  constructor(ledger: Ledger, clock: Clock, passwordCost: number = usualCost) {
    this.#passwordCost = passwordCost;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  list(): Account[] {
    return this.#ledger.reader.all(`SELECT ${columns} FROM accounts ORDER BY id`).map(accountOf);
  }

  byId(id: string): Account | undefined {
    const row = this.#ledger.reader.get(`SELECT ${columns} FROM accounts WHERE id = ?`, id);
    return row === undefined ? undefined : accountOf(row);
  }

  byLogin(login: string): Account | undefined {
    const row = this.#ledger.reader.get(`SELECT ${columns} FROM accounts WHERE login = ?`, login);
    return row === undefined ? undefined : accountOf(row);
  }

  /** Makes an account or replaces it, password and all. Resolves when durable. */
  async put(account: Account, password: string): Promise<void> {
    const { id, login, name, role, demo } = account;
    const hash = await hashPassword(password, this.#passwordCost);
    const sql = `INSERT INTO accounts (id, login, name, role, demo, password) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET login = excluded.login, name = excluded.name, role = excluded.role,
      demo = excluded.demo, password = excluded.password`;
    await this.#write(sql, id, login, name, role, demo ? 1 : 0, hash);
  }

  /** Gives an account another role; one that is not there is no error. Resolves when durable. */
  async setRole(id: string, role: Role): Promise<void> {
    await this.#write('UPDATE accounts SET role = ? WHERE id = ?', role, id);
  }

  /** The account if name and password fit. Takes the same time whether or not the name exists. */
  async check(login: string, password: string): Promise<Account | undefined> {
    const row = this.#ledger.reader.get(`SELECT ${columns}, password FROM accounts WHERE login = ?`, login);
    const fits = await checkPassword(
      password,
      row === undefined ? undefined : textOf(row, 'password'),
      this.#passwordCost,
    );
    return fits && row !== undefined ? accountOf(row) : undefined;
  }

  /** A new token for an account. Resolves when durable. */
  async issueToken(accountId: string, lifetimeMs: number): Promise<IssuedToken> {
    const token = randomBytes(32).toString('base64url');
    const now = this.#clock.now();
    const expiresAt = now + lifetimeMs;
    const append = this.#ledger.append([], [], {
      onFailure: 'reject',
      statements: [
        { sql: 'DELETE FROM tokens WHERE expires_at <= ?', parameters: [now] },
        { sql: 'INSERT INTO tokens VALUES (?, ?, ?)', parameters: [digest(token), accountId, expiresAt] },
      ],
    });
    await append.durable;
    return { token, expiresAt };
  }

  /** Whose token it is; undefined if unknown or expired. */
  byToken(token: string): Account | undefined {
    const row = this.#ledger.reader.get(
      `SELECT ${columns} FROM tokens JOIN accounts ON accounts.id = tokens.account
       WHERE digest = ? AND expires_at > ?`,
      digest(token),
      this.#clock.now(),
    );
    return row === undefined ? undefined : accountOf(row);
  }

  /** Ends a token at once. */
  async revokeToken(token: string): Promise<void> {
    await this.#write('DELETE FROM tokens WHERE digest = ?', digest(token));
  }

  async #write(sql: string, ...parameters: (string | number)[]): Promise<void> {
    await this.#ledger.append([], [], { onFailure: 'reject', statements: [{ sql, parameters }] }).durable;
  }
}
