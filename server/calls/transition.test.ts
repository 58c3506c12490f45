import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallEffect, CallEvent } from './events.ts';
import type { Instruction, PlanMove } from './ports.ts';
import type { CallState } from './state.ts';
import { hasEnded } from './state.ts';
import { admit, transition } from './transition.ts';

const invitation = { callId: '01CALL', from: '+8613800000000', to: '+8653100000', transport: 'udp', longestMs: 60_000 };
const callerLeg = '01CALL.c';
const agentLeg = '01CALL.a1';

const menu: Instruction = { type: 'menu', files: ['welcome.wav'], bargeIn: true, timeoutMs: 5000 };
const queue: Instruction = {
  type: 'queue',
  queueId: 'support',
  requirements: [],
  requiredLanguage: null,
  priority: 5,
  language: 'en-US',
  holdMusic: ['music.wav'],
  announcement: null,
  maxWaitMs: 0,
};
const moved = (instruction: Instruction, turn = 1): CallEvent => ({
  type: 'plan-moved',
  move: { type: 'move', position: { version: 'v', turn }, instruction, facts: [] },
});
const opened = (legId: string): CallEvent => ({
  type: 'endpoint-opened',
  legId,
  localSdp: 'sdp',
  remoteDirection: 'sendrecv',
  token: null,
});
const page = { deviceId: 'page', kind: 'webrtc', name: null } as const;
const desk = { deviceId: 'phone', kind: 'sip', name: 'desk' } as const;
const offered: CallEvent = { type: 'offered', offerId: 'o1', agentId: 'alice', until: 99, devices: [page] };

function run(events: readonly CallEvent[]): { state: CallState; effects: CallEffect[]; types: string[] } {
  const first = admit(invitation, 0);
  let state = first.state;
  const effects = [...first.effects];
  events.forEach((event, index) => {
    const step = transition(state, event, index + 1);
    state = step.state;
    effects.push(...step.effects);
  });
  return { state, effects, types: effects.map((effect) => effect.type) };
}

const toMenu = [moved(menu), opened(callerLeg), { type: 'leg-confirmed', legId: callerLeg }] as const;
const toQueue = [...toMenu, { type: 'digit', legId: callerLeg, digit: '1' }, moved(queue, 2)] as const;
const toRinging = [...toQueue, offered, opened(agentLeg)] as const;
const toTalk = [
  ...toRinging,
  { type: 'leg-answered', legId: agentLeg, sdp: 'answer' },
  { type: 'endpoint-answered', legId: agentLeg },
] as const;

describe('the way of a call', () => {
  it('answers, plays the menu and takes the digit to the queue', () => {
    const { state, effects, types } = run(toQueue);
    expect(state.phase).toBe('queued');
    expect(types).toContain('answer-leg');
    expect(effects).toContainEqual({ type: 'advance-plan', input: { type: 'digit', digit: '1' } });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'queue-ticket', queueId: 'support' }));
    expect(state.graph.plays).toEqual([{ playId: 'p2', to: callerLeg, files: ['music.wav'], loop: true }]);
  });

  it('invites the agent while the music goes on, and bridges both when they answer', () => {
    const ringing = run(toRinging);
    expect(ringing.types).toContain('invite-leg');
    expect(ringing.state.graph.plays[0]?.loop).toBe(true);
    const { state } = run(toTalk);
    expect(state.phase).toBe('talking');
    expect(state.graph).toMatchObject({
      plays: [],
      edges: [
        { from: callerLeg, to: agentLeg },
        { from: agentLeg, to: callerLeg },
      ],
      taps: [{ endpointId: callerLeg }, { endpointId: agentLeg }],
    });
  });

  it('asks for its ticket again after a restart, for as long as it waits', () => {
    const again = run([...toQueue, { type: 'recovered' }]).effects.filter((each) => each.type === 'queue-ticket');
    expect(again).toHaveLength(2);
    expect(again[1]).toEqual(again[0]);
    expect(run([...toTalk, { type: 'recovered' }]).types.filter((type) => type === 'queue-ticket')).toHaveLength(1);
  });

  it('plays music to a caller on hold and lets nobody hear a muted agent', () => {
    const held = run([...toTalk, { type: 'held', agentId: 'alice' }]).state;
    expect(held.graph).toMatchObject({ edges: [], taps: [], plays: [{ to: callerLeg, loop: true }] });
    const muted = run([...toTalk, { type: 'muted', agentId: 'alice', muted: true }]).state;
    expect(muted.graph.edges).toEqual([{ from: callerLeg, to: agentLeg, gainDb: 0 }]);
    expect(muted.graph.taps.map((tap) => tap.endpointId)).toEqual([callerLeg]);
  });

  it('ends with goodbye to the other side, wrap-up, and is over when that is done', () => {
    const hungUp = run([...toTalk, { type: 'leg-ended', legId: callerLeg, cause: 'hangup' }]);
    expect(hungUp.state).toMatchObject({ phase: 'wrap-up', end: { cause: 'caller-hangup' } });
    expect(hungUp.effects).toContainEqual({ type: 'end-leg', legId: agentLeg, cause: 'caller-hangup' });
    expect(hungUp.effects).not.toContainEqual(expect.objectContaining({ type: 'end-leg', legId: callerLeg }));
    expect(hungUp.types.slice(-4)).toContain('free-agent');
    const done = transition(
      hungUp.state,
      { type: 'wrap-up-ended', agentId: 'alice', disposition: 'resolved', by: 'agent' },
      9,
    );
    expect(done.state.phase).toBe('over');
    expect(done.effects.map((effect) => effect.type)).toEqual(['record', 'retire']);
  });

  it('withdraws the ticket and cancels the ringing agent when the caller gives up', () => {
    const { effects, state } = run([...toRinging, { type: 'leg-ended', legId: callerLeg, cause: 'hangup' }]);
    expect(state.phase).toBe('over');
    expect(effects).toContainEqual({ type: 'cancel-leg', legId: agentLeg, answeredElsewhere: false });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'withdraw-ticket' }));
    expect(effects).toContainEqual(
      expect.objectContaining({ type: 'record', row: expect.objectContaining({ type: 'abandoned' }) }),
    );
  });

  it('goes on waiting when an offer lapses, and ends a late answer', () => {
    const lapsed = run([...toRinging, { type: 'offer-lost', offerId: 'o1', reason: 'lapsed' }]);
    expect(lapsed.state).toMatchObject({ phase: 'queued', offer: null, other: null });
    expect(lapsed.effects).toContainEqual({ type: 'cancel-leg', legId: agentLeg, answeredElsewhere: false });
    const late = transition(lapsed.state, { type: 'leg-answered', legId: agentLeg, sdp: 'x' }, 9);
    expect(late.effects).toEqual([{ type: 'end-leg', legId: agentLeg, cause: 'offer-lost' }]);
  });

  it('lets the caller wait again when routing had taken back the offer that was just answered', () => {
    const { state, effects } = run([...toTalk, { type: 'offer-lost', offerId: 'o1', reason: 'lapsed' }]);
    expect(state).toMatchObject({ phase: 'queued', offer: null, other: null, talkingSince: null });
    expect(state.graph.plays[0]?.loop).toBe(true);
    expect(effects).toContainEqual({ type: 'end-leg', legId: agentLeg, cause: 'offer-lost' });
  });

  it('gives the offer back with what went wrong', () => {
    const failed = run([...toRinging, { type: 'leg-failed', legId: agentLeg, status: 480, reason: '' }]);
    expect(failed.effects).toContainEqual({ type: 'offer-failed', offerId: 'o1', cause: 'unreachable' });
    const noMedia = run([
      ...toQueue,
      offered,
      { type: 'endpoint-failed', legId: agentLeg, code: 'no-port', token: null },
    ]);
    expect(noMedia.effects).toContainEqual({ type: 'offer-failed', offerId: 'o1', cause: 'media-failure' });
  });

  it('refuses a number nobody has before any media is opened', () => {
    const { effects, types } = run([{ type: 'plan-moved', move: { type: 'no-route' } }]);
    expect(effects).toContainEqual({ type: 'reject-leg', legId: callerLeg, status: 404, reason: 'Not Found' });
    expect(types).not.toContain('open-endpoint');
  });

  it('answers a re-INVITE that holds by cutting the holder off', () => {
    const { state, effects } = run([
      ...toTalk,
      { type: 'leg-reinvited', legId: callerLeg, token: 1, sdp: 'hold' },
      { type: 'endpoint-opened', legId: callerLeg, localSdp: 'answer', remoteDirection: 'sendonly', token: 1 },
    ]);
    expect(effects).toContainEqual({ type: 'answer-reinvite', legId: callerLeg, token: 1, sdp: 'answer' });
    expect(state.graph.edges).toEqual([{ from: agentLeg, to: callerLeg, gainDb: 0 }]);
  });
});

const deskLeg = '01CALL.a2';
const lost = (legId: string): CallEvent => ({ type: 'endpoint-lost', legId, cause: 'x' });
const toBoth = [
  ...toQueue,
  { ...offered, devices: [page, desk] },
  opened(agentLeg),
  opened(deskLeg),
  { type: 'leg-ringing', legId: agentLeg },
  { type: 'leg-ringing', legId: deskLeg },
] as const;

describe('an agent with two devices', () => {
  it('is rung on both, each with media of its kind', () => {
    const { effects, state } = run(toBoth);
    expect(effects.filter((each) => each.type === 'open-endpoint').slice(1)).toMatchObject([
      { legId: agentLeg, kind: 'webrtc' },
      { legId: deskLeg, kind: 'sip' },
    ]);
    expect(effects.flatMap((each) => (each.type === 'invite-leg' ? [each.destination] : []))).toMatchObject([
      { agentId: 'alice', deviceId: 'page' },
      { agentId: 'alice', deviceId: 'phone' },
    ]);
    expect(state.ringing.map(({ signalling }) => signalling)).toEqual(['ringing', 'ringing']);
  });

  it('talks on the one that answers first; the other is told where the call went', () => {
    const { effects, state } = run([
      ...toBoth,
      { type: 'leg-answered', legId: deskLeg, sdp: 'answer' },
      { type: 'endpoint-answered', legId: deskLeg },
    ]);
    expect(effects).toContainEqual({ type: 'cancel-leg', legId: agentLeg, answeredElsewhere: true });
    expect(effects).toContainEqual({ type: 'close-endpoint', legId: agentLeg });
    expect(state).toMatchObject({ phase: 'talking', ringing: [], other: { legId: deskLeg, device: { name: 'desk' } } });
    expect(state.graph.edges.map(({ to }) => to)).toEqual([deskLeg, callerLeg]);
  });

  it('ends the second of two answers that cross', () => {
    const first = run([...toBoth, { type: 'leg-answered', legId: deskLeg, sdp: 'answer' }]).state;
    const late = transition(first, { type: 'leg-answered', legId: agentLeg, sdp: 'late' }, 9);
    expect(late.effects).toEqual([{ type: 'end-leg', legId: agentLeg, cause: 'offer-lost' }]);
    expect(late.state.other?.legId).toBe(deskLeg);
  });

  const failed = (legId: string, status: number): CallEvent => ({ type: 'leg-failed', legId, status, reason: '' });
  const noMedia = (legId: string): CallEvent => ({ type: 'endpoint-failed', legId, code: 'no-port', token: null });
  it.each([
    ['one is busy: the other goes on ringing', [failed(deskLeg, 486)], null],
    ['one cannot be reached, then the other is busy', [failed(deskLeg, 480), failed(agentLeg, 486)], 'busy'],
    ['one is busy, then the other cannot be reached', [failed(deskLeg, 486), failed(agentLeg, 480)], 'busy'],
    ['one has no media, then the other no answer', [noMedia(deskLeg), failed(agentLeg, 408)], 'media-failure'],
    ['one declines for all of them (6xx)', [failed(deskLeg, 603)], 'declined'],
    ['one is busy everywhere (600)', [failed(agentLeg, 600)], 'busy'],
    ['an endpoint is lost, then the other', [agentLeg, deskLeg].map(lost), 'media-failure'],
  ] as const)('whose offer comes back when %s', (_what, events, cause) => {
    const { effects, state } = run([...toBoth, ...events]);
    const causes = effects.flatMap((each) => (each.type === 'offer-failed' ? [each.cause] : []));
    expect(causes).toEqual(cause === null ? [] : [cause]);
    expect(state.offer === null).toBe(cause !== null);
    expect(state.ringing).toHaveLength(cause === null ? 1 : 0);
    const gone = effects.flatMap((each) => (each.type === 'close-endpoint' ? [each.legId] : []));
    expect(gone.length).toBe(cause === null ? 1 : 2);
    expect(state.phase).toBe('queued');
  });

  it.each([
    ['the offer lapses', { type: 'offer-lost', offerId: 'o1', reason: 'lapsed' }],
    ['the caller hangs up', { type: 'leg-ended', legId: callerLeg, cause: 'hangup' }],
  ] as const)('stops ringing on both when %s', (_what, event) => {
    const { effects, state } = run([...toBoth, event]);
    const cancelled = effects.flatMap((each) => (each.type === 'cancel-leg' ? [each] : []));
    expect(cancelled).toEqual(
      [agentLeg, deskLeg].map((legId) => ({ type: 'cancel-leg', legId, answeredElsewhere: false })),
    );
    expect(state.ringing).toEqual([]);
  });

  it('is not there without any device', () => {
    const { effects } = run([...toQueue, { ...offered, devices: [] }]);
    expect(effects).toContainEqual({ type: 'offer-failed', offerId: 'o1', cause: 'unreachable' });
  });

  it('holds the caller by the hold key of the phone: music for them, and only that key ends it', () => {
    const hold = (remoteDirection: 'sendonly' | 'sendrecv', token: number): CallEvent[] => [
      { type: 'leg-reinvited', legId: deskLeg, token, sdp: 'x' },
      { type: 'endpoint-opened', legId: deskLeg, localSdp: 'answer', remoteDirection, token },
    ];
    const onDesk: readonly CallEvent[] = [
      ...toBoth,
      { type: 'leg-answered', legId: deskLeg, sdp: 'answer' },
      { type: 'endpoint-answered', legId: deskLeg },
    ];
    const held = run([...onDesk, ...hold('sendonly', 1)]);
    expect(held.state.graph).toMatchObject({ edges: [], taps: [], plays: [{ to: callerLeg, loop: true }] });
    expect(held.effects).toContainEqual(
      expect.objectContaining({ type: 'record', row: expect.objectContaining({ type: 'held', agentId: 'alice' }) }),
    );
    const both: readonly CallEvent[] = [...onDesk, ...hold('sendonly', 1), { type: 'held', agentId: 'alice' }];
    const stillHeld = run([...both, { type: 'resumed', agentId: 'alice' }]).state;
    expect(stillHeld.graph).toMatchObject({ edges: [], plays: [{ to: callerLeg }] });
    const back = run([...onDesk, ...hold('sendonly', 1), ...hold('sendrecv', 2)]).state;
    expect(back.graph).toMatchObject({ plays: [], edges: [{ from: callerLeg }, { from: deskLeg }] });
  });
});

const move: fc.Arbitrary<PlanMove> = fc.oneof(
  fc.constantFrom<PlanMove>({ type: 'no-route' }, { type: 'plan-gone' }),
  fc
    .constantFrom<Instruction>(
      menu,
      queue,
      { type: 'play', files: ['a.wav'], bargeIn: false },
      { type: 'transfer', to: 'sip:x@y' },
      { type: 'hangup', cause: 'normal' },
      { type: 'wait' },
    )
    .map((instruction) => ({ type: 'move', position: { version: 'v', turn: 1 }, instruction, facts: [] }) as const),
);
const leg = fc.constantFrom(callerLeg, agentLeg, '01CALL.a2', '01CALL.x1', '01CALL.x2', 'other.c');
const anyEvent: fc.Arbitrary<CallEvent> = fc.oneof(
  move.map((m) => ({ type: 'plan-moved', move: m }) as const),
  leg.map((legId) => opened(legId)),
  fc.constantFrom(...toTalk),
  fc.record({
    type: fc.constant('endpoint-opened' as const),
    legId: leg,
    localSdp: fc.constant('s'),
    remoteDirection: fc.constantFrom('sendrecv' as const, 'sendonly' as const, 'inactive' as const),
    token: fc.constantFrom(null, 1),
  }),
  fc.record({
    type: fc.constant('endpoint-failed' as const),
    legId: leg,
    code: fc.constant('no-port'),
    token: fc.constantFrom(null, 1),
  }),
  leg.map((legId) => ({ type: 'endpoint-answered', legId }) as const),
  leg.map((legId) => ({ type: 'endpoint-lost', legId, cause: 'x' }) as const),
  fc.record({ type: fc.constant('digit' as const), legId: leg, digit: fc.constantFrom('1', '9') }),
  fc.record({
    type: fc.constant('play-ended' as const),
    playId: fc.constantFrom('p1', 'p2', 'p3'),
    cause: fc.constantFrom('finished' as const, 'failed' as const, 'interrupted' as const),
  }),
  leg.map((legId) => ({ type: 'leg-confirmed', legId }) as const),
  leg.map((legId) => ({ type: 'leg-ringing', legId }) as const),
  leg.map((legId) => ({ type: 'leg-answered', legId, sdp: 's' }) as const),
  leg.map((legId) => ({ type: 'leg-acknowledged', legId, sdp: 's' }) as const),
  fc.record({
    type: fc.constant('leg-failed' as const),
    legId: leg,
    status: fc.constantFrom(480, 486, 500, 603),
    reason: fc.constant(''),
  }),
  leg.map((legId) => ({ type: 'leg-cancelled', legId }) as const),
  fc.record({
    type: fc.constant('leg-ended' as const),
    legId: leg,
    cause: fc.constantFrom('hangup' as const, 'signalling-lost' as const),
  }),
  leg.map((legId) => ({ type: 'leg-reinvited', legId, token: 1, sdp: 's' }) as const),
  fc
    .constantFrom('o1', 'o2')
    .map((offerId) => ({ type: 'offered', offerId, agentId: 'alice', until: 9, devices: [page, desk] }) as const),
  fc.record({
    type: fc.constant('offer-lost' as const),
    offerId: fc.constantFrom('o1', 'o2'),
    reason: fc.constantFrom('lapsed', 'declined'),
  }),
  fc.constantFrom('01CALL.q1', '01CALL.q2').map((ticketId) => ({ type: 'ticket-timed-out', ticketId }) as const),
  fc.constantFrom<CallEvent>(
    { type: 'held', agentId: 'alice' },
    { type: 'resumed', agentId: 'alice' },
    { type: 'muted', agentId: 'alice', muted: true },
    { type: 'keyed', agentId: 'alice', digits: '12' },
    { type: 'keypad-sent', dtmfId: 'k1' },
    { type: 'keypad-refused', dtmfId: 'k1', left: '2' },
    { type: 'hang-up-asked', cause: 'agent-hangup' },
    { type: 'wrap-up-ended', agentId: 'alice', disposition: null, by: 'timeout' },
    { type: 'timer', timer: 'menu' },
    { type: 'timer', timer: 'announcement' },
    { type: 'timer', timer: 'longest' },
    { type: 'recovered' },
  ),
);

describe('any events in any order', () => {
  it('never throw, never let two legs go twice, never leave a leg behind, and are silent once over', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
        const { state, effects } = run([...toQueue.slice(0, 3), ...events]);
        const goodbyes = effects.flatMap((each) =>
          each.type === 'end-leg' && each.cause !== 'offer-lost' ? [each.legId] : [],
        );
        const own = goodbyes.filter((legId) => legId === callerLeg);
        const lateAnswers = events.filter(
          (each) => each.type === 'leg-answered' || each.type === 'leg-confirmed',
        ).length;
        expect(own.length).toBeLessThanOrEqual(1 + lateAnswers);
        for (const edge of state.graph.edges)
          for (const end of [edge.from, edge.to]) expect([state.caller.legId, state.other?.legId]).toContain(end);
        if (hasEnded(state)) {
          expect(state.timers).toEqual({});
          expect(effects.filter((each) => each.type === 'record' && each.row.type === 'call-ended')).toHaveLength(1);
          expect(effects.filter((each) => each.type === 'close-media')).toHaveLength(1);
        }
        if (state.phase === 'over') expect(effects.filter((each) => each.type === 'retire')).toHaveLength(1);
      }),
      { numRuns: 2000 },
    );
  });

  it('keep every offer accounted for: answered, lost, or given back', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
        const { state, effects } = run([...toQueue, ...events, { type: 'hang-up-asked', cause: 'admin-hangup' }]);
        expect(hasEnded(state)).toBe(true);
        const recorded = (type: string) =>
          effects.filter((each) => each.type === 'record' && each.row.type === type).length;
        // A recovery asks for the ticket again, in case routing never got it.
        const queued = new Set(effects.flatMap((each) => (each.type === 'queue-ticket' ? [each.ticketId] : [])));
        expect(recorded('queued')).toBe(queued.size);
        expect(effects.filter((each) => each.type === 'free-agent').length).toBeLessThanOrEqual(recorded('answered'));
      }),
      { numRuns: 2000 },
    );
  });
});
