import { describe, expect, it } from 'vitest';
import type { CallEvent, Calls, CallState } from './calls/index.ts';
import type { Plan } from './dialplan/index.ts';
import type { Floor } from './floor.ts';
import { activityName, emptyRouting, transition } from './routing/index.ts';
import type { Invite } from './sip/index.ts';
import { Transfers } from './transfers.ts';

const alice = { offerId: 'o', agentId: 'alice', offeredAt: 0, until: 0 };
// What transfers read of a call, a floor and a plan; the whole of them is not needed.
const talking = {
  ...{ callId: 'c', phase: 'talking', offer: alice, other: { legId: 'c.a1', kind: 'sip' }, transfer: null },
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
    devicesOf: () => (bob.away === true ? [] : [{ deviceId: 'd', kind: 'webrtc', name: null }]),
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
    expect(transfers.begin({ callId: 'c', to, way: 'desk' })).toBeUndefined();
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
    expect(transfers.begin({ callId: 'c', to, way: 'desk' })).toMatchObject({ code });
    expect(posted).toEqual([]);
  });
});

describe('a consultation', () => {
  const target = { type: 'agent', agentId: 'bob', offerId: 'o2', devices: [] } as const;
  const consult = { since: 5, with: 'target', muted: false, callerLeft: false, phone: null, answer: null } as const;
  const transfer = { by: 'alice', way: 'desk', target, consult };
  const consulting = { ...talking, transfer } as unknown as CallState;
  const ringing = {
    ...talking,
    transfer: { ...transfer, consult: { ...consult, since: null } },
  } as unknown as CallState;
  const blind = { ...talking, transfer: { ...transfer, consult: null } } as unknown as CallState;

  it('is not to be had by an agent whose page is gone; their caller may be handed over', () => {
    const waiting = { ...talking, away: { since: 0, until: 1, leg: null } } as unknown as CallState;
    const { transfers, posted } = transfersWith(waiting);
    for (const more of [{ consult: true }, { joins: true }])
      expect(transfers.begin({ callId: 'c', to: 'bob', way: 'api', ...more })).toMatchObject({ code: 'not-now' });
    expect(posted).toEqual([]);
    expect(transfers.begin({ callId: 'c', to: 'bob', way: 'api' })).toBeUndefined();
    expect(posted).toMatchObject([{ type: 'transfer-asked', order: { by: 'alice' } }]);
  });

  it('is asked for with a person, not with a queue', () => {
    const { transfers, posted } = transfersWith(talking);
    expect(transfers.begin({ callId: 'c', to: 'bob', way: 'desk', consult: true })).toBeUndefined();
    expect(posted).toMatchObject([{ type: 'transfer-asked', order: { consult: true, target: { agentId: 'bob' } } }]);
    const queued = transfers.begin({ callId: 'c', to: 'queue:sales', way: 'desk', consult: true });
    expect(queued).toMatchObject({ code: 'consult-whom' });
  });

  it.each([
    ['swap', consulting, 'consult-swapped'],
    ['complete', consulting, 'consult-completed'],
    ['complete', ringing, 'consult-completed'],
    ['cancel', ringing, 'transfer-cancelled'],
    ['cancel', blind, 'transfer-cancelled'],
  ] as const)('%s is asked of the call, for the agent who consults', (what, call, type) => {
    const { transfers, posted } = transfersWith(call);
    expect(transfers.proceed('c', what)).toBeUndefined();
    expect(posted).toEqual([{ type, agentId: 'alice' }]);
  });

  it.each([
    ['swap', ringing, 'not-now'],
    ['complete', blind, 'not-now'],
    ['cancel', talking, 'not-now'],
    ['swap', undefined, 'no-such-call'],
  ] as const)('%s is not possible now', (what, call, code) => {
    const { transfers, posted } = transfersWith(call);
    expect(transfers.proceed('c', what)).toMatchObject({ code });
    expect(posted).toEqual([]);
  });

  it('is what a second call of the desk phone asks for, and is refused as such', () => {
    const invite = { callId: 'c', legId: 'c.p1', sdp: 'offer', to: '+8613900001111' } as Invite;
    const { transfers, posted } = transfersWith(talking);
    expect(transfers.consultingCall('alice')).toBe('c');
    expect(transfers.fromPhone(invite)).toBeNull();
    expect(posted).toMatchObject([{ order: { way: 'phone', consult: true }, phone: { legId: 'c.p1', sdp: 'offer' } }]);
    expect(transfersWith(consulting).transfers.consultingCall('alice')).toBeUndefined();
    const busy = transfersWith(talking, { free: false }).transfers.fromPhone({ ...invite, to: 'bob' });
    expect(busy).toMatchObject({ status: 486 });
  });

  it('is completed by a REFER that names the other line of the same phone', () => {
    const lines = { ...transfer, consult: { ...consult, phone: { legId: 'c.p1' } } };
    const call = { ...talking, transfer: lines } as unknown as CallState;
    const { transfers, posted, answers } = transfersWith(call);
    const referral = { legId: 'c.a1', token: 3, to: 'bob', referredBy: undefined, replaces: 'c.p1' };
    transfers.refer(referral);
    transfers.refer({ ...referral, legId: 'c.p1', token: 4, replaces: 'c.a1' });
    expect(posted).toEqual([
      { type: 'consult-completed', agentId: 'alice', refer: { legId: 'c.a1', token: 3 } },
      { type: 'consult-completed', agentId: 'alice', refer: { legId: 'c.p1', token: 4 } },
    ]);
    for (const replaces of [null, 'c.c', 'd.p1']) transfers.refer({ ...referral, replaces });
    transfers.refer({ ...referral, legId: 'c.c' });
    expect(answers).toEqual([481, 481, 481, 403]);
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
