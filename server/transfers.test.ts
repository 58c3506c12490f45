import { describe, expect, it } from 'vitest';
import type { CallEvent, Calls, CallState } from './calls/index.ts';
import type { Plan } from './dialplan/index.ts';
import type { Floor } from './floor.ts';
import { activityName, emptyRouting, transition } from './routing/index.ts';
import { Transfers } from './transfers.ts';

const alice = { offerId: 'o', agentId: 'alice', offeredAt: 0, until: 0 };
// What transfers read of a call, a floor and a plan; the whole of them is not needed.
const talking = {
  ...{ callId: 'c', phase: 'talking', offer: alice, other: { legId: 'c.a1' }, transfer: null },
  ...{ legs: 1, queue: null, dial: null, language: 'en-US' },
} as unknown as CallState;
const queue = { id: 'sales', requirements: [], matchLanguage: false, priority: 1, holdMusic: [], maxWaitMs: 0 };
const plan = {
  queues: new Map([['sales', { ...queue, announcement: null }]]),
  routes: new Map(),
  site: { countryCode: '86', nationalPrefix: '0', internationalPrefix: '00' },
} as unknown as Plan;

function transfersWith(call: CallState | undefined, bob: { free?: boolean; away?: boolean } = {}) {
  const posted: CallEvent[] = [];
  const answers: number[] = [];
  const calls = {
    get: (id: string) => (id === 'c' ? call : undefined),
    all: () => (call === undefined ? [] : [call]),
    post: (_id: string, event: CallEvent) => posted.push(event),
  } as unknown as Calls;
  const agents = ['alice', 'bob'];
  const floor = {
    agent: (id: string) =>
      agents.includes(id) ? { name: id, queues: [], presence: { type: 'available' } } : undefined,
    dial: () => bob.free !== false,
  } as unknown as Floor;
  const transfers = new Transfers({
    ...{ calls: () => calls, floor: () => floor, plan: () => plan, country: 'CN', ringMs: 60_000 },
    deviceOf: () => (bob.away === true ? undefined : { deviceId: 'd', kind: 'webrtc', name: null }),
    normalise: (number) => number.replaceAll(' ', ''),
    answerRefer: (_leg, _token, status) => answers.push(status),
  });
  return { transfers, posted, answers };
}

describe('whom a transfer means', () => {
  it.each([
    ['agent:bob', { type: 'agent', agentId: 'bob' }],
    ['bob', { type: 'agent', agentId: 'bob' }],
    ['queue:sales', { type: 'queue', order: { queueId: 'sales' } }],
    ['sales', { type: 'queue' }],
    ['+86 139 0000 1111', { type: 'outside', to: '+8613900001111' }],
  ])('%s', (to, target) => {
    const { transfers, posted } = transfersWith(talking);
    expect(transfers.blind({ callId: 'c', to, way: 'desk' })).toBeUndefined();
    expect(posted).toMatchObject([{ type: 'transfer-asked', order: { by: 'alice', target } }]);
  });

  it.each([
    ['alice', talking, {}, 'transfer-to-self'],
    ['agent:eve', talking, {}, 'transfer-no-such-target'],
    ['sip:1001@evil.example', talking, {}, 'dial-wrong-form'],
    ['bob', talking, { free: false }, 'transfer-agent-busy'],
    ['bob', talking, { away: true }, 'transfer-agent-away'],
    ['bob', { ...talking, phase: 'wrap-up' } as const, {}, 'not-now'],
    ['bob', undefined, {}, 'no-such-call'],
  ] as const)('not %s', (to, call, bob, code) => {
    const { transfers, posted } = transfersWith(call, bob);
    expect(transfers.blind({ callId: 'c', to, way: 'desk' })).toMatchObject({ code });
    expect(posted).toEqual([]);
  });
});

describe('REFER', () => {
  const referral = { legId: 'c.a1', token: 3, to: '+8613900001111', referredBy: undefined };
  it('of the agent is a transfer; its answer comes from the call', () => {
    const { transfers, posted, answers } = transfersWith(talking);
    transfers.refer(referral);
    expect(posted).toMatchObject([{ type: 'transfer-asked', refer: { legId: 'c.a1', token: 3 } }]);
    expect(answers).toEqual([]);
  });

  it.each([
    ['the caller', { ...referral, legId: 'c.c' }, 403],
    ['an agent, to a colleague who is not there', { ...referral, to: 'bob' }, 480],
    ['an agent, to nobody', { ...referral, to: 'eve@x' }, 404],
  ])('of %s is refused', (_who, event, status) => {
    const { transfers, posted, answers } = transfersWith(talking, { away: true });
    transfers.refer(event);
    expect([posted, answers]).toEqual([[], [status]]);
  });

  it('of a target outside is refused: only agents have a say', () => {
    const { transfers, answers } = transfersWith({ ...talking, offer: null });
    transfers.refer(referral);
    expect(answers).toEqual([403]);
  });
});

describe('an agent who is rung for a transfer', () => {
  const agent = { id: 'bob', name: 'Bob', skills: {}, queues: [], languages: [] };
  const signedIn = [
    { type: 'configured', owner: 'n', epoch: 1, agents: [agent], queues: [], now: 0 } as const,
    { type: 'signed-in', agentId: 'bob', now: 1 } as const,
  ];

  it('is shown as ringing, not as dialling', () => {
    const rung = { type: 'dialled', agentId: 'bob', callId: 'c', rung: true, now: 2 } as const;
    let state = emptyRouting;
    for (const event of [...signedIn, rung]) state = transition(state, event).state;
    const { activity } = state.agents.get('bob') ?? {};
    expect(activity && activityName(activity)).toBe('offered');
  });
});
