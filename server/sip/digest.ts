/** Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760): reading answers, and what they should have been. */
import { hash, timingSafeEqual } from 'node:crypto';
import { type DigestAlgorithm, digestAlgorithms } from '../../protocol/sip.ts';

/** H(user:realm:password) per algorithm: as good as the password within this realm, so it is never shown. */
export type Ha1s = Readonly<Record<DigestAlgorithm, string>>;

const inNode: Readonly<Record<DigestAlgorithm, string>> = {
  'sha-512-256': 'sha512-256',
  'sha-256': 'sha256',
  md5: 'md5',
};

/** How the far side answered our challenge; header parameters by name, unquoted. */
export type DigestAnswer = Readonly<Record<string, string>>;

/** Longer headers are not looked at: whoever sends one is no phone. */
const longestHeader = 4096;
const tokens = /(?:^|,)\s*(?:Digest)\s+|([a-z0-9-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

/**
 * Reads an Authorization header; of several credentials (srf joins them by commas) those for our realm. Undefined when
 * there is no Digest for it.
 */
export function parseAuthorization(header: string, realm: string): DigestAnswer | undefined {
  if (header.length > longestHeader || !/^\s*Digest\s/i.test(header)) return undefined;
  const answers: Record<string, string>[] = [];
  for (const [, name, quoted, plain] of header.matchAll(tokens)) {
    if (name === undefined) answers.push(Object.create(null) as Record<string, string>);
    const answer = answers.at(-1);
    if (name !== undefined && answer !== undefined)
      answer[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
  }
  return answers.find((answer) => answer['realm'] === realm) ?? answers[0];
}

/** The algorithm an answer names; MD5 when it names none (RFC 7616 section 3.3). */
export function algorithmOf(answer: DigestAnswer): DigestAlgorithm | undefined {
  const named = (answer['algorithm'] ?? 'md5').toLowerCase();
  return digestAlgorithms.find((algorithm) => algorithm === named);
}

export function digest(algorithm: DigestAlgorithm, text: string): string {
  return hash(inNode[algorithm], text);
}

/** H(A1) of RFC 7616 section 3.4.2. */
export function ha1Of(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return digest(algorithm, `${username}:${realm}:${password}`);
}

/** H(A1) under every algorithm, as an account keeps it instead of its password. */
export function ha1sOf(username: string, realm: string, password: string): Ha1s {
  const of = (algorithm: DigestAlgorithm): string => ha1Of(algorithm, username, realm, password);
  return { 'sha-512-256': of('sha-512-256'), 'sha-256': of('sha-256'), md5: of('md5') };
}

/** The response that RFC 7616 section 3.4.1 asks of who knows the password. */
export function expectedResponse(
  answer: DigestAnswer,
  method: string,
  algorithm: DigestAlgorithm,
  ha1: string,
): string {
  const { nonce = '', uri = '', qop, nc = '', cnonce = '' } = answer;
  const ha2 = digest(algorithm, `${method}:${uri}`);
  const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`;
  return digest(algorithm, `${ha1}:${middle}:${ha2}`);
}

/** Whether two texts are the same, in a time that tells nothing about where they differ. Their lengths are no secret. */
export function same(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length ? timingSafeEqual(one, other) : !timingSafeEqual(one, one);
}

/**
 * HMAC-SHA-256 (RFC 2104) under one key, base64url: of two one-shot hashes, because Node's own makes a key object each
 * time, which costs several times the hashing.
 */
export class Signer {
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  constructor(key: Buffer) {
    const block = Buffer.alloc(64);
    (key.length > block.length ? hash('sha256', key, 'buffer') : key).copy(block);
    this.#inner = Buffer.from(block.map((byte) => byte ^ 0x36));
    this.#outer = Buffer.from(block.map((byte) => byte ^ 0x5c));
  }

  sign(text: string): string {
    const inner = hash('sha256', Buffer.concat([this.#inner, Buffer.from(text)]), 'buffer');
    return hash('sha256', Buffer.concat([this.#outer, inner]), 'base64url');
  }
}
