import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import {
  agentLeg,
  answered,
  asked,
  callerLeg,
  gone,
  opened,
  outside,
  rowsOf,
  run,
  taken,
  toTalk,
} from './transferring.test-support.ts';

const newcomer = '01CALL.r1';
const replacing = (replaces: string): CallEvent => ({
  ...{ type: 'leg-replacing', legId: newcomer, replaces, device: null, sdp: 'offer' },
});
const confirmed: CallEvent = { type: 'leg-confirmed', legId: newcomer };
const consulting = [
  ...[...toTalk, asked({ type: 'outside', to: '+862112345678' }, { consult: true }), opened(outside)],
  ...[answered(outside), taken(outside)],
];

describe('an INVITE with Replaces', () => {
  it.each([
    ['the caller', toTalk, callerLeg, [agentLeg, newcomer]],
    ['the agent', toTalk, agentLeg, [callerLeg, newcomer]],
    ['the target of a consultation', consulting, outside, [agentLeg, newcomer]],
  ])('takes the place of %s once it is confirmed, and the old leg gets its BYE', (_name, before, old, talkers) => {
    const answering = run([...before, replacing(old), opened(newcomer)]);
    expect(answering.state.graph).toEqual(run(before).state.graph);
    expect(answering.effects.at(-1)).toEqual({ type: 'answer-leg', legId: newcomer, sdp: 'sdp' });
    const { state, effects } = run([...before, replacing(old), opened(newcomer), confirmed]);
    expect(state.replacing).toBeNull();
    expect(effects).toContainEqual({ type: 'end-leg', legId: old, cause: 'replaced' });
    expect(effects).toContainEqual({ type: 'close-endpoint', legId: old });
    expect(state.graph.edges.map(({ from }) => from).sort()).toEqual([...talkers].sort());
    expect(rowsOf(effects).at(-1)?.type).toBe('leg-replaced');
    // What comes of the old leg now is nobody's end.
    expect(run([...before, replacing(old), opened(newcomer), confirmed, gone(old)]).state).toEqual(state);
  });

  it.each([
    ['a leg that is not there', toTalk, replacing('01CALL.x9'), 481],
    ['a leg that only rings', [...toTalk, asked(), opened(outside)], replacing(outside), 481],
    ['a call that is over', [...toTalk, gone(callerLeg)], replacing(agentLeg), 481],
    ['a place that somebody else takes', [...toTalk, replacing(agentLeg)], replacing(callerLeg), 491],
  ])('is refused for %s', (_name, before, event, status) => {
    expect(run([...before, event]).effects.at(-1)).toMatchObject({ type: 'reject-leg', legId: newcomer, status });
  });

  it.each([
    ['it is cancelled', { type: 'leg-cancelled', legId: newcomer } as const],
    [
      'its SDP cannot be used',
      { type: 'endpoint-failed', legId: newcomer, code: 'unsupported-sdp', token: null } as const,
    ],
    ['it is lost', { type: 'endpoint-lost', legId: newcomer, cause: 'worker-died' } as const],
  ])('leaves everything as it was when %s', (_name, event) => {
    const { state } = run([...toTalk, replacing(agentLeg), event]);
    expect(state).toEqual(run(toTalk).state);
  });

  it('does not outlive the call', () => {
    const { effects } = run([...toTalk, replacing(agentLeg), gone(callerLeg)]);
    expect(effects).toContainEqual(expect.objectContaining({ type: 'reject-leg', legId: newcomer, status: 480 }));
    const late = run([...toTalk, replacing(agentLeg), opened(newcomer), gone(callerLeg)]);
    expect(late.effects).toContainEqual(expect.objectContaining({ type: 'end-leg', legId: newcomer }));
  });
});
