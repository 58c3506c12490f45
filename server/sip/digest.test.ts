import { describe, expect, it } from 'vitest';
import { Credentials } from './credentials.ts';
import { DigestGuard, expectedResponse, parseAuthorization } from './digest.ts';

const guard = new DigestGuard({ realm: 'site', key: Buffer.alloc(32, 1), nonceLifeMs: 1000 });
const nonceOf = (challenge: string): string => /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';

function answered(challenge: string, password: string): Record<string, string> {
  const answer = {
    ...{ username: 'alice', realm: 'site', nonce: nonceOf(challenge), uri: 'sip:site', qop: 'auth' },
    ...{ nc: '00000001', cnonce: 'abc' },
  };
  return { ...answer, response: expectedResponse(answer, 'REGISTER', password) };
}

describe('digest', () => {
  it('computes the example of RFC 2617 section 3.5', () => {
    const answer = parseAuthorization(
      'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
        'uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", ' +
        'response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    );
    expect(answer).toBeDefined();
    expect(expectedResponse(answer ?? {}, 'GET', 'Circle Of Life')).toBe('6629fae49393a05397450978507c4ef1');
  });

  it.each([
    ['the right password', 'secret', 'secret', 500, 'right'],
    ['a wrong password', 'guess', 'secret', 500, 'wrong'],
    ['nobody by that name', 'secret', undefined, 500, 'wrong'],
    ['the right password under an old nonce', 'secret', 'secret', 5000, 'stale'],
  ] as const)('judges %s', (_what, said, known, later, verdict) => {
    expect(guard.judge(answered(guard.challenge(0), said), 'REGISTER', known, later)).toBe(verdict);
  });

  it('takes no nonce it did not make', () => {
    const other = new DigestGuard({ realm: 'site', key: Buffer.alloc(32, 2), nonceLifeMs: 1000 });
    expect(guard.judge(answered(other.challenge(0), 'secret'), 'REGISTER', 'secret', 1)).toBe('wrong');
  });

  it('is no Digest when it is something else', () => {
    expect(parseAuthorization('Basic YTpi')).toBeUndefined();
  });
});

describe('minted credentials', () => {
  const credentials = new Credentials(Buffer.alloc(32, 3));

  it('carry agent and expiry, and are known again without being stored', () => {
    const minted = credentials.mint('alice', 1000);
    expect(new Credentials(Buffer.alloc(32, 3)).claimOf(minted.username, 999)).toEqual({
      agentId: 'alice',
      password: minted.password,
    });
  });

  it.each(['alice', '~zz', 'alice~', 'alice~!!'])('are not %s', (username) => {
    expect(credentials.claimOf(username, 0)).toBeUndefined();
  });

  it('lapse', () => {
    expect(credentials.claimOf(credentials.mint('alice', 1000).username, 1000)).toBeUndefined();
  });

  it('are worth nothing with another expiry or under another key', () => {
    const minted = credentials.mint('alice', 1000);
    expect(credentials.claimOf(credentials.mint('alice', 2000).username, 0)?.password).not.toBe(minted.password);
    expect(new Credentials(Buffer.alloc(32, 4)).claimOf(minted.username, 0)?.password).not.toBe(minted.password);
  });
});
