/** Digest authentication of REGISTER (RFC 3261 section 22, RFC 2617), MD5 only: SIP.js knows no other. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** How the far side answered our challenge; header parameters by name, unquoted. */
export type DigestAnswer = Readonly<Record<string, string>>;

/** Reads an Authorization header. Undefined when it is not a Digest. */
export function parseAuthorization(header: string): DigestAnswer | undefined {
  const scheme = /^\s*Digest\s+/i.exec(header);
  if (scheme === null) return undefined;
  const answer: Record<string, string> = {};
  for (const match of header.slice(scheme[0].length).matchAll(/([a-z0-9]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/gi)) {
    const [, name, quoted, plain] = match;
    if (name !== undefined) answer[name.toLowerCase()] = quoted ?? plain ?? '';
  }
  return answer;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** The response that RFC 2617 section 3.2.2 asks of who knows the password. */
export function expectedResponse(answer: DigestAnswer, method: string, password: string): string {
  const { username = '', realm = '', nonce = '', uri = '', qop, nc = '', cnonce = '' } = answer;
  const ha1 = md5(`${username}:${realm}:${password}`);
  const ha2 = md5(`${method}:${uri}`);
  return qop === undefined ? md5(`${ha1}:${nonce}:${ha2}`) : md5(`${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`);
}

function same(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

/** Challenges and verdicts. Nonces carry their time under an HMAC, so nothing is stored per challenge. */
export class DigestGuard {
  readonly #realm: string;
  readonly #key: Buffer;
  readonly #nonceLifeMs: number;

  constructor(options: { readonly realm: string; readonly key: Buffer; readonly nonceLifeMs: number }) {
    this.#realm = options.realm;
    this.#key = options.key;
    this.#nonceLifeMs = options.nonceLifeMs;
  }

  /** The WWW-Authenticate header. `stale`: right password, old nonce (the peer tries again without asking anybody). */
  challenge(now: number, stale = false): string {
    const nonce = `${now.toString(36)}.${this.#sign(now.toString(36))}`;
    return `Digest realm="${this.#realm}", nonce="${nonce}", algorithm=MD5, qop="auth"${stale ? ', stale=true' : ''}`;
  }

  /** Judges an answer. An unknown user takes the same path as a wrong password. */
  judge(answer: DigestAnswer, method: string, password: string | undefined, now: number): 'right' | 'stale' | 'wrong' {
    const [time = '', signature = ''] = (answer['nonce'] ?? '').split('.');
    const ours = same(signature, this.#sign(time)) && answer['realm'] === this.#realm;
    const right = same(answer['response'] ?? '', expectedResponse(answer, method, password ?? 'no such user'));
    if (!ours || !right || password === undefined) return 'wrong';
    return now - Number.parseInt(time, 36) > this.#nonceLifeMs ? 'stale' : 'right';
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url').slice(0, 22);
  }
}
