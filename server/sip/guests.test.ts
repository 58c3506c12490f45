import { expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { Authenticator } from './authenticator.ts';
import { Credentials } from './credentials.ts';
import { expectedResponse, ha1Of } from './digest.ts';
import { Guests } from './guests.ts';
import { Lockout } from './lockout.ts';
import { Nonces } from './nonces.ts';

const wanted = { route: 'main', video: false, name: 'Ann' };

it('lets one call in by a pass, for as long as it is good', () => {
  const clock = new SimulatedClock(1_000);
  const guests = new Guests('site');
  const pass = guests.mint(wanted, 61_000, clock.now());
  const other = guests.mint({ ...wanted, name: null }, 61_000, clock.now());
  expect(pass.username).not.toBe(other.username);
  const account = guests.accountOf(pass.username, clock.now());
  expect(account?.origin).toMatchObject({ type: 'guest', pass: { route: 'main', name: 'Ann', video: false } });
  if (account?.origin.type !== 'guest') throw new Error('no guest');
  guests.use(account.origin.pass);
  expect(guests.accountOf(pass.username, clock.now())).toBeUndefined();
  expect(guests.accountOf(other.username, 60_999)).toBeDefined();
  expect(guests.accountOf(other.username, 61_000), 'lapsed').toBeUndefined();
});

it('is proven by MD5 too where phones may not use it, since browsers know nothing else', () => {
  const guests = new Guests('site');
  const { username, password } = guests.mint(wanted, 61_000, 1_000);
  const authenticator = new Authenticator({
    realm: 'site',
    algorithms: ['sha-256'],
    nonces: new Nonces({ key: Buffer.alloc(32, 1), lifeMs: 10_000 }),
    credentials: new Credentials(Buffer.alloc(32, 2)),
    accountOf: (name) => guests.accountOf(name, 1_000),
    lockout: new Lockout({ tries: 10, forMs: 1000 }),
    isAt: () => false,
  });
  const judged = (secret: string) => {
    const [, challenge = ''] = authenticator.challenges('192.0.2.9', 1_000, { md5: 'last', stale: false });
    const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
    const parts = { username, realm: 'site', nonce, uri: 'sip:main@site', qop: 'auth', nc: '00000001', cnonce: 'c' };
    const response = expectedResponse(parts, 'INVITE', 'md5', ha1Of('md5', username, 'site', secret));
    const header = Object.entries({ ...parts, algorithm: 'MD5', response }).map(
      ([name, value]) => `${name}="${value}"`,
    );
    const source = { method: 'INVITE', source_address: '192.0.2.9', source_port: 5060 };
    const read = { has: () => true, get: () => `Digest ${header.join(', ')}` };
    return authenticator.judge({ ...source, ...read }, 'Proxy-Authorization', 1_000);
  };
  expect(judged(password)).toMatchObject({ type: 'proven', who: { origin: { type: 'guest' } } });
  expect(judged('guess')).toMatchObject({ type: 'wrong' });
});
