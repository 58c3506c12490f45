import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agent,
  answered,
  opened,
  party,
  phone,
  progress,
  run,
  taken,
  timer,
  toCalling,
} from './dialling.test-support.ts';
import type { CallEvent } from './events.ts';
import { hasEnded } from './state.ts';

const leg = fc.constantFrom(agent, phone, party, 'other.x');
const anyEvent: fc.Arbitrary<CallEvent> = fc.oneof(
  fc.constantFrom(...toCalling, answered(party), taken(party)),
  leg.map((legId) => opened(legId)),
  leg.map((legId) => answered(legId)),
  leg.map((legId) => answered(legId, '')),
  leg.map((legId) => taken(legId)),
  leg.map((legId) => ({ type: 'leg-confirmed', legId }) as const),
  leg.map((legId) => ({ type: 'leg-offered', legId, sdp: 'o' }) as const),
  leg.map((legId) => ({ type: 'leg-ringing', legId }) as const),
  leg.map((legId) => ({ type: 'endpoint-heard', legId }) as const),
  leg.map((legId) => ({ type: 'endpoint-failed', legId, code: 'no-port', token: null }) as const),
  leg.map((legId) => ({ type: 'endpoint-lost', legId, cause: 'rtp-timeout' }) as const),
  fc.tuple(fc.constantFrom(180, 183), fc.constantFrom('', 'a', 'b')).map(([status, sdp]) => progress(status, sdp)),
  fc
    .tuple(leg, fc.constantFrom(302, 408, 486, 503))
    .map(([legId, status]) => ({ type: 'leg-failed', legId, status, reason: '', contacts: ['sip:1001@x'] }) as const),
  fc
    .tuple(leg, fc.constantFrom('hangup' as const, 'signalling-lost' as const))
    .map(([legId, cause]) => ({ type: 'leg-ended', legId, cause }) as const),
  leg.map((legId) => ({ type: 'leg-cancelled', legId }) as const),
  fc.constantFrom<CallEvent>(
    timer('ring'),
    timer('failure'),
    { type: 'timer', timer: 'longest' },
    { type: 'hang-up-asked', cause: 'agent-hangup' },
    { type: 'held', agentId: 'alice' },
    { type: 'recovered' },
    { type: 'offered', offerId: 'o1', agentId: 'bob', until: 9, devices: [] },
    { type: 'wrap-up-ended', agentId: 'alice', disposition: null, by: 'timeout' },
  ),
);

describe('any events in any order', () => {
  it('free the agent exactly once, leave no leg behind, and let nobody hear who is gone', () => {
    const ways = fc.record({
      way: fc.constantFrom('invited' as const, 'inviting' as const),
      lateOffer: fc.boolean(),
      wrapUpUnanswered: fc.boolean(),
    });
    fc.assert(
      fc.property(ways, fc.array(anyEvent, { maxLength: 30 }), (changes, events) => {
        const { state, effects } = run([...events, { type: 'hang-up-asked', cause: 'admin-hangup' }], changes);
        expect(hasEnded(state)).toBe(true);
        expect(state.timers).toEqual({});
        expect(effects.filter((each) => each.type === 'free-agent')).toHaveLength(1);
        expect(effects.filter((each) => each.type === 'close-media')).toHaveLength(1);
        expect(effects.filter((each) => each.type === 'retire')).toHaveLength(state.phase === 'over' ? 1 : 0);
        expect(effects.filter((each) => each.type === 'record' && each.row.type === 'call-ended')).toHaveLength(1);
      }),
      { numRuns: 3000 },
    );
  });

  it('bring no voice of the agent to anybody before the answer', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const { state } = run(events);
        if (state.phase !== 'dialling') return;
        for (const edge of state.graph.edges) expect(edge).toMatchObject({ from: party, to: agent });
        expect(state.graph.taps).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});
