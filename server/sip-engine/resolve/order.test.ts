import { describe, expect, it } from 'vitest';
import { orderNaptr, orderSrv } from './order.ts';

const naptr = (order: number, preference: number, service: string, flags = 's') => ({
  order,
  preference,
  flags,
  service,
  replacement: `${service}.example`,
});
const srv = (name: string, priority: number, weight: number) => ({ name, priority, weight, port: 5060 });

/** A source of the same numbers every time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe('orderNaptr, RFC 3263 section 4.1', () => {
  // The records of the example there.
  const records = [naptr(100, 50, 'SIP+D2U'), naptr(50, 50, 'SIPS+D2T'), naptr(90, 50, 'SIP+D2T')];
  const all = ['udp', 'tcp', 'tls'] as const;

  it.each([
    ['all we speak, by order', false, all, ['tls', 'tcp', 'udp']],
    ['only TLS for sips', true, all, ['tls']],
    ['not what we have no listener for', false, ['udp'] as const, ['udp']],
  ])('takes %s', (_name, secure, usable, expected) => {
    expect(orderNaptr(records, secure, usable).map(({ protocol }) => protocol)).toEqual(expected);
  });

  it('goes by preference within an order, and leaves other services and flags alone', () => {
    const mixed = [
      naptr(1, 20, 'SIP+D2U'),
      naptr(1, 10, 'SIP+D2T'),
      naptr(0, 0, 'SIP+D2S'),
      naptr(0, 0, 'E2U+sip'),
      naptr(0, 0, 'SIP+D2U', 'u'),
    ];
    expect(orderNaptr(mixed, false, all).map(({ name }) => name)).toEqual(['SIP+D2T.example', 'SIP+D2U.example']);
  });
});

describe('orderSrv, RFC 2782', () => {
  it('goes by priority first', () => {
    const records = [srv('late', 20, 100), srv('early', 10, 0)];
    expect(orderSrv(records, () => 0.99).map(({ name }) => name)).toEqual(['early', 'late']);
  });

  it('chooses among equals in proportion to their weights, and keeps them all', () => {
    const random = seeded(1);
    const first = new Map<string, number>();
    for (let turn = 0; turn < 4000; turn++) {
      const names = orderSrv([srv('a', 1, 70), srv('b', 1, 20), srv('c', 1, 10), srv('d', 1, 0)], random).map(
        ({ name }) => name,
      );
      expect(new Set(names).size).toBe(4);
      first.set(names[0] ?? '', (first.get(names[0] ?? '') ?? 0) + 1);
    }
    const share = (name: string): number => (first.get(name) ?? 0) / 4000;
    expect(share('a')).toBeCloseTo(0.7, 1);
    expect(share('b')).toBeCloseTo(0.2, 1);
    expect(share('c')).toBeCloseTo(0.1, 1);
    expect(share('d')).toBeGreaterThan(0);
    expect(share('d')).toBeLessThan(0.03);
  });

  it('looks at no more than 16 records', () => {
    expect(
      orderSrv(
        Array.from({ length: 1000 }, (_, at) => srv(String(at), at, 0)),
        Math.random,
      ).length,
    ).toBe(16);
  });
});
