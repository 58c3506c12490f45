import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import { hasEnded } from './state.ts';
import {
  agentLeg,
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  device,
  dialled,
  failed,
  gone,
  opened,
  outside,
  progress,
  queue,
  referred,
  run,
  second,
  taken,
  toTalk,
  wrappedUp,
} from './transferring.test-support.ts';
import type { TransferTarget } from './transferred.ts';

const newcomer = '01CALL.r1';
const hangUp: CallEvent = { type: 'hang-up-asked', cause: 'agent-hangup' };
const people = fc.constantFrom<TransferTarget>({ type: 'outside', to: '+862112345678' }, bob);
const leg = fc.constantFrom(
  callerLeg,
  agentLeg,
  outside,
  colleague,
  '01CALL.x3',
  '01CALL.a3',
  '01CALL.s2',
  '01CALL.s3',
  second,
  newcomer,
  'other.x',
);
const target = fc.constantFrom<TransferTarget>(
  { type: 'outside', to: '+862112345678' },
  bob,
  { type: 'queue', order: queue },
  { type: 'route', called: '4001' },
);
const anyEvent: fc.Arbitrary<CallEvent> = fc.oneof(
  target.map((each) => asked(each)),
  people.map((each) => asked(each, { consult: true })),
  people.map((each) => asked(each, { consult: true, joins: true })),
  people.map((each) => dialled(each)),
  fc.constantFrom<CallEvent>(
    ...[referred, hangUp, wrappedUp('alice'), wrappedUp('bob'), { type: 'recall-failed' as const }],
    asked({ type: 'agent', agentId: 'alice', offerId: 'r', devices: [device] }, { way: 'recall' }),
    { type: 'transfer-cancelled', agentId: 'alice' },
    { type: 'transfer-declined', offerId: 'b1' },
    { type: 'consult-swapped', agentId: 'alice' },
    { type: 'consult-completed', agentId: 'alice' },
    { type: 'consult-completed', agentId: 'alice', refer: { legId: second, token: 9 } },
    { type: 'consult-left', agentId: 'bob' },
    { type: 'conference-merged', agentId: 'alice' },
    { type: 'conference-left', agentId: 'bob' },
    { type: 'supervision-asked', agentId: 'sue', mode: 'listen', offerId: 's', device },
    { type: 'supervision-asked', agentId: 'sue', mode: 'barge', offerId: 's', device },
    { type: 'supervision-left', agentId: 'sue' },
    { type: 'taken-over', agentId: 'sue' },
    { type: 'muted', agentId: 'bob', muted: true },
    { type: 'keyed', agentId: 'alice', digits: '1' },
    { type: 'timer', timer: 'ring' },
    { type: 'held', agentId: 'alice' },
    { type: 'resumed', agentId: 'alice' },
    { type: 'recovered' },
    { type: 'ticket-timed-out', ticketId: '01CALL.q4' },
    { type: 'offered', offerId: 'o2', agentId: 'carol', until: 99, devices: [device] },
  ),
  leg.map((replaces) => ({ type: 'leg-replacing', legId: newcomer, replaces, device: null, sdp: 'offer' }) as const),
  leg.map((member) => ({ type: 'conference-dropped', member, by: 'alice' }) as const),
  leg.map((member) => ({ type: 'conference-set', member, by: 'alice', muted: true }) as const),
  leg.map(opened),
  leg.map((legId) => answered(legId)),
  leg.map((legId) => answered(legId, '')),
  leg.map(taken),
  leg.map(gone),
  leg.map((legId) => ({ type: 'leg-confirmed', legId }) as const),
  leg.map((legId) => ({ type: 'leg-cancelled', legId }) as const),
  leg.map((legId) => ({ type: 'leg-reinvited', legId, token: 5, sdp: 'hold' }) as const),
  leg.map((legId) => ({ ...opened(legId), remoteDirection: 'sendonly', token: 5 }) as CallEvent),
  leg.map((legId) => failed(legId, 486)),
  leg.map((legId) => progress(legId, 180)),
  leg.map((legId) => progress(legId, 183, 'early')),
  leg.map((legId) => ({ type: 'endpoint-failed', legId, code: 'no-port', token: null }) as const),
  leg.map((legId) => ({ type: 'endpoint-lost', legId, cause: 'worker-died' }) as const),
);

const withBob = [asked(bob, { consult: true, joins: true }), opened(colleague), answered(colleague), taken(colleague)];
const supervisor = '01CALL.s2';
const listening: readonly CallEvent[] = [
  { type: 'supervision-asked', agentId: 'sue', mode: 'whisper', offerId: 's', device },
  ...[opened(supervisor), answered(supervisor), taken(supervisor)],
];
/** A talk of two, one of three, and one that is listened to. */
const beginnings: readonly (readonly CallEvent[])[] = [toTalk, [...toTalk, ...withBob], [...toTalk, ...listening]];

describe('any transfers in any order', () => {
  it('leave no agent engaged, no leg behind and nobody heard who is not in the call', () => {
    fc.assert(
      fc.property(fc.constantFrom(...beginnings), fc.array(anyEvent, { maxLength: 30 }), (begun, events) => {
        const all = [...begun, ...events];
        const { state } = run(all);
        const { transfer } = state;
        const line = transfer?.consult?.phone?.legId;
        const members = (state.conference ?? []).map((each) => each.leg.legId);
        const supervisors = (state.supervision ?? []).map((each) => each.leg.legId);
        const present = [state.caller.legId, state.other?.legId, transfer?.leg.legId, line, ...members, ...supervisors];
        // While the agent consults, the caller and the target never hear each other.
        if (transfer?.consult != null)
          for (const { from, to } of state.graph.edges)
            expect([from, to].sort()).not.toEqual([state.caller.legId, transfer.leg.legId].sort());
        for (const { from, to } of state.graph.edges) for (const end of [from, to]) expect(present).toContain(end);
        for (const { to } of state.graph.plays) expect(present).toContain(to);
        const ended = run([...all, { type: 'hang-up-asked', cause: 'admin-hangup' }]);
        expect(hasEnded(ended.state)).toBe(true);
        expect(ended.state.timers).toEqual({});
        expect(ended.effects.filter((each) => each.type === 'close-media')).toHaveLength(1);
        const agents = [...new Set(['alice', 'bob', 'carol', 'sue'])];
        const over = run([
          ...all,
          { type: 'hang-up-asked', cause: 'admin-hangup' },
          ...agents.map(wrappedUp),
          ...agents.map(wrappedUp),
          ...agents.map(wrappedUp),
        ]);
        // Every leg we invited that has answered or may answer gets its goodbye.
        const invited = over.effects.flatMap((each) => (each.type === 'invite-leg' ? [each.legId] : []));
        for (const legId of invited) {
          const bade = over.effects.some(
            (each) => (each.type === 'cancel-leg' || each.type === 'end-leg') && each.legId === legId,
          );
          const left = all.some(
            (each) => (each.type === 'leg-ended' || each.type === 'leg-failed') && each.legId === legId,
          );
          expect([legId, bade || left]).toEqual([legId, true]);
        }
        const asks = over.effects.filter(
          (each) => each.type === 'record' && /^(?:transfer|consult|conference)-asked$/.test(each.row.type),
        ).length;
        const ends = over.effects.filter(
          (each) =>
            each.type === 'record' &&
            /^(?:call-transferred|conference-joined|conference-failed)$/.test(each.row.type) &&
            each.row.facts['way'] !== 'recall',
        ).length;
        expect(ends).toBe(asks);
        // A second line of a phone that we took gets its final answer, and then its goodbye.
        const lines = all.filter((each) => each.type === 'transfer-asked' && each.phone !== undefined).length;
        const goodbyes = over.effects.filter(
          (each) => (each.type === 'reject-leg' || each.type === 'end-leg') && each.legId === second,
        ).length;
        const hungUp = all.some(
          (each) =>
            (each.type === 'leg-ended' || each.type === 'leg-failed' || each.type === 'leg-cancelled') &&
            each.legId === second,
        );
        expect(hungUp || goodbyes >= Math.min(lines, 1)).toBe(true);
        // A state that can be kept is one that can be read again.
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      { numRuns: 1500 },
    );
  });
});
