import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import type { CallRecording } from './recorded.ts';
import { recorded } from './recording.ts';
import { type CallState, newCall, newLeg, silence } from './state.ts';
import { transition } from './transition.ts';

const caller = { ...newLeg('c1.c', 'sip'), open: true, signalling: 'confirmed' } as const;
const first = newCall({ callId: 'c1', from: '+86', to: '1000', phase: 'talking', language: 'en-US', caller }, 0);
const offer = { offerId: 'o', agentId: 'alice', offeredAt: 0, until: 0 };
const agent = { ...newLeg('c1.a1', 'webrtc'), open: true, signalling: 'confirmed' } as const;
const talking: CallState = { ...first, offer, other: agent };

/** The call after these events, and the rows they wrote. */
function after(state: CallState, ...events: readonly CallEvent[]) {
  const rows: string[] = [];
  let now = state;
  for (const event of events) {
    const step = transition(now, event, 1000);
    now = step.state;
    for (const effect of step.effects) if (effect.type === 'record') rows.push(effect.row.type);
  }
  return { state: now, rows, recording: now.recording?.state, graph: now.graph.recordings };
}
const decided = (decision: 'on' | 'on-demand' | 'off'): CallEvent => ({
  type: 'recording-decided',
  decision,
  policy: 'x',
});
const asked = (order: 'start' | 'pause' | 'resume' | 'mask' | 'unmask'): CallEvent => ({
  type: 'recording-asked',
  order,
  by: 'alice',
});

describe('the recording of a call', () => {
  it('begins when the dialplan says so, once, under one name', () => {
    const { rows, graph } = after(talking, decided('on'), decided('off'));
    expect(rows).toEqual(['recording-started']);
    expect(graph).toEqual([{ recordingId: 'c1.r1', endpointId: 'c1.c', state: 'on' }]);
  });

  it('waits for the agent where it is on demand, and is not to be had where it is forbidden', () => {
    expect(after(talking, decided('on-demand'))).toMatchObject({ recording: 'waiting', rows: [], graph: undefined });
    expect(after(talking, decided('on-demand'), asked('start'))).toMatchObject({
      recording: 'on',
      rows: ['recording-started'],
    });
    expect(after(talking, decided('off'), asked('start'))).toMatchObject({
      recording: 'off',
      rows: [],
      graph: undefined,
    });
  });

  it('is paused and masked with rows that tell who did it, and stays the same recording', () => {
    const { rows, graph } = after(
      talking,
      ...[decided('on'), asked('pause'), asked('pause'), asked('resume'), asked('mask')],
    );
    expect(rows).toEqual(['recording-started', 'recording-paused', 'recording-resumed', 'recording-masked']);
    expect(graph).toEqual([{ recordingId: 'c1.r1', endpointId: 'c1.c', state: 'masked' }]);
  });

  const states: readonly CallRecording['state'][] = ['off', 'waiting', 'on', 'paused', 'masked', 'failed'];
  it.each(states)('in the state %s takes every order, and only those that mean something change it', (state) => {
    const call = { ...talking, recording: { recordingId: 'c1.r1', state, policy: 'x' } };
    const reached = (['start', 'pause', 'resume', 'mask', 'unmask'] as const).map(
      (o) => after(call, asked(o)).recording,
    );
    const table = {
      off: ['off', 'off', 'off', 'off', 'off'],
      waiting: ['on', 'waiting', 'waiting', 'waiting', 'waiting'],
      on: ['on', 'paused', 'on', 'masked', 'on'],
      paused: ['paused', 'paused', 'on', 'paused', 'paused'],
      masked: ['masked', 'masked', 'masked', 'masked', 'on'],
      failed: ['failed', 'failed', 'failed', 'failed', 'failed'],
    };
    expect(reached).toEqual(table[state]);
  });

  it('that cannot be written is told once, leaves the graph, and the call goes on', () => {
    const failed = { type: 'recording-failed', recordingId: 'c1.r1', code: 'ENOSPC' } as const;
    const { rows, graph, state } = after(talking, decided('on'), failed, failed);
    expect(rows).toEqual(['recording-started', 'recording-failed']);
    expect({ graph, phase: state.phase, edges: state.graph.edges.length }).toEqual({
      graph: undefined,
      phase: 'talking',
      edges: 2,
    });
  });

  it.each([
    ['on', 1],
    ['paused', 1],
    ['masked', 0],
  ] as const)('while it is %s the ears hear %i of the legs', (state, heard) => {
    const recording = { recordingId: 'c1.r1', state, policy: 'always' } as const;
    const graph = { ...silence, taps: [{ endpointId: 'c1.c', language: 'en-US' as const }] };
    expect(recorded({ ...talking, recording }, graph).taps).toHaveLength(heard);
  });

  it('is paused while nobody talks with the caller, and over with the call', () => {
    const recording = { recordingId: 'c1.r1', state: 'on', policy: 'always' } as const;
    expect(recorded({ ...talking, recording, phase: 'queued' }, silence).recordings).toMatchObject([
      { state: 'paused' },
    ]);
    expect(recorded({ ...talking, recording, phase: 'wrap-up' }, silence).recordings).toBeUndefined();
  });
});
