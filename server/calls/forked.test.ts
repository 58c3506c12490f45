import { expect, it } from 'vitest';
import type { Graph } from '../../protocol/media.ts';
import { forked } from './forked.ts';
import { type CallState, newCall, newLeg } from './state.ts';

const edge = (from: string, to: string) => ({ from, to, gainDb: 0 });
const graph = (...edges: Graph['edges']): Graph => ({ edges, plays: [], taps: [], dtmf: [] });
const talking: CallState = {
  ...newCall({ callId: 'c', from: '1', to: '2', phase: 'talking', language: 'en-US', caller: newLeg('c.c', 'sip') }, 0),
  fork: { attempt: 1, caller: 'c.s-caller', other: 'c.s-other' },
};
const both = graph(edge('c.c', 'c.x1'), edge('c.x1', 'c.c'));

it('copies what the caller says and hears, and leaves the talk as it is', () => {
  expect(forked(talking, both).edges).toEqual([...both.edges, edge('c.c', 'c.s-caller'), edge('c.x1', 'c.s-other')]);
});

it('copies everybody the caller hears, with their gains', () => {
  const three = graph(edge('c.c', 'c.x1'), { ...edge('c.x1', 'c.c'), gainDb: -6 }, edge('c.x2', 'c.c'));
  expect(forked(talking, three).edges.slice(3)).toEqual([
    edge('c.c', 'c.s-caller'),
    { ...edge('c.x1', 'c.s-other'), gainDb: -6 },
    edge('c.x2', 'c.s-other'),
  ]);
});

it('copies nothing of who is not heard, of a pause, or where there is no fork', () => {
  expect(forked(talking, graph(edge('c.x1', 'c.t'))).edges).toHaveLength(1);
  expect(forked(talking, graph(edge('c.c', 'c.x1'))).edges).toHaveLength(2);
  for (const state of ['paused', 'masked'] as const)
    expect(forked({ ...talking, recording: { recordingId: 'r', state, policy: 'always' } }, both)).toBe(both);
  expect(forked({ ...talking, fork: null }, both)).toBe(both);
  expect(forked({ ...talking, phase: 'queued' }, both)).toBe(both);
  expect(forked({ ...talking, fork: { attempt: 1, caller: null, other: 'c.s-other' } }, both).edges).toHaveLength(3);
});
