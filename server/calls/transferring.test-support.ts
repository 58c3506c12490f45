/** A call that waited in a queue and now talks to alice, for the tests of transfers. */
import type { CallEffect, CallEvent } from './events.ts';
import type { Instruction } from './ports.ts';
import type { CallState } from './state.ts';
import type { TransferOrder, TransferTarget } from './transferred.ts';
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

export const outside = '01CALL.x2';
export const colleague = '01CALL.a2';
export const device = { deviceId: 'd', kind: 'webrtc', name: null } as const;
export const bob: TransferTarget = { type: 'agent', agentId: 'bob', offerId: 'b1', devices: [device] };
export const order = (target: TransferTarget, more: Partial<TransferOrder> = {}): TransferOrder => ({
  ...{ by: 'alice', way: 'desk', country: 'CN', ringMs: 30_000, target },
  ...more,
});
export const asked = (target: TransferTarget = { type: 'outside', to: '+862112345678' }, more = {}): CallEvent => ({
  type: 'transfer-asked',
  order: order(target, more),
});
export const referred: CallEvent = {
  ...{ type: 'transfer-asked', order: order({ type: 'outside', to: '+862112345678' }, { way: 'refer' }) },
  ...{ refer: { legId: agentLeg, token: 7 }, referredBy: '<sip:alice@x>' },
};
export const opened = (legId: string): CallEvent => ({
  ...{ type: 'endpoint-opened', legId, localSdp: 'sdp', remoteDirection: 'sendrecv', token: null },
});
export const progress = (legId: string, status: number, sdp = ''): CallEvent => ({
  type: 'leg-progress',
  legId,
  status,
  sdp,
});
export const answered = (legId: string, sdp = 'answer'): CallEvent => ({ type: 'leg-answered', legId, sdp });
export const taken = (legId: string): CallEvent => ({ type: 'endpoint-answered', legId });
export const failed = (legId: string, status: number): CallEvent => ({
  type: 'leg-failed',
  legId,
  status,
  reason: 'x',
});
export const gone = (legId: string): CallEvent => ({ type: 'leg-ended', legId, cause: 'hangup' });
export const wrappedUp = (agentId: string): CallEvent => ({
  type: 'wrap-up-ended',
  agentId,
  disposition: 'sold',
  by: 'agent',
});

export const rowsOf = (effects: readonly CallEffect[]) =>
  effects.flatMap((each) => (each.type === 'record' ? [each.row] : []));
export const outcomes = (effects: readonly CallEffect[]) =>
  rowsOf(effects).flatMap(({ type, facts }) => (type === 'call-transferred' ? [facts['outcome']] : []));

/** The second line of alice's desk phone, and the event it begins with. */
export const second = '01CALL.p1';
export const dialled = (target: TransferTarget = { type: 'outside', to: '+862112345678' }): CallEvent => ({
  ...{ type: 'transfer-asked', order: order(target, { way: 'phone', consult: true }) },
  phone: { legId: second, device: { deviceId: 'p', kind: 'sip', name: 'desk' }, sdp: 'offer' },
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
