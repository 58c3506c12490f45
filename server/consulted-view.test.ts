/** What the page of a colleague says while they are consulted. */
import { expect, it } from 'vitest';
import {
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  gone,
  opened,
  progress,
  run,
  taken,
  toTalk,
} from './calls/transferring.test-support.ts';
import type { CallEvent } from './calls/index.ts';
import { deskCallOf } from './desk/call-view.ts';

const toRing = [...toTalk, asked(bob, { consult: true }), opened(colleague), progress(colleague, 180)];
const toConsult = [...toRing, answered(colleague), taken(colleague)];
const swapped: CallEvent = { type: 'consult-swapped', agentId: 'alice' };
const held: CallEvent = { type: 'held', agentId: 'alice' };

const around = {
  partyName: undefined,
  nameOf: (id: string) => ({ alice: 'Alice' })[id],
  queueName: () => ({ en: 'Support', zh: '客服' }),
  wrapUpUntil: undefined,
};

it.each<[string, readonly CallEvent[], string | undefined]>([
  ['before they answer', toRing, undefined],
  ['while they talk', toConsult, 'talks'],
  ['while the other talks to the caller', [...toConsult, swapped], 'waits'],
  ['once the other is back', [...toConsult, swapped, swapped], 'talks'],
  ['while the other holds both', [...toConsult, held], 'waits'],
  ['when the caller has gone', [...toConsult, gone(callerLeg)], 'caller-left'],
  ['when the caller has gone while the other talked to them', [...toConsult, swapped, gone(callerLeg)], 'caller-left'],
])('tells how a consultation stands: %s', (_name, events, consultation) => {
  const { state } = run(events);
  const shown = deskCallOf(state, around, 'bob');
  expect(shown).toMatchObject({ transferredBy: 'alice', transferredByName: 'Alice', consulted: true });
  expect(shown?.consultation).toBe(consultation);
  // It is the colleague's alone: the agent who asks has `transfer`.
  expect(deskCallOf(state, around, 'alice')).not.toHaveProperty('consultation');
});
