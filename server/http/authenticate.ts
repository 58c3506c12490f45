import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { networkOf } from '../../base/network-of.ts';
import { makeProblem, type Problem } from '../../protocol/problems/index.ts';
import type { Account, Accounts } from '../store/index.ts';
import { type Access, type Caller, nobody, type Source } from './route.ts';

const rank: Readonly<Record<Access, number>> = { public: 0, agent: 1, supervisor: 2, admin: 3 };

/** The command line on this machine: whoever can read the token's file. */
const commandLine: Account = { id: 'admin', login: 'admin', name: 'administrator', role: 'admin', demo: false };

/** Decides who a request is from. */
export class Authenticator {
  readonly #accounts: Accounts;
  readonly #adminToken: Buffer;

  constructor(accounts: Accounts, adminToken: string) {
    this.#accounts = accounts;
    this.#adminToken = digest(adminToken);
  }

  /** The account of a bearer token. */
  accountOf(token: string): Account | undefined {
    if (timingSafeEqual(digest(token), this.#adminToken)) return commandLine;
    return this.#accounts.byToken(token);
  }

  /** The caller, if the request may use a route of this access; else why not. */
  admit(request: IncomingMessage, access: Access, source: Source): Caller | Problem {
    if (access === 'public') return nobody;
    const token = /^Bearer ([\w.~+/-]{1,256}=*)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return makeProblem('not-signed-in');
    const account = this.accountOf(token);
    if (account === undefined) return makeProblem('session-expired');
    if (account.demo && !source.loopback) return makeProblem('demo-login-not-local');
    if (rank[account.role] < rank[access]) return makeProblem('not-allowed', { role: access });
    return { account, token };
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Where a connection comes from; proxies are not believed. */
export function sourceOf(request: IncomingMessage): Source {
  const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return { address, network: networkOf(address), loopback: address === '::1' || /^127\./.test(address) };
}
