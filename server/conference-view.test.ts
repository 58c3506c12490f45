/** What the pages of those in a conference say. */
import { expect, it } from 'vitest';
import {
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  gone,
  opened,
  run,
  taken,
  toTalk,
} from './calls/transferring.test-support.ts';
import type { CallEvent } from './calls/index.ts';
import { agentsOf, deskCallOf } from './desk/call-view.ts';

const ringing = [...toTalk, asked(bob, { consult: true, joins: true }), opened(colleague)];
const joined = [...ringing, answered(colleague), taken(colleague)];
const around = {
  partyName: undefined,
  nameOf: (id: string) => ({ alice: 'Alice', bob: 'Bob' })[id],
  queueName: () => ({ en: 'Support', zh: '客服' }),
  wrapUpUntil: undefined,
};
const shown = (events: readonly CallEvent[], agentId: string) => deskCallOf(run(events).state, around, agentId);

it('the agent talks while a colleague is rung, and reads who is added', () => {
  expect(shown(ringing, 'alice')).toMatchObject({ state: 'talking', transfer: { joins: true, name: 'Bob' } });
  expect(shown(ringing, 'bob')).toMatchObject({ state: 'offered', transferredByName: 'Alice' });
});

it('both read who is in it; the colleague, whose call it is', () => {
  const conference = [{ id: colleague, to: 'bob', name: 'Bob', muted: false, heldByPeer: false }];
  expect(shown(joined, 'alice')).toMatchObject({ state: 'talking', conference });
  expect(shown(joined, 'alice')).not.toHaveProperty('host');
  expect(shown(joined, 'bob')).toMatchObject({
    ...{ state: 'talking', conference, muted: false, host: { id: 'alice', name: 'Alice' }, on: { kind: 'softphone' } },
  });
  expect(shown(joined, 'bob')).not.toHaveProperty('transfer');
  expect(agentsOf(run(joined).state)).toEqual(['alice', 'bob']);
});

it('a member who is muted, and a caller who has left', () => {
  const muted = [...joined, { type: 'muted', agentId: 'bob', muted: true } as const];
  expect(shown(muted, 'bob')).toMatchObject({ muted: true, conference: [{ muted: true }] });
  expect(shown(muted, 'alice')).toMatchObject({ muted: false });
  expect(shown([...joined, gone(callerLeg)], 'alice')).toMatchObject({ state: 'talking', callerLeft: true });
});

it('a member who has left wraps up', () => {
  const left = [...joined, { type: 'conference-left', agentId: 'bob' } as const];
  expect(shown(left, 'bob')).toMatchObject({ state: 'ended' });
  expect(shown(left, 'alice')).not.toHaveProperty('conference');
});
