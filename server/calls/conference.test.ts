import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import {
  agentLeg,
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  failed,
  gone,
  opened,
  outside,
  progress,
  rowsOf,
  run,
  taken,
  toTalk,
  wrappedUp,
} from './transferring.test-support.ts';

const number = { type: 'outside', to: '+862112345678' } as const;
const hangUp: CallEvent = { type: 'hang-up-asked', cause: 'agent-hangup' };
const merged: CallEvent = { type: 'conference-merged', agentId: 'alice' };
const toRung = [...toTalk, asked(number, { consult: true, joins: true }), opened(outside)] as const;
const added = [...toRung, progress(outside, 180), answered(outside), taken(outside)] as const;
const withBob = [
  ...toTalk,
  asked(bob, { consult: true, joins: true }),
  opened(colleague),
  answered(colleague),
  taken(colleague),
] as const;

/** Who hears whom, as pairs in order. */
function heard(events: readonly CallEvent[]): string[] {
  return run(events)
    .state.graph.edges.map(({ from, to }) => `${from.slice(7)}>${to.slice(7)}`)
    .sort();
}
const all = (...legs: string[]): string[] =>
  legs.flatMap((from) => legs.flatMap((to) => (from === to ? [] : [`${from}>${to}`]))).sort();

describe('adding somebody', () => {
  it('rings them while agent and caller talk on, tapped and without music', () => {
    const { graph } = run([...toRung, progress(outside, 183, 'early'), taken(outside)]).state;
    expect(graph.edges).toEqual([
      { from: callerLeg, to: agentLeg, gainDb: 0 },
      { from: agentLeg, to: callerLeg, gainDb: 0 },
    ]);
    expect(graph.plays).toEqual([]);
    expect(graph.taps).toHaveLength(2);
  });

  it('lets all three hear each other, and nobody themselves, and tells the ledger', () => {
    expect(heard(added)).toEqual(all('c', 'a1', 'x2'));
    const { effects } = run(added);
    expect(rowsOf(effects).filter(({ type }) => type.startsWith('conference'))).toEqual([
      expect.objectContaining({ type: 'conference-asked', personal: { to: number.to }, agentId: 'alice' }),
      expect.objectContaining({
        type: 'conference-joined',
        personal: { to: number.to },
        facts: expect.objectContaining({ by: 'alice', member: 'outside', parties: 3 }) as unknown,
      }),
    ]);
  });

  it('comes to nothing where they do not answer, and the talk goes on', () => {
    const { state, effects } = run([...toRung, failed(outside, 486)]);
    expect(state.transferFailure).toMatchObject({ cause: 'busy' });
    expect(heard([...toRung, failed(outside, 486)])).toEqual(all('c', 'a1'));
    expect(rowsOf(effects).map(({ type }) => type)).toContain('conference-failed');
    expect(rowsOf(effects).map(({ type }) => type)).not.toContain('call-transferred');
  });

  it('ends with the call where the agent hangs up before they answer: nobody is handed over unasked', () => {
    for (const how of [hangUp, gone(agentLeg)]) {
      const { state, effects } = run([...toRung, how]);
      expect(state.end).toMatchObject({ cause: 'agent-hangup' });
      expect(effects).toContainEqual({ type: 'cancel-leg', legId: outside, answeredElsewhere: false });
    }
  });

  it('takes the one who is consulted into the talk', () => {
    const consulting = [...toTalk, asked(number, { consult: true }), opened(outside), answered(outside)];
    const talking = [...consulting, taken(outside)];
    expect(heard(talking)).toEqual(all('a1', 'x2'));
    expect(heard([...talking, merged])).toEqual(all('a1', 'c', 'x2'));
    // Asked for while they ring, it happens when they answer.
    expect(heard([...consulting, merged, taken(outside)])).toEqual(all('a1', 'c', 'x2'));
    expect(heard([...talking, { ...merged, agentId: 'eve' }])).toEqual(all('a1', 'x2'));
  });

  it('goes on to four, and the agent may consult somebody in between', () => {
    const second = '01CALL.x3';
    const consulting = [
      ...added,
      asked(number, { consult: true }),
      ...[opened(second), answered(second), taken(second)],
    ];
    expect(heard(consulting)).toEqual([...all('a1', 'x3'), ...all('c', 'x2')].sort());
    expect(run(consulting).state.graph.plays).toEqual([]);
    expect(heard([...consulting, merged])).toEqual(all('a1', 'c', 'x2', 'x3'));
    // Nobody is handed over blindly out of a conference.
    expect(run([...added, asked(number)]).state.transfer).toBeNull();
  });
});

describe('somebody leaves', () => {
  it('the one who was added: two go on as before', () => {
    const { effects } = run([...added, gone(outside)]);
    expect(heard([...added, gone(outside)])).toEqual(all('c', 'a1'));
    expect(rowsOf(effects).at(-1)).toMatchObject({ type: 'conference-left', facts: { by: 'self', member: 'outside' } });
    expect(effects).toContainEqual({ type: 'close-endpoint', legId: outside });
  });

  it('is sent away by the agent', () => {
    const dropped: CallEvent = { type: 'conference-dropped', member: outside, by: 'alice' };
    const { effects } = run([...added, dropped]);
    expect(heard([...added, dropped])).toEqual(all('c', 'a1'));
    expect(effects).toContainEqual({ type: 'end-leg', legId: outside, cause: 'conference-left' });
    expect(rowsOf(effects).at(-1)).toMatchObject({ facts: { by: 'alice' } });
  });

  it('the caller: the others go on, until one of them hangs up', () => {
    const left = [...added, gone(callerLeg)];
    expect(heard(left)).toEqual(all('a1', 'x2'));
    expect(run([...left, gone(outside)]).state.end).toMatchObject({ cause: 'caller-hangup' });
    expect(run([...left, hangUp]).state.end).toMatchObject({ cause: 'caller-hangup' });
  });

  it('the agent: the others go on, and the agent wraps up', () => {
    for (const how of [hangUp, gone(agentLeg)]) {
      const { state, effects } = run([...added, how]);
      expect(heard([...added, how])).toEqual(all('c', 'x2'));
      expect(state.parted).toMatchObject([{ offer: { agentId: 'alice' } }]);
      expect(effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: true });
      const over = run([...added, how, gone(callerLeg), wrappedUp('alice')]);
      expect(over.state.phase).toBe('over');
      expect(over.effects).toContainEqual({ type: 'end-leg', legId: outside, cause: 'caller-hangup' });
    }
  });

  it('the agent: a colleague in the talk becomes the caller’s agent', () => {
    const { state } = run([...withBob, hangUp]);
    expect(state).toMatchObject({ offer: { agentId: 'bob' }, other: { legId: colleague }, conference: [] });
    expect(state.graph.taps).toHaveLength(2);
    expect(run([...withBob, hangUp, gone(callerLeg)]).state.parted).toHaveLength(1);
  });

  it('a colleague hangs up at their desk, and wraps up', () => {
    const left = [...withBob, { type: 'conference-left', agentId: 'bob' } as const];
    const { state, effects } = run(left);
    expect(heard(left)).toEqual(all('c', 'a1'));
    expect(state.parted).toMatchObject([{ offer: { agentId: 'bob' } }]);
    expect(effects).toContainEqual({ type: 'free-agent', agentId: 'bob', wrapUp: true });
  });

  it('all, when an administrator ends the call', () => {
    const { state, effects } = run([...withBob, { type: 'hang-up-asked', cause: 'admin-hangup' }]);
    for (const legId of [callerLeg, agentLeg, colleague])
      expect(effects).toContainEqual({ type: 'end-leg', legId, cause: 'admin-hangup' });
    expect(state.phase).toBe('wrap-up');
    const over = [...withBob, { type: 'hang-up-asked', cause: 'admin-hangup' } as const];
    expect(run([...over, wrappedUp('alice'), wrappedUp('bob')]).state.phase).toBe('over');
  });

  it('an agent whose page is gone is awaited while the others talk', () => {
    const lost: CallEvent = { type: 'endpoint-lost', legId: agentLeg, cause: 'dtls-closed' };
    expect(run([...added, lost]).state.away).not.toBeNull();
    expect(heard([...added, lost])).toEqual(all('c', 'x2'));
    expect(run([...added, lost]).state.graph.plays).toEqual([]);
  });
});

describe('in a conference', () => {
  it('the agent holds: they are out of it, and the others go on without music', () => {
    const held: CallEvent = { type: 'held', agentId: 'alice' };
    expect(heard([...added, held])).toEqual(all('c', 'x2'));
    expect(run([...added, held]).state.graph.plays).toEqual([]);
    expect(heard([...added, held, { type: 'resumed', agentId: 'alice' }])).toEqual(all('c', 'a1', 'x2'));
  });

  it('a member is muted, or louder', () => {
    const set = (more: object): CallEvent => ({ type: 'conference-set', member: outside, by: 'alice', ...more });
    expect(heard([...added, set({ muted: true })])).toEqual(['a1>c', 'a1>x2', 'c>a1', 'c>x2']);
    const { graph } = run([...added, set({ gainDb: 6 })]).state;
    expect(graph.edges.filter(({ from }) => from === outside).map(({ gainDb }) => gainDb)).toEqual([6, 6]);
    expect(graph.edges.filter(({ from }) => from !== outside).every(({ gainDb }) => gainDb === 0)).toBe(true);
    expect(heard([...withBob, { type: 'muted', agentId: 'bob', muted: true }])).not.toContain('a2>c');
  });

  it('a member’s phone holds: what it sends is heard by nobody', () => {
    const held: CallEvent = { ...opened(outside), token: 3, remoteDirection: 'sendonly' } as CallEvent;
    const { effects } = run([...added, { type: 'leg-reinvited', legId: outside, token: 3, sdp: 'hold' }, held]);
    expect(effects).toContainEqual({ type: 'answer-reinvite', legId: outside, token: 3, sdp: 'sdp' });
    expect(heard([...added, held]).filter((edge) => edge.startsWith('x2'))).toEqual([]);
  });

  it('everybody has a channel of their own in the recording while there are several, and the ledger tells whose', () => {
    const decided: CallEvent = { type: 'recording-decided', decision: 'on', policy: 'always' };
    const voices = (events: readonly CallEvent[]) => run(events).state.graph.recordings?.[0]?.voices;
    expect(voices([...toTalk, decided])).toBeUndefined();
    expect(voices([...added, decided])).toEqual([
      { channel: 'agent', endpointId: agentLeg },
      { channel: 'x2', endpointId: outside },
    ]);
    expect(voices([...added, decided, gone(outside)])).toBeUndefined();
    expect(rowsOf(run([...added, decided]).effects).filter(({ type }) => type === 'recording-channel')).toMatchObject([
      { facts: { channel: 'agent', member: 'agent', agent: 'alice' } },
      { facts: { channel: 'x2', member: 'outside' }, personal: { to: number.to } },
    ]);
    // A mute changes nothing of it, and is no row.
    const muted: CallEvent = { type: 'conference-set', member: outside, by: 'alice', muted: true };
    const rows = rowsOf(run([...added, decided, muted]).effects);
    expect(rows.filter(({ type }) => type === 'recording-channel')).toHaveLength(2);
  });

  it('the caller is recorded with all they hear, until they leave', () => {
    const decided: CallEvent = { type: 'recording-decided', decision: 'on', policy: 'always' };
    expect(run([...added, decided]).state.graph.recordings).toMatchObject([{ endpointId: callerLeg, state: 'on' }]);
    expect(run([...added, decided, gone(callerLeg)]).state.graph.recordings).toBeUndefined();
  });
});
