import { describe, expect, it } from 'vitest';
import { placeByReplaces, readReplaces, replacesIn } from './replaces.ts';

const named = { callId: 'a@b', toTag: '1', fromTag: '2' };

describe('Replaces', () => {
  it.each([
    ['a@b;to-tag=1;from-tag=2', { ...named, earlyOnly: false }],
    ['a@b ; From-Tag=2 ; To-Tag=1 ; early-only', { ...named, earlyOnly: true }],
    ['a@b;to-tag=1', undefined],
    [';to-tag=1;from-tag=2', undefined],
    ['', undefined],
  ])('%s', (value, wanted) => expect(readReplaces(value)).toEqual(wanted));

  it.each([
    ['sip:bob@x?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2', { ...named, earlyOnly: false }],
    ['sip:bob@x?Subject=y&replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2', { ...named, earlyOnly: false }],
    ['sip:bob@x?Replaces=a%3Bto-tag%3Db', null],
    ['sip:bob@x?Replaces=%zz', null],
    ['sip:bob@x', undefined],
  ])('inside of %s', (uri, wanted) => expect(replacesIn(uri)).toEqual(wanted));

  it('takes no longer for a long one', () => {
    expect(replacesIn(`sip:x@y?Replaces=${'%3B'.repeat(40_000)}`)).toBeNull();
  });
});

describe('an INVITE with Replaces', () => {
  const legOf = () => 'c.a1';
  it.each([
    ['a@b;to-tag=1;from-tag=2', legOf, { callId: 'c', replaces: 'c.a1' }],
    ['a@b;to-tag=1;from-tag=2', () => undefined, 481],
    ['a@b;to-tag=1;from-tag=2;early-only', legOf, 486],
    ['a@b;to-tag=1', legOf, 400],
  ])('%s', (value, find, wanted) => {
    const place = placeByReplaces(value, find);
    if (typeof wanted === 'number') expect(place).toBe(wanted);
    else expect(place).toMatchObject(wanted);
  });
});
