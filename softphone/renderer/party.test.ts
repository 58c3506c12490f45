import { expect, it } from 'vitest';
import type { DeskCall } from '../../protocol/desk.ts';
import { makeProblem } from '../../protocol/problems/index.ts';
import { lastCallOf } from './party.ts';

const call: DeskCall = {
  ...{
    callId: 'c',
    offerId: 'o',
    direction: 'inbound',
    state: 'ended',
    from: { number: '+861', name: 'Li' },
    to: '+865',
  },
  ...{ pressed: [], offeredAt: 1, muted: false, heldByPeer: false, language: 'en-US', transcript: [], alerts: [] },
};

it('remembers the party outside, whoever called whom, and why it came to nothing', () => {
  expect(lastCallOf(call)).toEqual({ number: '+861', name: 'Li' });
  expect(lastCallOf({ ...call, from: { number: 'anonymous' } })).toBeUndefined();
  const failure = makeProblem('dial-busy', { number: '+862', status: 486, reason: '' });
  const out = { ...call, direction: 'outbound', from: { number: '' }, to: '+862', toName: 'Han' } as const;
  expect(lastCallOf({ ...out, dial: { stage: 'failed', auto: true, failure } })).toEqual({
    ...{ number: '+862', name: 'Han', failure },
  });
});
