import { describe, expect, test } from 'vitest';
import { SourceLock, type Place } from './source-lock.ts';

const told: Place = { address: '10.0.0.1', port: 4000 };
const natted: Place = { address: '192.0.2.7', port: 62_001 };
const stranger: Place = { address: '203.0.113.66', port: 5555 };

/** Who sent, whether validly, and whether it is to be heard. */
type Row = readonly [from: Place, valid: boolean, heard: boolean];

describe('SourceLock', () => {
  test.each<[string, readonly Row[], number]>([
    [
      'hears the negotiated place and no other',
      [
        [told, true, true],
        [stranger, true, false],
        [told, true, true],
      ],
      1,
    ],
    [
      'locks to the first valid place behind NAT',
      [
        [natted, true, true],
        [stranger, true, false],
        [natted, true, true],
      ],
      1,
    ],
    [
      'is not taken in by an invalid packet',
      [
        [stranger, false, false],
        [natted, true, true],
        [stranger, true, false],
      ],
      2,
    ],
    [
      'returns to the negotiated place when it speaks',
      [
        [stranger, true, true],
        [told, true, true],
        [stranger, true, false],
      ],
      1,
    ],
    [
      'drops an invalid packet of the locked place without calling it strange',
      [
        [told, true, true],
        [told, false, false],
      ],
      0,
    ],
    [
      'counts each stranger',
      [
        [told, true, true],
        [stranger, true, false],
        [natted, true, false],
        [stranger, false, false],
      ],
      3,
    ],
    [
      'takes another port of the same host for a stranger',
      [
        [told, true, true],
        [{ ...told, port: 4002 }, true, false],
      ],
      1,
    ],
  ])('%s', (_, rows, strangers) => {
    const lock = new SourceLock();
    lock.negotiate(told);
    for (const [from, valid, heard] of rows) expect(lock.admit(from, valid)).toBe(heard);
    expect(lock.strangers).toBe(strangers);
  });

  test('sends to the negotiated place until somebody is locked in', () => {
    const lock = new SourceLock();
    expect(lock.target).toBeUndefined();
    lock.negotiate(told);
    expect(lock.target).toEqual(told);
    lock.admit(natted, true);
    expect(lock.target).toEqual(natted);
  });

  test('opens again only for a description that names another place', () => {
    const lock = new SourceLock();
    lock.negotiate(told);
    lock.admit(natted, true);
    lock.negotiate({ ...told });
    expect(lock.admit(stranger, true)).toBe(false);
    lock.negotiate({ ...told, port: 4010 });
    expect(lock.target).toEqual({ ...told, port: 4010 });
    expect(lock.admit(natted, true)).toBe(true);
  });
});
