/** A call that waited in a queue and now talks to alice, for the tests of transfers. */
import type { CallEffect, CallEvent } from './events.ts';
import type { Instruction } from './ports.ts';
import type { CallState } from './state.ts';
import { admit, transition } from './transition.ts';

export const callerLeg = '01CALL.c';
export const agentLeg = '01CALL.a1';
const invitation = {
  callId: '01CALL',
  from: '+8613800000000',
  to: '+8653100000',
  transport: 'udp',
  longestMs: 600_000,
};

export const queue: Extract<Instruction, { type: 'queue' }> = {
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

const opened = (legId: string): CallEvent => ({
  type: 'endpoint-opened',
  legId,
  localSdp: 'sdp',
  remoteDirection: 'sendrecv',
  token: null,
});

const page = { deviceId: 'd', kind: 'webrtc', name: null } as const;

export const toTalk: readonly CallEvent[] = [
  {
    type: 'plan-moved',
    move: { type: 'move', position: { version: 'v', turn: 1 }, instruction: queue, facts: [] },
  },
  opened(callerLeg),
  { type: 'leg-confirmed', legId: callerLeg },
  { type: 'offered', offerId: 'o1', agentId: 'alice', until: 99, devices: [page] },
  opened(agentLeg),
  { type: 'leg-answered', legId: agentLeg, sdp: 'answer' },
  { type: 'endpoint-answered', legId: agentLeg },
];

export function run(events: readonly CallEvent[]) {
  const first = admit(invitation, 0);
  let state: CallState = first.state;
  const effects: CallEffect[] = [...first.effects];
  events.forEach((event, index) => {
    const step = transition(state, event, index + 1);
    state = step.state;
    effects.push(...step.effects);
  });
  return { state, effects, types: effects.map((effect) => effect.type) };
}
