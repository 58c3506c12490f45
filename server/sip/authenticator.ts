/** Who proves themselves by digest: a softphone with minted credentials, a desk phone or a trunk with an account. */
import type { AgentId } from '../../protocol/ids.ts';
import type { DigestAlgorithm } from '../../protocol/sip.ts';
import type { Credentials } from './credentials.ts';
import {
  algorithmOf,
  type DigestAnswer,
  expectedResponse,
  ha1Of,
  type Ha1s,
  parseAuthorization,
  same,
} from './digest.ts';
import type { ClosedDoor, Lockout } from './lockout.ts';
import type { Nonces } from './nonces.ts';
import type { KnownOrigin } from './ports.ts';

/** A SIP account: of a desk phone, or of a trunk that proves itself by digest. */
export interface SipAccount {
  readonly username: string;
  readonly origin: KnownOrigin;
  /** How an agent calls the device. */
  readonly device: string | null;
  readonly ha1s: Ha1s;
}

/** Who has shown their password. `device` is null for a softphone's minted credentials. */
export interface Proven {
  readonly origin: KnownOrigin;
  readonly username: string;
  readonly device: string | null;
}

export type Verdict =
  | { readonly type: 'proven'; readonly who: Proven }
  /** There is no answer to a challenge of ours in the request. */
  | { readonly type: 'unanswered' }
  /**
   * Under a nonce that is not ours, not for this source, too old or used with this count before. Whether the password is
   * right is not looked at, or somebody could guess without being counted.
   */
  | { readonly type: 'stale' }
  | { readonly type: 'wrong'; readonly username: string }
  /** Too many wrong ones came from there: this one was not looked at. */
  | { readonly type: 'shut' };

/** What is looked at of a request. */
export interface Authenticated {
  readonly method: string;
  readonly source_address: string;
  readonly source_port: number | string;
  has(header: string): boolean;
  get(header: string): string;
}

/** How to challenge. */
export interface Challenge {
  readonly md5: 'usual' | 'last' | 'only';
  readonly stale: boolean;
}

export interface AuthenticatorOptions {
  readonly realm: string;
  /** What is offered, strongest first. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly nonces: Nonces;
  readonly credentials: Credentials;
  /** From memory: it is asked for every answer. */
  readonly accountOf: (username: string) => SipAccount | undefined;
  readonly lockout: Lockout;
  /** Whether it is a device of the agent that is registered: it is never shut out. */
  readonly isAt: (agentId: AgentId, req: Authenticated) => boolean;
}

/** SIP.js knows no other, and its credentials are random and live for minutes. */
const ofMinted: DigestAlgorithm = 'md5';

export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * The WWW-Authenticate headers for whoever is at `source` (an address), best first (RFC 8760 section 2.4: a client takes
   * the topmost it knows). `md5` tells where that one stands: `last` for a browser, because SIP.js looks at nothing but the
   * last line; `only` for phones that can stand no other beside it, where the site allows it.
   */
  challenges(source: string, now: number, how: Challenge): string[] {
    const { realm, nonces } = this.#options;
    const nonce = nonces.make(source, now);
    const stale = how.stale ? ', stale=true' : '';
    return this.#offered(how.md5).map(
      (algorithm) =>
        `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm.toUpperCase()}, qop="auth"${stale}`,
    );
  }

  #offered(md5: 'usual' | 'last' | 'only'): readonly DigestAlgorithm[] {
    const { algorithms } = this.#options;
    if (md5 === 'last') return [...algorithms.filter((algorithm) => algorithm !== ofMinted), ofMinted];
    return md5 === 'only' && algorithms.includes('md5') ? ['md5'] : algorithms;
  }

  /** How long a refusal to whoever sent that request is to wait, ms: those who guess are slowed down. */
  patienceWith(source: string, now: number): number {
    return this.#options.lockout.delayOf(source, now);
  }

  /** Accounts that are closed after too many wrong passwords, and to whom. */
  closed(now: number): ClosedDoor[] {
    return this.#options.lockout.closed(now);
  }

  /** Forgets a source's wrong passwords; false when there were none. */
  release(source: string): boolean {
    return this.#options.lockout.release(source);
  }

  /** Judges what the request's header says. */
  judge(req: Authenticated, header: 'Authorization' | 'Proxy-Authorization', now: number): Verdict {
    const { realm, lockout } = this.#options;
    const answer = req.has(header) ? parseAuthorization(req.get(header), realm) : undefined;
    // RFC 3261 section 22.3: credentials for another realm are another server's business.
    if (answer?.['realm'] !== realm) return { type: 'unanswered' };
    const username = answer['username'] ?? '';
    if (this.#isShut(req, username, now)) return { type: 'shut' };
    const verdict = this.#judge(answer, req, now);
    if (verdict.type === 'wrong') lockout.wrong(req.source_address, username, now);
    if (verdict.type === 'proven') lockout.right(req.source_address, username);
    return verdict;
  }

  #isShut(req: Authenticated, username: string, now: number): boolean {
    const { lockout, isAt, accountOf, credentials } = this.#options;
    if (!lockout.isClosed(req.source_address, username, now)) return false;
    const origin = accountOf(username)?.origin;
    // Nobody guesses an HMAC: a neighbour's guesses behind the same NAT must not keep a page from coming back.
    if (origin === undefined && credentials.claimOf(username, now).agentId !== undefined) return false;
    return origin?.type !== 'agent' || !isAt(origin.agentId, req);
  }

  /** A user there is not takes the same path, hash for hash, as a wrong password. */
  #judge(answer: DigestAnswer, { method, source_address }: Authenticated, now: number): Verdict {
    const { realm, nonces, credentials, accountOf, algorithms } = this.#options;
    const username = answer['username'] ?? '';
    const algorithm = algorithmOf(answer) ?? 'md5';
    const minted = credentials.claimOf(username, now);
    const mintedHa1 = ha1Of(algorithm, username, realm, minted.password);
    const account = accountOf(username);
    const ha1 = account?.ha1s[algorithm] ?? mintedHa1;
    const nonce = nonces.check(answer['nonce'] ?? '', source_address, now);
    const fits = same(answer['response'] ?? '', expectedResponse(answer, method, algorithm, ha1));
    // A guest's pass is as random and short-lived as minted credentials, and read by the same SIP.js.
    const random = account === undefined || account.origin.type === 'guest';
    const allowed = algorithms.includes(algorithm) || (random && algorithm === ofMinted);
    const named = algorithmOf(answer) !== undefined && allowed;
    const origin = account?.origin ?? originOf(minted.agentId);
    // Whoever does not see what is sent to an address cannot get anybody shut out there, nor learn anything.
    if (nonce !== 'fresh') return { type: 'stale' };
    if (!fits || !named || origin === undefined || !isPlain(answer)) return { type: 'wrong', username };
    const count = answer['qop'] === undefined ? 1 : Number.parseInt(answer['nc'] ?? '', 16);
    if (nonces.use(answer['nonce'] ?? '', count, now) !== 'fresh') return { type: 'stale' };
    return { type: 'proven', who: { origin, username, device: account?.device ?? null } };
  }
}

function originOf(agentId: AgentId | undefined): KnownOrigin | undefined {
  return agentId === undefined ? undefined : { type: 'agent', agentId };
}

/** `auth`, or RFC 2069 without it; `auth-int` was not offered. */
function isPlain(answer: DigestAnswer): boolean {
  const { qop, nc = '', cnonce } = answer;
  return qop === undefined || (qop === 'auth' && /^[0-9a-f]{8}$/i.test(nc) && cnonce !== undefined);
}
