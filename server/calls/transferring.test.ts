import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import {
  agentLeg,
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  device,
  failed,
  gone,
  opened,
  outcomes,
  outside,
  progress,
  queue,
  referred,
  rowsOf,
  run,
  taken,
  toTalk,
  wrappedUp,
} from './transferring.test-support.ts';

const hangUp: CallEvent = { type: 'hang-up-asked', cause: 'agent-hangup' };

const toRung = [...toTalk, asked(), opened(outside), progress(outside, 180)] as const;
describe('a blind transfer to a number', () => {
  it('plays music to the caller until the target rings, then ring-back; the agent hears nothing', () => {
    expect(run([...toTalk, asked(), opened(outside)]).state.graph).toMatchObject({
      edges: [],
      taps: [],
      plays: [{ to: callerLeg, files: ['music.wav'], loop: true }],
    });
    expect(run(toRung).state.graph).toMatchObject({
      edges: [],
      plays: [{ to: callerLeg, files: ['tone:ringback/CN'] }],
    });
  });

  it('lets the caller hear what the target lets be heard before the answer', () => {
    const early = [...toRung, progress(outside, 183, 'sdp'), taken(outside)];
    expect(run(early).state.graph.edges).toEqual([]);
    const { graph } = run([...early, { type: 'endpoint-heard', legId: outside }]).state;
    expect(graph).toMatchObject({ plays: [], edges: [{ from: outside, to: callerLeg }] });
  });

  it('joins caller and target at the answer, and the agent wraps up while they talk', () => {
    const { state, effects, types } = run([...toRung, answered(outside), taken(outside)]);
    expect(state).toMatchObject({ phase: 'talking', offer: null, transfer: null, other: { legId: outside } });
    expect(state.graph).toMatchObject({
      ...{ plays: [], taps: [] },
      edges: [
        { from: callerLeg, to: outside },
        { from: outside, to: callerLeg },
      ],
    });
    expect(effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: true });
    expect(effects).toContainEqual({ type: 'end-leg', legId: agentLeg, cause: 'transferred' });
    expect(types).toContain('close-endpoint');
    expect(outcomes(effects)).toEqual(['connected']);
    // The number is the target's own business.
    const row = rowsOf(effects).find(({ type }) => type === 'call-transferred');
    expect([row?.facts['to'], row?.personal]).toEqual([undefined, { to: '+862112345678' }]);
  });

  it('is over for the ledger when the talk is, and for us when the agent has wrapped up, in either order', () => {
    const joined = [...toRung, answered(outside), taken(outside)];
    const first = run([...joined, wrappedUp('alice'), gone(outside)]);
    expect(first.state).toMatchObject({ phase: 'over', end: { cause: 'target-hangup' } });
    const later = run([...joined, gone(callerLeg)]);
    expect(later.state.phase).toBe('wrap-up');
    const done = run([...joined, gone(callerLeg), wrappedUp('alice')]);
    expect(done.state.phase).toBe('over');
    for (const { types } of [first, done]) expect(types.filter((type) => type === 'retire')).toHaveLength(1);
  });

  it.each([
    ['busy', failed(outside, 486), 'busy'],
    ['no answer', { type: 'timer', timer: 'ring' }, 'no-answer'],
    ['declined', failed(outside, 603), 'rejected'],
    ['no media', { type: 'endpoint-lost', legId: outside, cause: 'worker-died' }, 'unreachable'],
  ] as const)('brings the caller back to the agent who waits: %s', (_name, event, cause) => {
    const { state, effects } = run([...toRung, event]);
    expect(state).toMatchObject({ phase: 'talking', held: false, transfer: null, other: { legId: agentLeg } });
    expect(state.transferFailure).toMatchObject({ cause });
    expect(state.graph.edges).toHaveLength(2);
    expect(state.timers.ring).toBeUndefined();
    expect(outcomes(effects)).toEqual([cause]);
  });

  it('can be called off', () => {
    const { state, effects } = run([...toRung, { type: 'transfer-cancelled', agentId: 'alice' }]);
    expect(state).toMatchObject({ transfer: null, transferFailure: null, held: false });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'cancel-leg', legId: outside }));
  });

  it('goes on without the agent, and rings them back when it fails', () => {
    const left = run([...toRung, hangUp]);
    expect(left.state).toMatchObject({ phase: 'talking', other: null, offer: null, parted: [{}] });
    const busy = run([...toRung, hangUp, failed(outside, 486)]);
    expect(busy.effects.at(-1)).not.toMatchObject({ type: 'close-media' });
    expect(busy.effects).toContainEqual({ type: 'recall-agent', agentId: 'alice' });
    expect(busy.state.graph.plays).toMatchObject([{ files: ['music.wav'] }]);
    const back = { type: 'agent', agentId: 'alice', offerId: 'r1', devices: [device] } as const;
    const leg = '01CALL.a3';
    const recalled = run([
      ...[...toRung, hangUp, failed(outside, 486), wrappedUp('alice')],
      ...[asked(back, { way: 'recall' }), opened(leg), answered(leg), taken(leg)],
    ]);
    expect(recalled.state).toMatchObject({ phase: 'talking', offer: { agentId: 'alice' }, other: { legId: leg } });
    expect(recalled.state.graph.edges).toHaveLength(2);
  });

  it('puts the caller into their queue again when the transferor is not to be had either', () => {
    const { state } = run([...toRung, hangUp, failed(outside, 486), { type: 'recall-failed' }]);
    expect(state).toMatchObject({ phase: 'queued', queue: { queueId: 'support' } });
  });

  it('ends with the caller: the target is cancelled and the agent wraps up', () => {
    const { state, effects } = run([...toRung, gone(callerLeg)]);
    expect(state).toMatchObject({ phase: 'wrap-up', transfer: null });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'cancel-leg', legId: outside }));
    expect(outcomes(effects)).toEqual(['abandoned']);
  });
});

describe('a blind transfer to a colleague', () => {
  const toRing = [...toTalk, asked(bob), opened(colleague), progress(colleague, 180)];

  it('rings them with the offer of this call, and is theirs when they answer', () => {
    const { effects } = run(toRing);
    expect(effects).toContainEqual(
      expect.objectContaining({
        type: 'invite-leg',
        destination: expect.objectContaining({ offerId: 'b1' }) as unknown,
      }),
    );
    const { state, effects: all } = run([...toRing, answered(colleague), taken(colleague)]);
    expect(state).toMatchObject({ offer: { agentId: 'bob', offerId: 'b1' }, phase: 'talking' });
    expect(state.graph.taps).toHaveLength(2);
    expect(all).toContainEqual({ type: 'dial-connected', agentId: 'bob' });
    const ended = run([...toRing, answered(colleague), taken(colleague), gone(callerLeg), wrappedUp('bob')]);
    expect(ended.state.phase).toBe('wrap-up');
    expect(ended.effects.filter((each) => each.type === 'free-agent')).toHaveLength(2);
  });

  it('frees them when they decline, and when the call does not take the transfer', () => {
    const freed = { type: 'free-agent', agentId: 'bob', wrapUp: false };
    expect(run([...toRing, { type: 'transfer-declined', offerId: 'b1' }]).effects).toContainEqual(freed);
    expect(run([...toTalk, gone(callerLeg), asked(bob)]).effects.at(-1)).toEqual(freed);
    expect(run([...toRung, asked(bob)]).effects.at(-1)).toEqual(freed);
  });
});

describe('a blind transfer to a queue or a route', () => {
  it('lets the caller wait there and frees the agent at once', () => {
    const { state, effects } = run([...toTalk, asked({ type: 'queue', order: { ...queue, queueId: 'sales' } })]);
    expect(state).toMatchObject({ phase: 'queued', queue: { queueId: 'sales' }, other: null, parted: [{}] });
    expect(effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: true });
    expect(outcomes(effects)).toEqual(['handed-over']);
  });

  it('rings the transferor back when nobody there takes the caller', () => {
    const asking = run([...toTalk, asked({ type: 'queue', order: queue })]);
    const ticketId = asking.state.queue?.ticketId ?? '';
    const { state, effects } = run([
      ...toTalk,
      ...[asked({ type: 'queue', order: queue }), { type: 'ticket-timed-out', ticketId } as const],
    ]);
    expect(effects).toContainEqual({ type: 'recall-agent', agentId: 'alice' });
    expect(state.phase).toBe('talking');
  });

  it('begins the plan at the extension', () => {
    const { state, effects } = run([...toTalk, asked({ type: 'route', called: '4001' })]);
    expect(state).toMatchObject({ phase: 'in-plan', other: null });
    expect(effects).toContainEqual({ type: 'begin-plan', called: '4001' });
  });
});

describe('a REFER of a desk phone', () => {
  it('is accepted and told of: 100, 180, 200', () => {
    const toEnd = [...toTalk, referred, opened(outside), progress(outside, 180), answered(outside), taken(outside)];
    const told = run(toEnd).effects.flatMap((each) => {
      if (each.type === 'answer-refer') return [`${String(each.status)}`];
      return each.type === 'notify-referrer' ? [`${String(each.status)} ${String(each.last)}`] : [];
    });
    expect(told).toEqual(['202', '100 false', '180 false', '200 true']);
    expect(run(toEnd).effects).toContainEqual(
      expect.objectContaining({ type: 'invite-leg', legId: outside, referredBy: '<sip:alice@x>' }),
    );
  });

  it('hears of the failure and gets the caller back', () => {
    const { effects, state } = run([...toTalk, referred, opened(outside), failed(outside, 486)]);
    expect(effects).toContainEqual(expect.objectContaining({ type: 'notify-referrer', status: 486, last: true }));
    expect(state.graph.edges).toHaveLength(2);
  });

  it('tells a phone nothing that has hung up, and refuses a second one', () => {
    const { effects } = run([...toTalk, referred, opened(outside), gone(agentLeg), failed(outside, 486)]);
    expect(effects.filter((each) => each.type === 'notify-referrer').map(({ status }) => status)).toEqual([100]);
    const twice = run([...toTalk, referred, { ...referred, refer: { legId: agentLeg, token: 8 } } as CallEvent]);
    expect(twice.effects.at(-1)).toEqual({ type: 'answer-refer', legId: agentLeg, token: 8, status: 491 });
  });
});
