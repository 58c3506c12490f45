import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import { isMovable, moveMs } from './moving.ts';
import { newLeg } from './state.ts';
import { admit, transition } from './transition.ts';
import {
  agentLeg,
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  device,
  failed,
  opened,
  rowsOf,
  run,
  taken,
  toTalk,
} from './transferring.test-support.ts';

const died = (legId: string, cause = 'node-died'): CallEvent => ({ type: 'endpoint-lost', legId, cause });
const reanswered = (legId: string): CallEvent => ({ type: 'leg-reanswered', legId, sdp: 'new answer' });
const refused = (legId: string, status: number): CallEvent => ({ type: 'leg-reinvite-failed', legId, status });
const noRoom = (legId: string): CallEvent => ({ type: 'endpoint-failed', legId, code: 'overloaded', token: null });
const reinvited = (legId: string): CallEvent => ({ type: 'leg-reinvited', legId, token: 7, sdp: 'theirs' });
const due: CallEvent = { type: 'timer', timer: 'move' };
const moved = (legId: string): CallEvent[] => [opened(legId), reanswered(legId), taken(legId)];
const nodeDied = [...toTalk, died(callerLeg), died(agentLeg)];

/** The state of a talk after these events, each so many ms after the talk began. */
function later(...events: readonly (readonly [number, CallEvent])[]) {
  let { state } = run(toTalk);
  const effects = [];
  for (const [at, event] of events) {
    const made = transition(state, event, at);
    state = made.state;
    effects.push(...made.effects);
  }
  return { state, effects };
}

describe('which legs can be moved', () => {
  it.each([
    ['sip', 'confirmed', 'node-died', true],
    ['sip', 'confirmed', 'worker-died', true],
    ['sip', 'confirmed', 'shard-died', true],
    ['sip', 'confirmed', 'endpoint-gone', true],
    ['sip', 'confirmed', 'rtp-timeout', false],
    ['sip', 'confirmed', 'lease-expired', false],
    ['sip', 'confirmed', 'node-gone', false],
    ['sip', 'ringing', 'node-died', false],
    ['webrtc', 'confirmed', 'node-died', true],
    ['webrtc', 'confirmed', 'worker-died', true],
    ['webrtc', 'confirmed', 'shard-died', false],
    ['webrtc', 'confirmed', 'dtls-closed', false],
  ] as const)('%s, %s, %s: %s', (kind, signalling, cause, expected) => {
    expect(isMovable({ ...newLeg('x', kind), signalling }, cause)).toBe(expected);
  });
});

describe('the media node dies in mid-talk', () => {
  it('asks for fresh endpoints, tells the loss once, and keeps the call as it is', () => {
    const { state, effects } = run(nodeDied);
    expect(state).toMatchObject({ phase: 'talking', offer: { agentId: 'alice' }, moves: [{}, {}] });
    expect(state.graph).toMatchObject({ edges: [], plays: [], taps: [] });
    const asked = effects.filter(({ type }) => type === 'open-endpoint').slice(-2);
    expect(asked).toEqual([
      { type: 'open-endpoint', legId: callerLeg, kind: 'sip', remoteSdp: null, token: null, again: true },
      { type: 'open-endpoint', legId: agentLeg, kind: 'webrtc', remoteSdp: null, token: null, again: true },
    ]);
    const lost = rowsOf(effects).filter(({ type }) => type === 'leg-lost');
    expect(lost.map(({ facts }) => facts)).toEqual([
      { leg: 'caller', cause: 'node-died' },
      { leg: 'agent', cause: 'node-died' },
    ]);
  });

  it('takes each new offer to its far side, and the answer to the media node', () => {
    expect(run([...nodeDied, opened(callerLeg)]).effects.at(-1)).not.toMatchObject({ type: 'answer-leg' });
    expect(run([...nodeDied, opened(callerLeg)]).effects).toContainEqual({
      ...{ type: 'reinvite-leg', legId: callerLeg, sdp: 'sdp' },
    });
    expect(run([...nodeDied, opened(callerLeg), reanswered(callerLeg)]).effects).toContainEqual({
      ...{ type: 'answer-endpoint', legId: callerLeg, sdp: 'new answer' },
    });
  });

  it('is the same talk afterwards, with a newer graph', () => {
    const before = run(toTalk).state;
    const { state, effects } = run([...nodeDied, ...moved(callerLeg), ...moved(agentLeg)]);
    expect(state.graph).toEqual(before.graph);
    expect(state.revision).toBeGreaterThan(before.revision);
    expect(state).toMatchObject({ moves: [], talkingSince: before.talkingSince });
    expect(state.timers).toEqual(before.timers);
    const resumed = rowsOf(effects).filter(({ type }) => type === 'leg-resumed');
    expect(resumed.map(({ facts }) => facts['leg'])).toEqual(['caller', 'agent']);
  });

  it('counts the gap from when the node went away', () => {
    const { effects } = later(
      [10_000, { type: 'endpoint-lost', legId: callerLeg, cause: 'node-died', since: 9000 }],
      [10_010, opened(callerLeg)],
      [10_020, reanswered(callerLeg)],
      [10_500, taken(callerLeg)],
    );
    expect(rowsOf(effects).at(-1)).toMatchObject({ type: 'leg-resumed', facts: { leg: 'caller', gapMs: 1500 } });
  });

  it('goes on while a leg is gone: hold, mute and the hang-up of the other count', () => {
    const held: CallEvent = { type: 'held', agentId: 'alice' };
    const back = run([...nodeDied, held, ...moved(callerLeg), ...moved(agentLeg)]).state;
    expect(back).toMatchObject({ held: true, graph: { edges: [], plays: [{ to: callerLeg }] } });
    const ended = run([...nodeDied, { type: 'leg-ended', legId: callerLeg, cause: 'hangup' }]);
    expect(ended.state).toMatchObject({ end: { cause: 'caller-hangup' }, moves: [] });
    expect(ended.state.timers).toEqual({});
  });

  it('keeps the recording in the graph, so that it is one', () => {
    const decided: CallEvent = { type: 'recording-decided', decision: 'on', policy: 'always' };
    const { graph } = run([...toTalk, decided, died(callerLeg), died(agentLeg)]).state;
    expect(graph.recordings).toEqual([{ recordingId: '01CALL.r1', endpointId: callerLeg, state: 'on' }]);
  });
});

it('a media node that was drained and stops ends what is left, with its cause', () => {
  expect(run([...toTalk, died(agentLeg, 'drained')]).state.end?.cause).toBe('media-drained');
});

describe('a move that does not go smoothly', () => {
  it.each([
    ['488 of the caller', [opened(callerLeg), refused(callerLeg, 488)], 'media-failure'],
    ['481 of the caller', [opened(callerLeg), refused(callerLeg, 481)], 'media-failure'],
    ['an answer nobody can use', [opened(callerLeg), reanswered(callerLeg), noRoom(callerLeg)], 'media-failure'],
    [
      'the caller hangs up',
      [opened(callerLeg), { type: 'leg-ended', legId: callerLeg, cause: 'hangup' }],
      'caller-hangup',
    ],
    ['the caller is gone', [opened(callerLeg), failed(callerLeg, 408)], 'signalling-lost'],
  ] as const)('%s ends the call', (_name, events, cause) => {
    expect(run([...toTalk, died(callerLeg), ...events]).state).toMatchObject({ end: { cause }, moves: [] });
  });

  it('a page that refuses is asked back with a fresh INVITE', () => {
    const { state } = run([...toTalk, died(agentLeg), opened(agentLeg), refused(agentLeg, 481)]);
    expect(state).toMatchObject({ phase: 'talking', other: null, away: { leg: null }, moves: [] });
  });

  it.each([
    ['491', [opened(callerLeg), refused(callerLeg, 491)]],
    ['503', [opened(callerLeg), refused(callerLeg, 503)]],
    ['no room in the media node', [noRoom(callerLeg)]],
    ['silence', [opened(callerLeg)]],
  ])('%s: it is tried again, until it takes too long', (_name, events) => {
    const start = [...toTalk, died(callerLeg), ...events];
    const { state } = run(start);
    const at = state.timers.move ?? 0;
    expect(at).toBeGreaterThan(0);
    const again = transition(state, due, at);
    expect(again.state).toMatchObject({ moves: [{ stage: 'opening', tries: 2 }] });
    expect(again.effects).toContainEqual(expect.objectContaining({ type: 'open-endpoint', legId: callerLeg }));
    const late = transition(state, due, at + moveMs);
    expect(late.state).toMatchObject({ end: { cause: 'media-failure' } });
  });

  it('the far side re-INVITEs first: its offer opens the endpoint, and the move is done', () => {
    const theirs: CallEvent = {
      ...{ type: 'endpoint-opened', legId: callerLeg, localSdp: 'ours', remoteDirection: 'sendrecv', token: 7 },
    };
    const { state, effects } = run([...toTalk, died(callerLeg), noRoom(callerLeg), reinvited(callerLeg), theirs]);
    expect(effects).toContainEqual({ type: 'answer-reinvite', legId: callerLeg, token: 7, sdp: 'ours' });
    expect(state).toMatchObject({ moves: [], caller: { open: true } });
  });

  it('the server restarts meanwhile: the offer is made again', () => {
    const { state } = run([...nodeDied, opened(callerLeg)]);
    const { effects } = transition(state, { type: 'recovered' }, 99);
    expect(effects.filter(({ type }) => type === 'open-endpoint')).toHaveLength(2);
    expect(rowsOf(effects).map(({ type }) => type)).toContain('call-recovered');
  });

  it('a call that kills its endpoints again and again is given up', () => {
    const once = [died(callerLeg), ...moved(callerLeg)];
    const { state } = run([...toTalk, ...Array.from({ length: 9 }, () => once).flat()]);
    expect(state.end?.cause).toBe('media-failure');
  });
});

it('a caller in the menu hears the prompt again, and keeps the digits', () => {
  let { state } = admit({ callId: '01CALL', from: '+861', to: '+862', transport: 'udp', longestMs: 60_000 }, 0);
  const menu = { type: 'menu', files: ['menu.wav'], bargeIn: true, timeoutMs: 5000 } as const;
  const events: CallEvent[] = [
    {
      type: 'plan-moved',
      move: { type: 'move', position: { version: 'v', turn: 1 }, instruction: menu, facts: [] },
    },
    { ...{ type: 'endpoint-opened', legId: callerLeg, localSdp: 'sdp', remoteDirection: 'sendrecv', token: null } },
    { type: 'leg-confirmed', legId: callerLeg },
  ];
  for (const event of events) ({ state } = transition(state, event, 1));
  const before = state;
  expect(before.graph.plays).toHaveLength(1);
  for (const event of [died(callerLeg), ...moved(callerLeg)]) ({ state } = transition(state, event, 2));
  expect(state.graph).toEqual(before.graph);
  expect(state.position).toEqual(before.position);
});

describe("the agent's page is registered over another connection", () => {
  const page = (flow: string, deviceId = 'd') => ({ deviceId, kind: 'webrtc', name: null, flow }) as const;
  const seen = (...pages: readonly ReturnType<typeof page>[]): CallEvent => ({
    ...{ type: 'agent-seen', agentId: 'alice', pages },
  });
  const known = [...toTalk, seen(page('ws/one'))];
  const changed = [...known, seen(page('ws/two'))];
  const reached = [opened(colleague), answered(colleague), taken(colleague)];
  const consulted = [...toTalk, asked(bob, { consult: true }), ...reached];
  const added = [...toTalk, asked(bob, { consult: true, joins: true }), ...reached];
  const listening: CallEvent = {
    ...{ type: 'supervision-asked', agentId: 'sue', mode: 'listen', offerId: 's1', device },
  };
  const supervised = [...toTalk, listening, opened('01CALL.s2'), answered('01CALL.s2'), taken('01CALL.s2')];

  it('restarts ICE at once, and leaves the talk as it is', () => {
    const { state, effects } = run(changed);
    expect(effects.at(-2)).toEqual({ type: 'restart-ice', legId: agentLeg });
    expect(state).toMatchObject({ moves: [{ legId: agentLeg, way: 'ice' }], other: { open: true } });
    expect(state.graph).toEqual(run(toTalk).state.graph);
    const back = run([...changed, ...moved(agentLeg)]);
    expect(back.effects).toContainEqual({ type: 'reinvite-leg', legId: agentLeg, sdp: 'sdp' });
    expect(rowsOf(back.effects).at(-1)).toMatchObject({ type: 'ice-restarted', facts: { leg: 'agent' } });
    expect(back.state).toMatchObject({ moves: [], other: { device: { flow: 'ws/two' } } });
    expect(back.state.timers).toEqual(run(toTalk).state.timers);
  });

  it.each([
    ['once where it is another connection', changed, 1],
    ['not where it is the same', [...known, seen(page('ws/one'))], 0],
    ['not where none was known before', known, 0],
    ['not twice where it registers again meanwhile', [...changed, seen(page('ws/two')), seen(page('ws/three'))], 1],
    ['not where another page of theirs comes', [...known, seen(page('ws/one'), page('ws/two', 'other'))], 0],
  ] as const)('restarts ICE %s', (_name, events, times) => {
    expect(run(events).effects.filter(({ type }) => type === 'restart-ice')).toHaveLength(times);
  });

  it.each([
    ['refuses it', 488, 'agent'],
    ['knows no such dialog any more', 481, 'away'],
  ])('a page that %s', (_name, status, where) => {
    const { state } = run([...changed, opened(agentLeg), refused(agentLeg, status)]);
    expect(state).toMatchObject({ phase: 'talking', moves: [] });
    expect(state.other === null ? 'away' : 'agent').toBe(where);
  });

  it.each([
    ['who is consulted', 'bob', colleague, 'other', consulted],
    ['who was added to the talk', 'bob', colleague, 'member', added],
    ['who listens', 'sue', '01CALL.s2', 'supervisor', supervised],
  ] as const)('restarts ICE of an agent %s', (_name, agentId, legId, role, events) => {
    const theirs = (flow: string): CallEvent => ({ type: 'agent-seen', agentId, pages: [page(flow)] });
    const { effects, state } = run([...events, theirs('ws/one'), theirs('ws/two'), ...moved(legId)]);
    expect(effects.filter(({ type }) => type === 'restart-ice')).toEqual([{ type: 'restart-ice', legId }]);
    expect(rowsOf(effects).at(-1)).toMatchObject({ type: 'ice-restarted', facts: { leg: role } });
    expect(state.graph).toEqual(run(events).state.graph);
  });

  it('leaves a talk alone in which that agent has no part', () => {
    const strange: CallEvent = { type: 'agent-seen', agentId: 'bob', pages: [page('ws/two')] };
    expect(run([...known, strange]).effects.filter(({ type }) => type === 'restart-ice')).toEqual([]);
  });

  it('becomes a move to a fresh endpoint when the worker dies under it', () => {
    const { state } = run([...changed, died(agentLeg, 'worker-died')]);
    expect(state.moves).toMatchObject([{ legId: agentLeg, stage: 'opening' }]);
    expect(state.moves?.[0]?.way).toBeUndefined();
  });
});
