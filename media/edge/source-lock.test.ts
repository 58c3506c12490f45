import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SourceLock, type Place, type Verdict } from './source-lock.ts';

const told: Place = { address: '10.0.0.1', port: 4000 };
const open: Place = { address: '198.51.100.1', port: 4000 };
const natted: Place = { address: '192.0.2.7', port: 62_001 };
const stranger: Place = { address: '203.0.113.66', port: 5555 };

/** Who sent, which SSRC and sequence number, and what is to become of it. */
type Row = readonly [from: Place, ssrc: number, sequence: number, verdict: Verdict];

interface Case {
  readonly name: string;
  /** What the description says, and the address it came from. */
  readonly said?: Place;
  readonly signalled?: string;
  readonly rows: readonly Row[];
  readonly strangers?: number;
}

const cases: readonly Case[] = [
  {
    name: 'hears the negotiated place at once and no other',
    rows: [
      [told, 1, 10, 'heard'],
      [stranger, 1, 11, 'stranger'],
      [told, 1, 11, 'heard'],
    ],
    strangers: 1,
  },
  {
    name: 'locks to the first place that proves itself behind NAT, and loses none of its packets',
    rows: [
      [natted, 1, 10, 'held'],
      [natted, 1, 11, 'held'],
      [natted, 1, 12, 'released'],
      [natted, 1, 13, 'heard'],
      [stranger, 2, 1, 'stranger'],
    ],
    strangers: 1,
  },
  {
    name: 'is not taken in by stray packets before the far side speaks',
    rows: [
      [stranger, 9, 700, 'held'],
      [stranger, 9, 90, 'held'],
      [natted, 1, 10, 'held'],
      [stranger, 8, 91, 'held'],
      [natted, 1, 11, 'held'],
      [natted, 1, 12, 'released'],
      [stranger, 8, 92, 'stranger'],
    ],
    strangers: 1,
  },
  {
    name: 'hears nobody else where the far side is not behind NAT, whoever is first',
    said: open,
    rows: [
      [stranger, 1, 1, 'stranger'],
      [stranger, 1, 2, 'stranger'],
      [stranger, 1, 3, 'stranger'],
      [{ ...open, port: 4002 }, 1, 4, 'stranger'],
      [open, 1, 5, 'heard'],
    ],
    strangers: 4,
  },
  {
    name: 'learns only from where the description came, if that is known',
    signalled: natted.address,
    rows: [
      [stranger, 1, 1, 'stranger'],
      [natted, 1, 1, 'held'],
      [natted, 1, 2, 'held'],
      [natted, 1, 3, 'released'],
    ],
    strangers: 1,
  },
  {
    name: 'learns nothing where the description came from the place it names',
    signalled: told.address,
    rows: [
      [{ ...told, port: 4002 }, 1, 1, 'stranger'],
      [told, 1, 1, 'heard'],
    ],
    strangers: 1,
  },
  {
    name: 'learns from outside, though the description came by a proxy of our own network',
    signalled: '192.168.1.5',
    rows: [
      [natted, 1, 1, 'held'],
      [natted, 1, 2, 'held'],
      [natted, 1, 3, 'released'],
    ],
  },
  {
    name: 'returns to the negotiated place when it proves itself',
    rows: [
      [natted, 1, 1, 'held'],
      [natted, 1, 2, 'held'],
      [natted, 1, 3, 'released'],
      [told, 5, 1, 'held'],
      [told, 5, 2, 'held'],
      [told, 5, 3, 'released'],
      [natted, 1, 4, 'stranger'],
    ],
    strangers: 1,
  },
  {
    name: 'hears a late packet and a gap, but holds a leap until a second packet follows it',
    rows: [
      [told, 1, 100, 'heard'],
      [told, 1, 99, 'heard'],
      [told, 1, 2000, 'heard'],
      [told, 1, 40_000, 'held'],
      [told, 1, 2001, 'heard'],
      [told, 1, 40_001, 'held'],
      [told, 1, 40_002, 'released'],
      [told, 1, 40_003, 'heard'],
    ],
  },
  {
    name: 'hears across the turn of the sequence',
    rows: [
      [told, 1, 65_534, 'heard'],
      [told, 1, 65_535, 'heard'],
      [told, 1, 0, 'heard'],
    ],
  },
  {
    name: 'takes a new SSRC of the same place after two packets, and none while the old one speaks',
    rows: [
      [told, 1, 100, 'heard'],
      [told, 7, 5, 'held'],
      [told, 1, 101, 'heard'],
      [told, 7, 6, 'held'],
      [told, 1, 102, 'heard'],
      [told, 7, 7, 'held'],
      [told, 7, 8, 'released'],
      [told, 7, 9, 'heard'],
    ],
  },
  {
    name: 'knows an IPv6 address however it is written',
    said: { address: '2001:DB8:0:0::1', port: 4000 },
    rows: [[{ address: '2001:db8::1', port: 4000 }, 1, 1, 'heard']],
  },
];

describe('SourceLock', () => {
  test.each(cases)('$name', ({ said = told, signalled, rows, strangers = 0 }) => {
    const lock = new SourceLock();
    lock.negotiate(said, signalled);
    for (const [from, ssrc, sequence, verdict] of rows)
      expect([from.port, ssrc, sequence, lock.judge(from, { ssrc, sequence })]).toEqual([
        from.port,
        ssrc,
        sequence,
        verdict,
      ]);
    expect(lock.strangers).toBe(strangers);
  });

  test('gives back what it held, in order', () => {
    const lock = new SourceLock();
    lock.negotiate(told);
    for (const sequence of [10, 12, 11, 12]) lock.judge(natted, { ssrc: 1, sequence });
    expect(lock.judge(natted, { ssrc: 1, sequence: 13 })).toBe('released');
    expect(lock.released.map(({ sequence }) => sequence)).toEqual([10, 12, 11, 12, 13]);
  });

  test('sends to the negotiated place until somebody is locked in', () => {
    const lock = new SourceLock();
    expect(lock.target).toBeUndefined();
    lock.negotiate(told);
    expect(lock.target).toEqual(told);
    for (const sequence of [1, 2]) lock.judge(natted, { ssrc: 1, sequence });
    expect(lock.target).toEqual(told);
    lock.judge(natted, { ssrc: 1, sequence: 3 });
    expect(lock.target).toEqual(natted);
  });

  test('opens again only for a description that names another place, and hears the old one until the new one speaks', () => {
    const lock = new SourceLock();
    lock.negotiate(open);
    const moved = { ...open, port: 4010 };
    lock.judge(open, { ssrc: 1, sequence: 1 });
    lock.negotiate({ ...open });
    expect(lock.locked).toEqual(open);
    lock.negotiate(moved);
    expect(lock.target).toEqual(moved);
    expect(lock.judge(open, { ssrc: 1, sequence: 2 })).toBe('heard');
    expect(lock.judge(stranger, { ssrc: 1, sequence: 3 })).toBe('stranger');
    expect(lock.judge(moved, { ssrc: 1, sequence: 3 })).toBe('heard');
    expect(lock.judge(open, { ssrc: 1, sequence: 4 })).toBe('stranger');
  });

  test('hears the old place for a second and no longer', () => {
    const lock = new SourceLock();
    lock.negotiate(open);
    lock.judge(open, { ssrc: 1, sequence: 0 });
    lock.negotiate({ ...open, port: 4010 });
    const verdicts = Array.from({ length: 60 }, (_, at) => lock.judge(open, { ssrc: 1, sequence: at + 1 }));
    expect(verdicts.filter((verdict) => verdict === 'heard')).toHaveLength(50);
    expect(verdicts.at(-1)).toBe('stranger');
  });

  describe('RTCP', () => {
    const stated = { ...open, port: open.port + 1 };
    test.each<[string, Place, boolean]>([
      ['from where it was said to be', stated, true],
      ['beside RTP', open, true],
      ['from another port of the same host', { ...open, port: 4009 }, false],
      ['from a stranger', stranger, false],
    ])('%s', (_, from, heard) => {
      const lock = new SourceLock();
      lock.negotiate(open);
      lock.judge(open, { ssrc: 1, sequence: 1 });
      expect(lock.admitControl(from, 1, stated)).toBe(heard);
    });

    test('behind NAT is learnt once, from the locked address and by the SSRC that is heard', () => {
      const lock = new SourceLock();
      lock.negotiate(told);
      for (const sequence of [1, 2, 3]) lock.judge(natted, { ssrc: 1, sequence });
      const control = { ...natted, port: 62_009 };
      const said = { ...told, port: 4001 };
      expect(lock.admitControl(stranger, 1, said)).toBe(false);
      expect(lock.admitControl({ ...natted, port: 1 }, 2, said)).toBe(false);
      expect(lock.control).toBeUndefined();
      expect(lock.admitControl(control, 1, said)).toBe(true);
      expect(lock.control).toEqual(control);
      expect(lock.admitControl({ ...natted, port: 1 }, 1, said)).toBe(false);
      expect(lock.admitControl(control, 1, said)).toBe(true);
    });
  });
});

const places: readonly Place[] = [told, open, natted, stranger, { ...open, port: 4002 }];
const said = fc.record({
  from: fc.constantFrom(...places),
  ssrc: fc.nat(3),
  sequence: fc.oneof(fc.nat(65_535), fc.nat(20)),
});

describe('whatever is sent', () => {
  test('a place that was neither negotiated nor could be the far side behind NAT is never heard, nor sent to', () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 80 }), (packets) => {
        const lock = new SourceLock();
        lock.negotiate(open);
        for (const { from, ssrc, sequence } of packets) {
          const verdict = lock.judge(from, { ssrc, sequence });
          expect(from === open || verdict === 'stranger').toBe(true);
          expect(lock.target).toEqual(open);
        }
      }),
    );
  });

  test('once locked by proof, only the negotiated place can take over', () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 80 }), (packets) => {
        const lock = new SourceLock();
        lock.negotiate(told);
        for (const sequence of [1, 2, 3]) lock.judge(natted, { ssrc: 1, sequence });
        for (const { from, ssrc, sequence } of packets) lock.judge(from, { ssrc, sequence });
        expect([natted, told]).toContainEqual(lock.locked);
      }),
    );
  });

  test('a far side that counts as it should loses no packet to any attack from elsewhere', () => {
    fc.assert(
      fc.property(fc.array(fc.array(said, { maxLength: 5 }), { minLength: 3, maxLength: 40 }), (attack) => {
        const lock = new SourceLock();
        lock.negotiate(open);
        for (const [sequence, packets] of attack.entries()) {
          expect(lock.judge(open, { ssrc: 77, sequence })).toBe('heard');
          for (const { from, ...packet } of packets) if (from !== open) lock.judge(from, packet);
        }
      }),
    );
  });
});
