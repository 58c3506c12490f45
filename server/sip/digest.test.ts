import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type DigestAlgorithm, digestAlgorithms } from '../../protocol/sip.ts';
import { type Authenticated, Authenticator } from './authenticator.ts';
import { Credentials } from './credentials.ts';
import { digest, expectedResponse, ha1Of, ha1sOf, parseAuthorization, same, Signer } from './digest.ts';
import { Lockout } from './lockout.ts';
import { Nonces } from './nonces.ts';
import { type Peer, SimplePeers } from './simple-peers.ts';

const realm = 'site';
const host = '10.0.0.1';
const alice = { type: 'agent', agentId: 'alice' } as const;
const account = { username: 'desk', origin: alice, device: 'desk', ha1s: ha1sOf('desk', realm, 'secret') };
const credentials = new Credentials(Buffer.alloc(32, 3));

function authenticator(algorithms: readonly DigestAlgorithm[] = ['sha-256', 'md5'], key = 1): Authenticator {
  return new Authenticator({
    ...{ realm, algorithms, credentials },
    nonces: new Nonces({ key: Buffer.alloc(32, key), lifeMs: 1000 }),
    accountOf: (username) => (username === account.username ? account : undefined),
    lockout: new Lockout({ tries: 3, forMs: 1000 }),
    isAt: (agentId, req) => agentId === 'alice' && req.source_port === 5060,
  });
}

/** A request with that answer in it. */
function request(answer: Record<string, string>, method = 'REGISTER', port = 5060): Authenticated {
  const text = Object.entries(answer).map(([name, value]) => `${name}="${value}"`);
  return {
    ...{ method, source_address: '10.0.0.1', source_port: port },
    has: (header) => header === 'Authorization',
    get: () => `Digest ${text.join(', ')}`,
  };
}

function verdictOf(judge: Authenticator, answer: Record<string, string>, now = 1, method = 'REGISTER', port = 5060) {
  return judge.judge(request(answer, method, port), 'Authorization', now);
}

const plain = { md5: 'usual', stale: false } as const;

interface Said {
  readonly username?: string;
  readonly password?: string;
  readonly algorithm?: DigestAlgorithm;
  readonly nc?: string;
  readonly qop?: string | null;
}

function answered(challenge: string, said: Said = {}): Record<string, string> {
  const { username = 'desk', password = 'secret', algorithm = 'sha-256', nc = '00000001', qop = 'auth' } = said;
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
  const answer = {
    ...{ username, realm, nonce, uri: 'sip:site', algorithm: algorithm.toUpperCase() },
    ...(qop === null ? {} : { qop, nc, cnonce: 'abc' }),
  };
  const response = expectedResponse(answer, 'REGISTER', algorithm, ha1Of(algorithm, username, realm, password));
  return { ...answer, response };
}

describe('digest', () => {
  const example = (algorithm: string, response: string): string =>
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", ' +
    `algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, ` +
    `cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="${response}", ` +
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

  it.each([
    ['MD5', 'md5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', 'sha-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('computes the %s example of RFC 7616 section 3.9.1', (wire, algorithm, response) => {
    const answer = parseAuthorization(example(wire, response), 'http-auth@example.org') ?? {};
    const ha1 = ha1Of(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
    expect(expectedResponse(answer, 'GET', algorithm, ha1)).toBe(answer['response']);
  });

  it('has SHA-512/256 as in the example of FIPS 180-4', () => {
    expect(digest('sha-512-256', 'abc')).toBe('53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23');
  });

  it('reads quoted pairs, and of several credentials those for our realm', () => {
    const header = 'Digest username="a\\"b", realm="other", nonce="Digest x=1",Digest username="c", realm="site"';
    expect(parseAuthorization(header, 'site')).toEqual({ username: 'c', realm: 'site' });
    expect(parseAuthorization(header, 'other')).toEqual({ username: 'a"b', realm: 'other', nonce: 'Digest x=1' });
    expect(parseAuthorization('Basic YTpi', 'site')).toBeUndefined();
    expect(parseAuthorization(`Digest ${'a'.repeat(100_000)}`, 'site')).toBeUndefined();
  });
});

it('compares whole texts', () => {
  expect([same('ab', 'ab'), same('ab', 'ac'), same('ab', 'a'), same('', '')]).toEqual([true, false, false, true]);
});

describe('challenges', () => {
  const algorithmsOf = (challenges: readonly string[]) =>
    challenges.map((each) => /algorithm=([^,]+)/.exec(each)?.[1]?.toLowerCase());

  it('come strongest first, as the site has it', () => {
    expect(algorithmsOf(authenticator().challenges(host, 0, plain))).toEqual(['sha-256', 'md5']);
    expect(algorithmsOf(authenticator(['sha-256']).challenges(host, 0, plain))).toEqual(['sha-256']);
    expect(algorithmsOf(authenticator(digestAlgorithms).challenges(host, 0, plain))).toEqual(digestAlgorithms);
  });

  it('end with MD5 for a browser, whose SIP.js keeps the last line only', () => {
    expect(algorithmsOf(authenticator().challenges(host, 0, { ...plain, md5: 'last' }))).toEqual(['sha-256', 'md5']);
  });
});

describe('peers that stand no challenge they do not know', () => {
  const peer = { source: '10.0.0.1', user: 'desk', callId: 'c', agent: 'Phone' };

  it('are known when they come back in the same Call-ID without an answer; those who answer are not', () => {
    const peers = new SimplePeers();
    const ask = (change: Partial<Peer> = {}): boolean => {
      peers.asked({ ...peer, ...change });
      return peers.isSimple({ ...peer, ...change });
    };
    expect([ask(), ask({ callId: 'd' }), ask({ callId: 'd' }), ask({ callId: 'e' })]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect([ask({ user: 'other' }), ask({ source: '10.0.0.2' })]).toEqual([false, false]);
    peers.answered({ ...peer, user: 'other' });
    expect(ask({ user: 'other' })).toBe(false);
  });

  it('are told apart however long what they send is', () => {
    const peers = new SimplePeers();
    const long = 'c'.repeat(60_000);
    for (const callId of [`${long}1`, `${long}2`]) {
      peers.asked({ ...peer, user: long, callId });
      expect(peers.isSimple({ ...peer, user: long, callId })).toBe(false);
    }
    peers.asked({ ...peer, user: long, callId: `${long}2` });
    expect(peers.isSimple({ ...peer, user: long, callId: long })).toBe(true);
    expect(peers.isSimple({ ...peer, user: `${long}1`, callId: long })).toBe(false);
  });

  it('are asked for MD5 alone, where the site allows it', () => {
    expect(authenticator().challenges(host, 0, { ...plain, md5: 'only' })).toHaveLength(1);
    expect(authenticator(['sha-256']).challenges(host, 0, { ...plain, md5: 'only' })[0]).toContain('SHA-256');
  });
});

describe('judging', () => {
  const table: readonly (readonly [string, Said, number, string])[] = [
    ['the right password by SHA-256', {}, 500, 'proven'],
    ['the right password by MD5', { algorithm: 'md5' }, 500, 'proven'],
    ['the right password without qop (RFC 2069)', { qop: null }, 500, 'proven'],
    ['an algorithm the site does not allow', { algorithm: 'sha-512-256' }, 500, 'wrong'],
    ['a wrong password', { password: 'guess' }, 500, 'wrong'],
    ['nobody by that name', { username: 'eve' }, 500, 'wrong'],
    ['auth-int, which was not offered', { qop: 'auth-int' }, 500, 'wrong'],
    ['a count that is none', { nc: 'zz' }, 500, 'wrong'],
    ['the right password under an old nonce', {}, 5000, 'stale'],
    ['a wrong password under an old nonce, which nobody is told', { password: 'guess' }, 5000, 'stale'],
  ];
  it.each(table)('%s', (_what, said, later, verdict) => {
    const judge = authenticator();
    const [challenge = ''] = judge.challenges(host, 0, plain);
    expect(verdictOf(judge, answered(challenge, said), later).type).toBe(verdict);
  });

  it('takes no nonce it did not make, and no answer to another method', () => {
    const [challenge = ''] = authenticator(['md5'], 2).challenges(host, 0, plain);
    expect(verdictOf(authenticator(), answered(challenge)).type).toBe('stale');
    const judge = authenticator();
    const [own = ''] = judge.challenges(host, 0, plain);
    expect(verdictOf(judge, answered(own), 1, 'INVITE').type).toBe('wrong');
  });

  it('takes an answer once: the count must rise with each use of a nonce', () => {
    const judge = authenticator();
    const [challenge = ''] = judge.challenges(host, 0, plain);
    const verdict = (nc: string) => verdictOf(judge, answered(challenge, { nc })).type;
    expect(['00000001', '00000001', '00000003', '00000002', '0000000a'].map(verdict)).toEqual([
      ...['proven', 'stale', 'proven', 'stale', 'proven'],
    ]);
    const [other = ''] = judge.challenges(host, 0, plain);
    const old = answered(other, { qop: null });
    expect([1, 2].map((now) => verdictOf(judge, old, now).type)).toEqual(['proven', 'stale']);
  });

  it('looks at nothing more after too many wrong answers, except from where the agent is registered', () => {
    const judge = authenticator();
    const [challenge = ''] = judge.challenges(host, 0, plain);
    const guess = answered(challenge, { password: 'guess' });
    const types = [1, 2, 3, 4].map(() => verdictOf(judge, guess, 1, 'REGISTER', 4000).type);
    expect(types).toEqual(['wrong', 'wrong', 'wrong', 'shut']);
    expect(verdictOf(judge, answered(challenge), 1, 'REGISTER', 4000).type).toBe('shut');
    expect(verdictOf(judge, answered(challenge), 1, 'REGISTER', 5060).type).toBe('proven');
  });

  it('counts nothing that claims an address it cannot hear at: a nonce is good where it was sent', () => {
    const judge = authenticator();
    const [elsewhere = ''] = judge.challenges('192.0.2.7', 0, plain);
    for (const password of ['guess', 'secret'])
      for (let tries = 0; tries < 20; tries++)
        expect(verdictOf(judge, answered(elsewhere, { password }), 1, 'REGISTER', 4000).type).toBe('stale');
    const [own = ''] = judge.challenges(host, 0, plain);
    expect(verdictOf(judge, answered(own), 1, 'REGISTER', 4000).type).toBe('proven');
  });

  it('never shuts a page out: nobody guesses minted credentials, so guesses at them close no door', () => {
    const judge = authenticator();
    const { username, password } = credentials.mint('bob', 9000);
    const [challenge = ''] = judge.challenges(host, 0, plain);
    const said = { username, algorithm: 'md5' } as const;
    for (let tries = 0; tries < 20; tries++)
      expect(verdictOf(judge, answered(challenge, { ...said, password: 'guess' })).type).toBe('wrong');
    expect(verdictOf(judge, answered(challenge, { ...said, password })).type).toBe('proven');
  });

  it('knows a softphone by its minted credentials, by MD5 even where the site wants better of phones', () => {
    const judge = authenticator(['sha-256']);
    const { username, password } = credentials.mint('bob', 9000);
    const challenge = judge.challenges(host, 0, { ...plain, md5: 'last' }).at(-1) ?? '';
    const said = { username, password, algorithm: 'md5' } as const;
    expect(verdictOf(judge, answered(challenge, said))).toEqual({
      type: 'proven',
      who: { origin: { type: 'agent', agentId: 'bob' }, username, device: null },
    });
    expect(verdictOf(judge, answered(challenge, { algorithm: 'md5' })).type).toBe('wrong');
  });
});

describe('nonces', () => {
  it('keep a bounded number of counts; those that had to go make their nonces stale, never new', () => {
    const nonces = new Nonces({ key: Buffer.alloc(32, 1), lifeMs: 1_000_000, mostKept: 100 });
    const made = Array.from({ length: 500 }, (_each, now) => nonces.make(host, now));
    made.forEach((nonce, now) => expect(nonces.use(nonce, 1, now)).toBe('fresh'));
    expect(nonces.size).toBeLessThanOrEqual(101);
    for (const nonce of made)
      expect(nonces.check(nonce, host, 500) === 'stale' || nonces.use(nonce, 1, 500) === 'stale').toBe(true);
  });
});

describe('a lockout', () => {
  it('tells which accounts are closed to whom until when, and forgets a source when it is let go', () => {
    const lockout = new Lockout({ tries: 2, forMs: 1000 });
    for (const user of ['a', 'a', 'b']) lockout.wrong('192.0.2.1', user, 100);
    lockout.wrong('192.0.2.2', 'x'.repeat(5000), 100);
    lockout.wrong('192.0.2.2', 'x'.repeat(5000), 100);
    expect(lockout.closed(200)).toEqual([
      { source: '192.0.2.1', user: 'a', wrong: 2, until: 1100 },
      { source: '192.0.2.2', user: 'x'.repeat(64), wrong: 2, until: 1100 },
    ]);
    expect([lockout.release('192.0.2.1'), lockout.release('192.0.2.1')]).toEqual([true, false]);
    expect(lockout.isClosed('192.0.2.1', 'a', 200)).toBe(false);
    expect(lockout.closed(200)).toHaveLength(1);
    expect(lockout.closed(2000)).toEqual([]);
  });

  it('closes an account to the source of too many wrong answers, to no other, and for a while', () => {
    const lockout = new Lockout({ tries: 3, forMs: 1000, mostKept: 2 });
    for (let tries = 0; tries < 3; tries++) {
      expect(lockout.isClosed('10.0.0.1', 'desk', 0)).toBe(false);
      lockout.wrong('10.0.0.1', 'desk', 0);
    }
    expect(lockout.isClosed('10.0.0.1', 'desk', 999)).toBe(true);
    expect(lockout.isClosed('10.0.0.2', 'desk', 999)).toBe(false);
    expect(lockout.isClosed('10.0.0.1', 'other', 999)).toBe(false);
    expect(lockout.isClosed('10.0.0.1', 'desk', 1000)).toBe(false);
    lockout.wrong('10.0.0.1', 'desk', 1000);
    expect(lockout.isClosed('10.0.0.1', 'desk', 1001)).toBe(false);
  });
});

describe('a signer', () => {
  it.each([32, 64, 100])('is HMAC-SHA-256 under a key of %i bytes', (length) => {
    const key = Buffer.alloc(length, 9);
    expect(new Signer(key).sign('text')).toBe(createHmac('sha256', key).update('text').digest('base64url'));
  });
});

describe('minted credentials', () => {
  it('carry agent and expiry, and are known again without being stored', () => {
    const minted = credentials.mint('alice', 1000);
    expect(new Credentials(Buffer.alloc(32, 3)).claimOf(minted.username, 999)).toEqual({
      agentId: 'alice',
      password: minted.password,
    });
  });

  it.each(['alice', '~zz', 'alice~', 'alice~!!'])('are not %s', (username) => {
    expect(credentials.claimOf(username, 0).agentId).toBeUndefined();
  });

  it('lapse', () => {
    expect(credentials.claimOf(credentials.mint('alice', 1000).username, 1000).agentId).toBeUndefined();
  });

  it('are worth nothing with another expiry or under another key', () => {
    const minted = credentials.mint('alice', 1000);
    expect(credentials.claimOf(credentials.mint('alice', 2000).username, 0).password).not.toBe(minted.password);
    expect(new Credentials(Buffer.alloc(32, 4)).claimOf(minted.username, 0).password).not.toBe(minted.password);
  });
});
