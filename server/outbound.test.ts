import { describe, expect, it } from 'vitest';
import { makeProblem } from '../protocol/problems/index.ts';
import type { Calls, Dialling } from './calls/index.ts';
import type { Floor } from './floor.ts';
import { Outbound, type OutboundOptions } from './outbound.ts';
import type { Rows } from './rows.ts';
import type { Agent } from './routing/index.ts';
import type { Invite } from './sip/index.ts';

const alice = {
  ...{ id: 'alice', name: 'Alice', skills: {}, queues: ['support', 'billing'], languages: ['zh-CN'] },
  ...{ presence: { type: 'available' }, pending: null, activity: { type: 'idle' }, since: 0, idleSince: 0 },
  ...{ holdOffUntil: null, registered: true, removed: false },
} as const satisfies Agent;

/** A desk that may call, but for the changes; and the calls it has made. */
function desk(changes: Partial<OutboundOptions> = {}, agent: Agent = alice) {
  const made: Dialling[] = [];
  const free = agent.activity.type === 'idle' && agent.presence.type !== 'offline';
  const floor: Pick<Floor, 'agent' | 'dial'> = {
    agent: (id) => (id === 'alice' ? agent : undefined),
    dial: () => free,
  };
  const calls: Pick<Calls, 'dial'> = { dial: (asked) => void made.push(asked) };
  const rows: Pick<Rows, 'callBegan'> = { callBegan: () => undefined };
  const outbound = new Outbound({
    calls: () => calls as Calls,
    floor: () => floor as Floor,
    plan: () => undefined,
    rows: rows as Rows,
    nextId: () => 'c1',
    trouble: () => undefined,
    deviceOf: () => ({ deviceId: 'd1', kind: 'webrtc' }),
    normalise: (number) => number.replace(/[\s-]/g, '').replace(/^1(?=\d{10}$)/, '+861'),
    ...{ country: 'CN', ringMs: 60_000, longestMs: 600_000 },
    ...changes,
  });
  return { outbound, made };
}

const order = { agentId: 'alice', to: '139 0000 1111', by: 'alice' };

describe('a call an agent makes', () => {
  it('goes to the number as the site writes it, for the first queue, and is taken by the page itself', () => {
    const { outbound, made } = desk();
    expect(outbound.dial(order)).toEqual({ ok: true, value: 'c1' });
    expect(made).toMatchObject([
      {
        to: '+8613900001111',
        from: '',
        queueId: 'support',
        way: 'invited',
        deviceId: 'd1',
        kind: 'webrtc',
        auto: true,
      },
    ]);
  });

  it('rings first when somebody else asks for it', () => {
    const { outbound, made } = desk();
    outbound.dial({ ...order, by: 'admin', queue: 'billing', from: '+8653100000' });
    expect(made).toMatchObject([{ auto: false, queueId: 'billing', from: '+8653100000' }]);
  });

  it.each([
    ['a SIP URI', desk(), { to: 'sip:bob@example.com' }, 'dial-wrong-form'],
    ['a name', desk(), { to: 'bob' }, 'dial-wrong-form'],
    ['a strange number to show', desk(), { from: 'x;y' }, 'dial-wrong-form'],
    ['another agent’s queue', desk(), { queue: 'sales' }, 'no-such-choice'],
    ['nobody', desk(), { agentId: 'zoe' }, 'not-found'],
    ['an agent without a phone', desk({ deviceOf: () => undefined }), {}, 'dial-no-phone'],
    ['a server that starts', desk({ trouble: () => makeProblem('dial-not-ready') }), {}, 'dial-not-ready'],
    [
      'an agent in a call',
      desk({}, { ...alice, activity: { type: 'offered', offerId: 'o', callId: 'c' } }),
      {},
      'dial-not-now',
    ],
    ['an agent who is signed out', desk({}, { ...alice, presence: { type: 'offline' } }), {}, 'dial-offline'],
  ] as const)('is refused for %s', (_what, { outbound, made }, changes, code) => {
    expect(outbound.dial({ ...order, ...changes })).toMatchObject({ ok: false, error: { code } });
    expect(made).toEqual([]);
  });
});

describe('a desk phone that dials', () => {
  const invite: Invite = {
    ...{
      callId: 'c9',
      legId: 'c9.c',
      origin: { type: 'agent', agentId: 'alice' } as const,
      from: 'alice',
      to: '10086',
    },
    ...{ sdp: 'offer', transport: 'udp', source: '' },
  };

  it('is the agent’s own leg', () => {
    const { outbound, made } = desk();
    expect(outbound.fromPhone('alice', invite)).toBeNull();
    expect(made).toMatchObject([
      { callId: 'c9', to: '10086', way: 'inviting', deviceId: null, kind: 'sip', auto: false },
    ]);
  });

  it.each([
    ['busy', { ...alice, activity: { type: 'wrap-up', callId: 'c', queueId: null, until: 9 } }, 486],
    ['signed out', { ...alice, presence: { type: 'offline' } }, 403],
  ] as const)('is refused while the agent is %s', (_what, agent, status) => {
    expect(desk({}, agent).outbound.fromPhone('alice', invite)).toMatchObject({ status });
  });
});
