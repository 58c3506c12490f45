/** The events of a call that an agent makes, for its tests. */
import type { Dialling } from './dialled.ts';
import type { CallEffect, CallEvent } from './events.ts';
import type { CallState } from './state.ts';
import { admitDialled, transition } from './transition.ts';

export const agent = '01CALL.a1';
export const phone = '01CALL.c';
export const party = '01CALL.x1';
export const asked: Dialling = {
  callId: '01CALL',
  agentId: 'alice',
  to: '+8613800000000',
  from: '+8653100000',
  way: 'invited',
  deviceId: 'd1',
  kind: 'webrtc',
  auto: true,
  lateOffer: false,
  by: 'alice',
  language: 'zh-CN',
  queueId: 'support',
  wrapUpUnanswered: false,
  holdMusic: ['music.wav'],
  country: 'CN',
  agentRingMs: 20_000,
  ringMs: 60_000,
  longestMs: 600_000,
};

export const opened = (legId: string, localSdp = `sdp of ${legId}`): CallEvent => ({
  type: 'endpoint-opened',
  legId,
  localSdp,
  remoteDirection: 'sendrecv',
  token: null,
});
export const answered = (legId: string, sdp = 'answer'): CallEvent => ({ type: 'leg-answered', legId, sdp });
export const taken = (legId: string): CallEvent => ({ type: 'endpoint-answered', legId });
export const progress = (status: number, sdp = ''): CallEvent => ({ type: 'leg-progress', legId: party, status, sdp });
export const failed = (status: number, contacts?: readonly string[]): CallEvent => ({
  type: 'leg-failed',
  legId: party,
  status,
  reason: 'x',
  ...(contacts === undefined ? {} : { contacts }),
});
export const timer = (name: 'ring' | 'failure'): CallEvent => ({ type: 'timer', timer: name });

export function run(events: readonly CallEvent[], changes: Partial<Dialling> = {}) {
  const first = admitDialled({ ...asked, ...changes }, 0);
  let state: CallState = first.state;
  const effects: CallEffect[] = [...first.effects];
  for (const [index, event] of events.entries()) {
    const step = transition(state, event, index + 1);
    state = step.state;
    effects.push(...step.effects);
  }
  const rows = effects.flatMap((each) => (each.type === 'record' ? [each.row.type] : []));
  return { state, effects, rows, last: effects.slice(first.effects.length) };
}

export const toCalling = [opened(agent), answered(agent), taken(agent), opened(party)];
