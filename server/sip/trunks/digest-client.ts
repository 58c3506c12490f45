/** Our answer to a carrier's challenge (RFC 3261 section 22, RFC 8760): the strongest algorithm both know. Pure. */
import { createHash } from 'node:crypto';

export interface Challenge {
  readonly parameters: Readonly<Record<string, string>>;
}

/** RFC 8760 section 2.1, strongest first; the names as challenges write them. */
const algorithms = [
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
] as const;

/** Reads the challenges of a header, of which there may be several in one line or in several. */
export function parseChallenges(lines: readonly string[]): Challenge[] {
  return lines.flatMap((line) =>
    line
      .split(/(?:^|,)\s*(?=Digest\s)/i)
      .filter((part) => /^Digest\s/i.test(part.trim()))
      .map((part) => {
        const parameters: Record<string, string> = {};
        for (const [, name = '', quoted, plain] of part
          .trim()
          .slice(7)
          .matchAll(/([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi))
          parameters[name.toLowerCase()] = quoted ?? plain ?? '';
        return { parameters };
      }),
  );
}

export interface DigestRequest {
  readonly method: string;
  readonly uri: string;
  readonly user: string;
  readonly password: string;
  readonly cnonce: string;
  /** How often this nonce was used, from 1. */
  readonly count: number;
}

function best(
  challenges: readonly Challenge[],
): { readonly challenge: Challenge; readonly name: string; readonly hash: string } | undefined {
  for (const [name, hash] of algorithms) {
    const challenge = challenges.find(({ parameters }) => (parameters['algorithm'] ?? 'MD5').toUpperCase() === name);
    if (challenge !== undefined) return { challenge, name, hash };
  }
  return undefined;
}

/** The value of Authorization or Proxy-Authorization; undefined when no challenge is one we can answer. */
export function answerTo(challenges: readonly Challenge[], request: DigestRequest): string | undefined {
  const found = best(challenges);
  if (found === undefined) return undefined;
  const { realm = '', nonce = '', opaque, qop } = found.challenge.parameters;
  const offered = qop?.split(',').map((text) => text.trim().toLowerCase());
  if (offered !== undefined && !offered.includes('auth')) return undefined;
  const digest = (text: string): string => createHash(found.hash).update(text).digest('hex');
  const { method, uri, user, password, cnonce } = request;
  const ha1 = digest(`${user}:${realm}:${password}`);
  const ha2 = digest(`${method}:${uri}`);
  const count = request.count.toString(16).padStart(8, '0');
  const response =
    offered === undefined ? digest(`${ha1}:${nonce}:${ha2}`) : digest(`${ha1}:${nonce}:${count}:${cnonce}:auth:${ha2}`);
  const quoted = { username: user, realm, nonce, uri, response, ...(opaque === undefined ? {} : { opaque }) };
  const parts = Object.entries(quoted).map(([name, value]) => `${name}="${value}"`);
  parts.push(`algorithm=${found.name}`);
  if (offered !== undefined) parts.push('qop=auth', `nc=${count}`, `cnonce="${cnonce}"`);
  return `Digest ${parts.join(', ')}`;
}
