import { describe, expect, it } from 'vitest';
import { readReplaces } from '../../protocol/sip-replaces.ts';
import { placeOf, type PlaceQuestions, replacesIn } from './replaces.ts';

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

describe('where an INVITE belongs', () => {
  const value = 'a@b;to-tag=1;from-tag=2';
  const alice = { type: 'agent', agentId: 'alice' } as const;
  const questions: PlaceQuestions = {
    newCallId: () => 'new',
    listener: {
      consultingCall: (agentId) => (agentId === 'carol' ? 'd' : undefined),
      mayReplace: (agentId, legId) => agentId === 'alice' && legId === 'c.a1',
    },
    legs: { legOf: ({ callId }) => (callId === 'a@b' ? 'c.a1' : undefined) },
    trunks: { noteOf: () => ({ trunk: 'outside' }) },
  };
  it.each([
    ['a call of its own', undefined, alice, { callId: 'new', legId: 'new.c' }],
    ['the call in which its phone talks', undefined, { ...alice, agentId: 'carol' }, { callId: 'd', legId: 'd.pnew' }],
    ['the place of the same agent', value, alice, { callId: 'c', legId: 'c.rnew', replaces: 'c.a1' }],
    ['a place on the same trunk', value, { type: 'trunk', trunk: 'outside' }, { callId: 'c', replaces: 'c.a1' }],
    ['nowhere: another agent', value, { ...alice, agentId: 'bob' }, 403],
    ['nowhere: another trunk', value, { type: 'trunk', trunk: 'other' }, 403],
    ['nowhere: no dialog of ours', value.replace('a@b', 'x@y'), alice, 481],
    ['nowhere: only an early one was meant', `${value};early-only`, alice, 486],
    ['nowhere: not to be read', 'a@b;to-tag=1', alice, 400],
  ] as const)('%s', (_name, replaces, origin, wanted) => {
    const place = placeOf(replaces, origin, questions);
    if (typeof wanted === 'number') expect(place).toBe(wanted);
    else expect(place).toMatchObject(wanted);
  });
});
