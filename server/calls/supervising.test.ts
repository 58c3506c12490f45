import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import {
  agentLeg,
  answered,
  asked,
  bob,
  callerLeg,
  gone,
  opened,
  rowsOf,
  run,
  taken,
  toTalk,
  wrappedUp,
} from './transferring.test-support.ts';

const device = { deviceId: 's', kind: 'webrtc', name: null } as const;
const sue = '01CALL.s2';
const ask = (mode: 'listen' | 'whisper' | 'barge'): CallEvent => ({
  ...{ type: 'supervision-asked', agentId: 'sue', mode, offerId: 's1', device },
});
const on = (mode: 'listen' | 'whisper' | 'barge'): readonly CallEvent[] => [
  ...toTalk,
  ...[ask(mode), opened(sue), answered(sue), taken(sue)],
];
const left: CallEvent = { type: 'supervision-left', agentId: 'sue' };
const takeOver: CallEvent = { type: 'taken-over', agentId: 'sue' };
const number = { type: 'outside', to: '+862112345678' } as const;

/** Who hears whom, as pairs in order. */
function heard(events: readonly CallEvent[]): string[] {
  return run(events)
    .state.graph.edges.map(({ from, to }) => `${from.slice(7)}>${to.slice(7)}`)
    .sort();
}
const talk = ['a1>c', 'c>a1'];
const rows = (events: readonly CallEvent[]) =>
  rowsOf(run(events).effects).filter(({ type }) => /^(?:supervision|call-taken)/.test(type));

describe('a supervisor', () => {
  it('is rung at their page, which answers by itself, and changes nothing before', () => {
    const { effects, state } = run([...toTalk, ask('barge'), opened(sue)]);
    expect(effects).toContainEqual(
      expect.objectContaining({
        ...{ type: 'invite-leg', legId: sue },
        destination: { type: 'agent', agentId: 'sue', offerId: 's1', deviceId: 's', auto: true },
      }),
    );
    expect(state.graph.edges).toHaveLength(2);
    expect(rows([...toTalk, ask('barge'), opened(sue)]).map(({ type }) => type)).toEqual(['supervision-asked']);
  });

  it('listens: hears both and is heard by nobody', () => {
    expect(heard(on('listen'))).toEqual([...talk, 'a1>s2', 'c>s2'].sort());
  });

  it('whispers: the agent hears them, the caller does not', () => {
    expect(heard(on('whisper'))).toEqual([...talk, 'a1>s2', 'c>s2', 's2>a1'].sort());
  });

  it('barges in: both hear them', () => {
    expect(heard(on('barge'))).toEqual([...talk, 'a1>s2', 'c>s2', 's2>a1', 's2>c'].sort());
  });

  it('changes between them during the call, and the ledger tells who, when and how', () => {
    const events = [...on('listen'), ask('whisper'), ask('whisper'), ask('barge'), ask('listen'), left];
    expect(heard(events)).toEqual(talk);
    expect(rows(events).map(({ type, facts, agentId }) => [type, facts['mode'], agentId])).toEqual([
      ['supervision-asked', 'listen', 'sue'],
      ['supervision-started', 'listen', 'sue'],
      ['supervision-changed', 'whisper', 'sue'],
      ['supervision-changed', 'barge', 'sue'],
      ['supervision-changed', 'listen', 'sue'],
      ['supervision-ended', 'listen', 'sue'],
    ]);
    expect(rows(events).at(1)?.facts).toMatchObject({ agent: 'alice', by: 'sue' });
    expect(run(events).effects).toContainEqual({ type: 'free-agent', agentId: 'sue', wrapUp: false });
    expect(run(events).effects).toContainEqual({ type: 'end-leg', legId: sue, cause: 'offer-lost' });
  });

  it('who is muted is heard by nobody, whatever the mode', () => {
    const muted: CallEvent = { type: 'muted', agentId: 'sue', muted: true };
    expect(heard([...on('barge'), muted])).toEqual([...talk, 'a1>s2', 'c>s2'].sort());
  });

  it('does not overhear an agent who is muted or holds; one who is whispered to may answer', () => {
    const muted: CallEvent = { type: 'muted', agentId: 'alice', muted: true };
    const held: CallEvent = { type: 'held', agentId: 'alice' };
    expect(heard([...on('listen'), muted])).toEqual(['c>a1', 'c>s2']);
    expect(heard([...on('listen'), held])).toEqual([]);
    expect(heard([...on('whisper'), held])).toEqual(['a1>s2', 's2>a1']);
    expect(heard([...on('barge'), held])).toEqual(['a1>s2', 's2>a1']);
  });

  it('hears a consultation when the agent does, and a conference', () => {
    const consulting = [...on('listen'), asked(number, { consult: true })];
    const third = '01CALL.x3';
    const talking = [...consulting, opened(third), answered(third), taken(third)];
    expect(heard(talking)).toEqual(['a1>s2', 'a1>x3', 'x3>a1', 'x3>s2']);
    const joined = [...talking, { type: 'conference-merged', agentId: 'alice' } as const, ask('barge')];
    expect(heard(joined).filter((each) => each.includes('s2'))).toEqual(
      ['a1>s2', 'c>s2', 'x3>s2', 's2>a1', 's2>c', 's2>x3'].sort(),
    );
  });

  it('leaves by hanging up, and goes when the call is over', () => {
    expect(heard([...on('barge'), gone(sue)])).toEqual(talk);
    expect(rows([...on('barge'), gone(sue)]).at(-1)).toMatchObject({ facts: { cause: 'hung-up', mode: 'barge' } });
    const over = run([...on('barge'), gone(callerLeg)]);
    expect(over.effects).toContainEqual({ type: 'end-leg', legId: sue, cause: 'caller-hangup' });
    expect(over.effects).toContainEqual({ type: 'free-agent', agentId: 'sue', wrapUp: false });
    expect(rows([...on('barge'), gone(callerLeg)]).at(-1)).toMatchObject({ type: 'supervision-ended' });
    expect(run([...on('barge'), gone(callerLeg), wrappedUp('alice')]).state.phase).toBe('over');
  });

  it('whose phone cannot be had, or who comes too late, is free again', () => {
    const failed: CallEvent = { type: 'leg-failed', legId: sue, status: 486, reason: 'Busy Here' };
    expect(rows([...toTalk, ask('listen'), opened(sue), failed]).at(-1)).toMatchObject({ type: 'supervision-failed' });
    for (const late of [[ask('listen')], [...toTalk, gone(callerLeg), ask('listen')]])
      expect(run(late).effects).toContainEqual({ type: 'free-agent', agentId: 'sue', wrapUp: false });
    // Nobody supervises themselves.
    const own: CallEvent = { ...ask('listen'), agentId: 'alice' } as CallEvent;
    expect(run([...toTalk, own]).state.supervision).toBeUndefined();
  });

  it('takes over: the caller is theirs, and the agent wraps up', () => {
    const { state, effects } = run([...on('whisper'), takeOver]);
    expect(state).toMatchObject({ offer: { agentId: 'sue' }, other: { legId: sue }, supervision: [] });
    expect(heard([...on('whisper'), takeOver])).toEqual(['c>s2', 's2>c']);
    expect(state.parted).toMatchObject([{ offer: { agentId: 'alice' } }]);
    expect(effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: true });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'end-leg', legId: agentLeg }));
    expect(rows([...on('whisper'), takeOver]).at(-1)).toMatchObject({
      ...{ type: 'call-taken-over', agentId: 'sue', facts: { by: 'sue', from: 'alice' } },
    });
    expect(run([...on('whisper'), takeOver, gone(callerLeg), wrappedUp('alice')]).state.phase).toBe('wrap-up');
  });

  it('takes nothing over before their phone is up, or while the call is handed over', () => {
    expect(run([...toTalk, ask('listen'), opened(sue), takeOver]).state.offer?.agentId).toBe('alice');
    expect(run([...on('listen'), asked(bob), takeOver]).state.offer?.agentId).toBe('alice');
  });

  it('follows the caller to the next agent', () => {
    const next = '01CALL.a3';
    const handed = [...on('listen'), asked(bob), opened(next), answered(next), taken(next)];
    expect(heard(handed)).toEqual(['a3>c', 'a3>s2', 'c>a3', 'c>s2']);
    // A party outside is no agent: nobody listens to them.
    const away = [...on('listen'), asked(number), opened('01CALL.x3'), answered('01CALL.x3'), taken('01CALL.x3')];
    expect(heard(away)).toEqual(['c>x3', 'x3>c']);
  });

  it('is not in the recording of the caller unless the caller hears them', () => {
    const decided: CallEvent = { type: 'recording-decided', decision: 'on', policy: 'always' };
    const graph = run([...on('whisper'), decided]).state.graph;
    expect(graph.recordings).toMatchObject([{ endpointId: callerLeg }]);
    expect(graph.edges.filter(({ to }) => to === callerLeg).map(({ from }) => from)).toEqual([agentLeg]);
    expect(graph.recordings?.[0]).not.toHaveProperty('voices');
    const barging = run([...on('barge'), decided]);
    expect(barging.state.graph.recordings?.[0]?.voices).toEqual([
      { channel: 'agent', endpointId: agentLeg },
      { channel: 's2', endpointId: sue },
    ]);
    const told = barging.effects.flatMap((effect) => (effect.type === 'record' ? [effect.row] : []));
    expect(told.filter(({ type }) => type === 'recording-channel').at(-1)).toMatchObject({
      facts: { channel: 's2', member: 'supervisor', agent: 'sue' },
    });
    const channels = (...more: readonly CallEvent[]) =>
      rowsOf(run([...on('barge'), decided, ...more]).effects).filter(({ type }) => type === 'recording-channel');
    expect(channels(takeOver).at(-1)).toMatchObject({ facts: { channel: 'agent', member: 'agent', agent: 'sue' } });
    expect(channels(gone(sue))).toEqual(channels());
  });
});

it('two supervisors: each hears the talk, and whoever barges in', () => {
  const second: CallEvent = {
    ...{ type: 'supervision-asked', agentId: 'tom', mode: 'barge', offerId: 't1', device },
  };
  const tom = '01CALL.s3';
  const both = [...on('listen'), second, opened(tom), answered(tom), taken(tom)];
  expect(heard(both).filter((each) => each.startsWith('s3'))).toEqual(['s3>a1', 's3>c', 's3>s2']);
  expect(heard(both).filter((each) => each.startsWith('s2'))).toEqual([]);
});
