import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { IceLite } from './ice.ts';
import { answerIn, checkOf, type Check } from './stun.test-support.ts';

const home = { address: '10.0.0.5', port: 4000 };
const mapped = { address: '198.51.100.9', port: 61_000 };
const elsewhere = { address: '203.0.113.66', port: 5555 };
const session = { usernameFragment: 'ours', password: 'a-password-of-twenty-two', remoteFragment: 'peer' };
const right: Check = { username: 'ours:peer', password: session.password };

function running() {
  const ice = new IceLite();
  ice.configure(session);
  return ice;
}

describe('a check', () => {
  test('that is right is answered with where it came from, and proves that place', () => {
    const ice = running();
    const { reply, proven } = ice.take(checkOf(right), mapped, 1);
    const answer = answerIn(reply ?? Buffer.alloc(20));
    expect([answer.type, answer.isSignedWith(session.password), answer.mapped?.length]).toEqual([0x0101, true, 8]);
    expect(proven).toEqual({ places: [mapped], selected: mapped });
    expect(ice.proven(2)).toEqual({ places: [], selected: undefined });
  });

  test.each<[string, Check, number]>([
    ['without credentials', { username: 'ours:peer' }, 400],
    ['without a name', { password: session.password }, 400],
    ['for somebody else', { ...right, username: 'others:peer' }, 401],
    ['with a name of one part', { ...right, username: 'ours' }, 401],
    ['with a wrong password', { ...right, password: 'guessed' }, 401],
    ['with something that must be understood and is not', { ...right, extra: 0x0003 }, 420],
    ['from one who believes to be controlled', { ...right, role: 'controlled' }, 487],
  ])('%s is refused, and proves nothing', (_, check, code) => {
    const ice = running();
    const bytes = checkOf(check);
    const { reply, proven } = ice.take(bytes, mapped, 1);
    expect(answerIn(reply ?? Buffer.alloc(20)).code).toBe(code);
    expect([proven, ice.proven(1).places]).toEqual([undefined, []]);
    expect(reply?.length).toBeLessThanOrEqual(bytes.length);
  });

  test('is never answered by more than it was', () => {
    const bare = Buffer.from('0001000821122112a4420000000000000000000000008028000400000000', 'hex').subarray(0, 28);
    const ice = running();
    expect(ice.take(bare, mapped, 1)).toEqual({});
    for (let size = 0; size < 60; size += 4) expect(ice.take(randomBytes(size), mapped, 1).reply).toBeUndefined();
  });

  test('that was seen on its way and is sent again from elsewhere is not answered and proves nothing', () => {
    const ice = running();
    const seen = checkOf({ ...right, useCandidate: true });
    const first = ice.take(seen, mapped, 1).reply;
    expect(ice.take(seen, elsewhere, 1)).toEqual({});
    expect(ice.take(seen, { ...mapped, port: 2 }, 2)).toEqual({});
    // A retransmission (RFC 8489 section 6.2.1) is answered again.
    expect(ice.take(seen, mapped, 1)).toEqual({ reply: first });
    expect(ice.proven(1)).toEqual({ places: [mapped], selected: mapped });
  });

  test('is answered before the far side has described itself; then other branches of the call count no more', () => {
    const ice = new IceLite();
    ice.configure({ ...session, remoteFragment: undefined });
    ice.take(checkOf({ ...right, username: 'ours:busy', useCandidate: true, priority: 9 }), elsewhere, 1);
    ice.take(checkOf(right), mapped, 1);
    expect(ice.proven(1).selected).toEqual(elsewhere);
    expect(ice.configure(session)).toBe(true);
    expect(ice.proven(1)).toEqual({ places: [mapped], selected: mapped });
  });
});

describe('the place that is chosen', () => {
  test('is the one nominated, whatever else was proven', () => {
    const ice = running();
    ice.take(checkOf({ ...right, priority: 100 }), home, 1);
    expect(ice.proven(1).selected).toEqual(home);
    ice.take(checkOf({ ...right, priority: 50, useCandidate: true }), mapped, 1);
    expect(ice.proven(1)).toEqual({ places: [home, mapped], selected: mapped });
    expect(ice.take(checkOf({ ...right, priority: 50 }), mapped, 1).proven).toBeUndefined();
  });

  test('is the highest of several, where all checks nominate (RFC 5245 section 8.1.1.2)', () => {
    const ice = running();
    ice.take(checkOf({ ...right, priority: 50, useCandidate: true }), mapped, 1);
    ice.take(checkOf({ ...right, priority: 100, useCandidate: true }), home, 1);
    ice.take(checkOf({ ...right, priority: 10, useCandidate: true }), elsewhere, 1);
    expect(ice.proven(1).selected).toEqual(home);
  });

  test('is kept for each component', () => {
    const ice = running();
    ice.take(checkOf({ ...right, useCandidate: true }), home, 1);
    ice.take(checkOf({ ...right, useCandidate: true }), { ...home, port: 4001 }, 2);
    expect([ice.proven(1).selected?.port, ice.proven(2).selected?.port]).toEqual([4000, 4001]);
  });

  test('stays at 16 places, and a nominated one is not lost', () => {
    const ice = running();
    ice.take(checkOf({ ...right, useCandidate: true }), mapped, 1);
    for (let port = 1; port < 40; port++) ice.take(checkOf(right), { ...elsewhere, port }, 1);
    expect(ice.proven(1).places).toHaveLength(16);
    expect(ice.proven(1).selected).toEqual(mapped);
  });
});

describe('a restart', () => {
  const next = { usernameFragment: 'anew', password: 'another-password-of-ours', remoteFragment: 'peer2' };

  test('goes on with what was proven until something new is; then only that counts', () => {
    const ice = running();
    ice.take(checkOf({ ...right, useCandidate: true }), home, 1);
    ice.configure(next);
    expect(ice.proven(1).selected).toEqual(home);
    // Consent of before (RFC 7675) is answered, and may not bring a new place in.
    expect(answerIn(ice.take(checkOf(right), elsewhere, 1).reply ?? Buffer.alloc(20)).type).toBe(0x0101);
    expect(ice.proven(1).places).toEqual([home]);
    const fresh = { username: 'anew:peer2', password: next.password, useCandidate: true };
    expect(ice.take(checkOf(fresh), mapped, 1).proven).toEqual({ places: [mapped], selected: mapped });
  });

  test('is none where the same credentials come again', () => {
    const ice = running();
    ice.take(checkOf(right), home, 1);
    expect(ice.configure({ ...session })).toBe(false);
    expect(ice.proven(1).places).toEqual([home]);
  });
});

test('without ICE nothing is answered', () => {
  const ice = running();
  expect([ice.configure(undefined), ice.configure(undefined), ice.runs]).toEqual([true, false, false]);
  expect(ice.take(checkOf(right), mapped, 1)).toEqual({});
});
