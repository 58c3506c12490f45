import { describe, expect, it } from 'vitest';
import type { RoutingEffect, RoutingEvent } from './events.ts';
import { emptyRouting, type AgentConfig, type RoutingState } from './state.ts';
import { transition } from './transition.ts';
import { broken } from './invariants.test-support.ts';

type Without<E> = E extends unknown ? Omit<E, 'now'> & { readonly now?: number } : never;
type Post = Without<RoutingEvent>;

/** A day at the desks: posts events a second apart and keeps what came of each. */
class Day {
  state: RoutingState = emptyRouting;
  now = 1000;
  effects: readonly RoutingEffect[] = [];

  post(event: Post): this {
    this.now = event.now ?? this.now + 1000;
    const step = transition(this.state, { ...event, now: this.now });
    this.state = step.state;
    this.effects = step.effects;
    expect(broken(this.state)).toEqual([]);
    return this;
  }

  get offers(): string[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'offer' ? [`${effect.offer.ticketId}>${effect.offer.agentId}`] : [],
    );
  }
  types(): string[] {
    return this.effects.map(({ type }) => type);
  }
  activity(agentId: string): string | undefined {
    return this.state.agents.get(agentId)?.activity.type;
  }
  presence(agentId: string): string | undefined {
    const presence = this.state.agents.get(agentId)?.presence;
    return presence?.type === 'paused' ? `paused(${presence.reason})` : presence?.type;
  }
}

const agent = (id: string, skills: Record<string, number> = { support: 3 }, queues = ['support']): AgentConfig => ({
  id,
  name: id,
  skills,
  queues,
  languages: ['en-US'],
});
const configured = (agents: readonly AgentConfig[], epoch = 1): Post => ({
  type: 'configured',
  owner: 'brain',
  epoch,
  agents,
  queues: [
    { id: 'support', ringMs: 20_000, wrapUpMs: 60_000 },
    { id: 'plain', ringMs: 20_000, wrapUpMs: 0 },
  ],
});
const queued = (ticketId: string, over: Partial<Extract<RoutingEvent, { type: 'ticket-queued' }>> = {}): Post => ({
  type: 'ticket-queued',
  ticketId,
  callId: `call-${ticketId}`,
  queueId: 'support',
  requirements: [],
  requiredLanguage: null,
  priority: 5,
  maxWaitMs: 0,
  ...over,
});
const ready = (day: Day, ...ids: readonly string[]): Day => {
  for (const agentId of ids) day.post({ type: 'registered', agentId }).post({ type: 'went-available', agentId });
  return day;
};
const office = (...ids: readonly string[]): Day =>
  ready(new Day().post(configured(ids.map((id) => agent(id)))), ...ids);

describe('who is asked', () => {
  it('offers to the agent who has been idle longest', () => {
    const day = office('alice', 'bob').post(queued('t1'));
    expect(day.offers).toEqual(['t1>alice']);
    expect(day.state.offers.get('t1.1')).toMatchObject({ agentId: 'alice', until: day.now + 20_000, epoch: 1 });
    expect(day.post(queued('t2')).offers).toEqual(['t2>bob']);
  });

  it('serves priority first, then age', () => {
    const day = office('alice');
    day.post({ type: 'paused', agentId: 'alice', reason: 'meal' });
    day
      .post(queued('old'))
      .post(queued('vip', { priority: 9 }))
      .post(queued('young'));
    expect(day.post({ type: 'went-available', agentId: 'alice' }).offers).toEqual(['vip>alice']);
    day
      .post({ type: 'offer-answered', offerId: 'vip.1' })
      .post({ type: 'call-ended', agentId: 'alice', callId: 'call-vip' });
    expect(day.post({ type: 'wrap-up-ended', agentId: 'alice', callId: 'call-vip' }).offers).toEqual(['old>alice']);
  });

  it.each([
    ['a skill that is lacking', queued('t', { requirements: [{ skill: 'billing', minLevel: 1 }] })],
    ['a level that is too low', queued('t', { requirements: [{ skill: 'support', minLevel: 4 }] })],
    ['a language not spoken', queued('t', { requiredLanguage: 'zh-CN' })],
    ['another queue', queued('t', { queueId: 'plain' })],
    [
      'a skill named like a property of every object',
      queued('t', { requirements: [{ skill: 'constructor', minLevel: 0 }] }),
    ],
  ])('asks nobody for %s', (_name, event) => {
    expect(office('alice').post(event).offers).toEqual([]);
  });

  it.each([
    ['offline', { type: 'signed-out', agentId: 'alice' }],
    ['paused', { type: 'paused', agentId: 'alice', reason: 'meal' }],
    ['unreachable', { type: 'unregistered', agentId: 'alice' }],
    ['dialling', { type: 'dialled', agentId: 'alice', callId: 'out' }],
  ] as const)('never asks an agent who is %s', (_name, event) => {
    expect(office('alice').post(event).post(queued('t')).offers).toEqual([]);
  });

  it('offers at once when a phone comes back', () => {
    const day = office('alice').post({ type: 'unregistered', agentId: 'alice' }).post(queued('t'));
    expect(day.post({ type: 'registered', agentId: 'alice' }).offers).toEqual(['t>alice']);
  });
});

describe('an offer', () => {
  it('that is answered connects and takes the ticket away', () => {
    const day = office('alice').post(queued('t')).post({ type: 'offer-answered', offerId: 't.1' });
    expect(day.effects).toContainEqual(
      expect.objectContaining({ type: 'offer-won', offer: expect.objectContaining({ id: 't.1' }) }),
    );
    expect(day.activity('alice')).toBe('talking');
    expect(day.state.tickets.size).toBe(0);
    expect(day.post({ type: 'offer-answered', offerId: 't.1' }).effects).toEqual([]);
  });

  it('that nobody answers pauses the agent and keeps the place of the ticket', () => {
    const day = office('alice', 'bob').post(queued('t', { priority: 5 }));
    const { enqueuedAt } = day.state.tickets.get('t') ?? { enqueuedAt: -1 };
    day.post({ type: 'offer-lapsed', offerId: 't.1', now: day.now + 20_000 });
    expect(day.presence('alice')).toBe('paused(missed)');
    expect(day.types()).toContain('ticket-returned');
    expect(day.offers).toEqual(['t>bob']);
    expect(day.state.tickets.get('t')).toMatchObject({ enqueuedAt, offers: 2 });
  });

  it('whose timer comes too early goes on', () => {
    const day = office('alice').post(queued('t')).post({ type: 'offer-lapsed', offerId: 't.1' });
    expect(day.activity('alice')).toBe('offered');
  });

  it('that is declined goes to another first, and back to the same agent only later', () => {
    const day = office('alice', 'bob').post(queued('t')).post({ type: 'offer-declined', offerId: 't.1' });
    expect(day.presence('alice')).toBe('available');
    expect(day.offers).toEqual(['t>bob']);
    day.post({ type: 'offer-declined', offerId: 't.2' });
    expect(day.offers).toEqual([]);
    expect(day.post({ type: 'retry-due', now: day.now + 10_000 }).offers).toEqual(['t>alice']);
  });

  it('that is declined leaves the agent free for other tickets', () => {
    const day = office('alice').post(queued('t')).post({ type: 'offer-declined', offerId: 't.1' });
    expect(day.post(queued('u')).offers).toEqual(['u>alice']);
  });

  it('that fails spares the agent for a moment, not longer', () => {
    const day = office('alice').post(queued('t')).post({ type: 'offer-failed', offerId: 't.1', cause: 'unreachable' });
    expect(day.presence('alice')).toBe('available');
    expect(day.offers).toEqual([]);
    expect(day.post({ type: 'retry-due', now: day.now + 3000 }).offers).toEqual(['t>alice']);
  });

  it('is lost when the caller gives up, and an answer that comes too late is told so', () => {
    const day = office('alice').post(queued('t')).post({ type: 'ticket-withdrawn', ticketId: 't' });
    expect(day.effects).toContainEqual(expect.objectContaining({ type: 'offer-lost', reason: 'withdrawn' }));
    expect(day.activity('alice')).toBe('idle');
    day.post({ type: 'offer-answered', offerId: 't.1' });
    expect(day.effects).toEqual([{ type: 'offer-lost', offer: { id: 't.1' }, reason: 'stale' }]);
  });

  it.each([
    ['signs out', { type: 'signed-out', agentId: 'alice' }, 'agent-gone', 'offline'],
    ['loses the connection', { type: 'unregistered', agentId: 'alice' }, 'unreachable', 'available'],
  ] as const)('is lost when its agent %s', (_name, event, reason, presence) => {
    const day = office('alice').post(queued('t')).post(event);
    expect(day.effects).toContainEqual(expect.objectContaining({ type: 'offer-lost', reason }));
    expect(day.types()).toContain('ticket-returned');
    expect(day.presence('alice')).toBe(presence);
  });

  it('goes on when its agent asks for a pause, which then begins after the call', () => {
    const day = office('alice').post(queued('t')).post({ type: 'paused', agentId: 'alice', reason: 'meal' });
    expect(day.activity('alice')).toBe('offered');
    day
      .post({ type: 'offer-answered', offerId: 't.1' })
      .post({ type: 'call-ended', agentId: 'alice', callId: 'call-t' });
    expect([day.activity('alice'), day.presence('alice')]).toEqual(['wrap-up', 'available']);
    day.post({ type: 'wrap-up-ended', agentId: 'alice', callId: 'call-t' });
    expect([day.activity('alice'), day.presence('alice')]).toEqual(['idle', 'paused(meal)']);
  });
});

describe('a ticket', () => {
  it('leaves when it waited as long as it may', () => {
    const day = new Day().post(configured([])).post(queued('t', { maxWaitMs: 30_000 }));
    expect(day.types()).toContain('arm');
    day.post({ type: 'ticket-lapsed', ticketId: 't', now: day.now + 30_000 });
    expect(day.types()).toEqual(expect.arrayContaining(['ticket-timed-out', 'queues-changed']));
    expect(day.state.tickets.size).toBe(0);
  });

  it('does not leave while an agent rings, but right after if that comes to nothing', () => {
    const day = office('alice').post(queued('t', { maxWaitMs: 10_000 }));
    const start = day.now;
    day.post({ type: 'ticket-lapsed', ticketId: 't', now: start + 10_000 });
    expect(day.state.tickets.get('t')).toBeDefined();
    day.post({ type: 'offer-lapsed', offerId: 't.1', now: start + 20_000 });
    expect(day.types()).toContain('ticket-timed-out');
  });

  it('is refused by a queue that is not there', () => {
    expect(
      new Day()
        .post(configured([]))
        .post(queued('t', { queueId: 'nowhere' }))
        .types(),
    ).toEqual(['ticket-refused']);
  });

  it('is closed with its queue', () => {
    const day = office('alice').post(queued('t'));
    day.post({ type: 'configured', owner: 'brain', epoch: 1, agents: [agent('alice')], queues: [] });
    expect(day.types()).toEqual(expect.arrayContaining(['offer-lost', 'ticket-closed']));
    expect(day.activity('alice')).toBe('idle');
  });
});

describe('an agent', () => {
  it('wraps up as long as the queue says, and is then asked last', () => {
    const day = office('alice', 'bob').post(queued('t')).post({ type: 'offer-answered', offerId: 't.1' });
    day.post({ type: 'call-ended', agentId: 'alice', callId: 'call-t' });
    expect(day.state.agents.get('alice')?.activity).toEqual({
      type: 'wrap-up',
      callId: 'call-t',
      queueId: 'support',
      until: day.now + 60_000,
    });
    day.post({ type: 'wrap-up-lapsed', agentId: 'alice', callId: 'call-t', now: day.now + 60_000 });
    expect(day.activity('alice')).toBe('idle');
    expect(day.post(queued('u')).offers).toEqual(['u>bob']);
  });

  it('who dialled is free at once after the call', () => {
    const day = office('alice').post({ type: 'dialled', agentId: 'alice', callId: 'out' });
    day.post({ type: 'call-connected', agentId: 'alice', callId: 'out' });
    expect(day.activity('alice')).toBe('talking');
    expect(day.post({ type: 'dialled', agentId: 'alice', callId: 'more' }).types()).toEqual(['dial-refused']);
    expect(day.post({ type: 'call-ended', agentId: 'alice', callId: 'out' }).activity('alice')).toBe('idle');
  });

  it('who signs out during a call goes offline after wrap-up', () => {
    const day = office('alice').post(queued('t')).post({ type: 'offer-answered', offerId: 't.1' });
    day.post({ type: 'signed-out', agentId: 'alice' });
    expect(day.presence('alice')).toBe('available');
    day.post({ type: 'call-ended', agentId: 'alice', callId: 'call-t' });
    day.post({ type: 'wrap-up-ended', agentId: 'alice', callId: 'call-t' });
    expect(day.presence('alice')).toBe('offline');
  });

  it('who opens the softphone is paused until going available, and stays available when it is opened again', () => {
    const day = new Day().post(configured([agent('alice')])).post({ type: 'signed-in', agentId: 'alice' });
    expect(day.presence('alice')).toBe('paused(signed-in)');
    day.post({ type: 'went-available', agentId: 'alice' }).post({ type: 'signed-in', agentId: 'alice' });
    expect(day.presence('alice')).toBe('available');
  });

  it('who is taken out of the files goes when the call is over', () => {
    const day = office('alice').post(queued('t')).post({ type: 'offer-answered', offerId: 't.1' }).post(configured([]));
    expect(day.activity('alice')).toBe('talking');
    day.post({ type: 'call-ended', agentId: 'alice', callId: 'call-t' });
    day.post({ type: 'wrap-up-ended', agentId: 'alice', callId: 'call-t' });
    expect(day.types()).toContain('agent-removed');
    expect(day.state.agents.size).toBe(0);
  });
});

describe('after a restart', () => {
  it('offers of an older epoch are void and their tickets are offered anew', () => {
    const day = office('alice')
      .post(queued('t'))
      .post(configured([agent('alice')], 2));
    expect(day.effects).toContainEqual(expect.objectContaining({ type: 'offer-lost', reason: 'stale' }));
    expect(day.state.offers.get('t.2')).toMatchObject({ epoch: 2, agentId: 'alice' });
  });

  it('agents of calls that ended meanwhile wrap up, and tickets of callers who left are gone', () => {
    const day = office('alice', 'bob').post(queued('t')).post({ type: 'offer-answered', offerId: 't.1' });
    day.post({ type: 'paused', agentId: 'bob', reason: 'meal' }).post(queued('u')).post(queued('v'));
    day.post({ type: 'recovered', talking: [], waiting: ['call-v'] });
    expect(day.activity('alice')).toBe('wrap-up');
    expect(day.state.tickets.ids()).toEqual(['v']);
  });

  it('agents whose calls went on keep talking', () => {
    const day = office('alice').post(queued('t')).post({ type: 'offer-answered', offerId: 't.1' });
    day.post({ type: 'recovered', talking: [{ agentId: 'alice', callId: 'call-t' }], waiting: [] });
    expect(day.activity('alice')).toBe('talking');
  });
});

describe('every state takes every event', () => {
  const states: Record<string, () => Day> = {
    empty: () => new Day(),
    offline: () => new Day().post(configured([agent('alice')])),
    idle: () => office('alice'),
    paused: () => office('alice').post({ type: 'paused', agentId: 'alice', reason: 'meal' }),
    offered: () => office('alice').post(queued('t')),
    'offered, leaving': () =>
      office('alice').post(queued('t')).post({ type: 'paused', agentId: 'alice', reason: 'meal' }),
    dialling: () => office('alice').post({ type: 'dialled', agentId: 'alice', callId: 'call-t' }),
    talking: () => office('alice').post(queued('t')).post({ type: 'offer-answered', offerId: 't.1' }),
    'wrap-up': () =>
      office('alice')
        .post(queued('t'))
        .post({ type: 'offer-answered', offerId: 't.1' })
        .post({ type: 'call-ended', agentId: 'alice', callId: 'call-t' }),
    waiting: () => new Day().post(configured([agent('alice')])).post(queued('t', { maxWaitMs: 5000 })),
  };
  const [agentId, callId, ticketId, offerId] = ['alice', 'call-t', 't', 't.1'];
  const events: Post[] = [
    configured([agent('alice'), agent('bob')], 2),
    configured([]),
    { type: 'signed-in', agentId },
    { type: 'went-available', agentId },
    { type: 'paused', agentId, reason: 'training' },
    { type: 'signed-out', agentId },
    { type: 'registered', agentId },
    { type: 'unregistered', agentId },
    { type: 'dialled', agentId, callId },
    queued('t'),
    queued('other'),
    { type: 'ticket-withdrawn', ticketId },
    { type: 'offer-answered', offerId },
    { type: 'offer-declined', offerId },
    { type: 'offer-failed', offerId, cause: 'error' },
    { type: 'offer-lapsed', offerId, now: 1_000_000 },
    { type: 'ticket-lapsed', ticketId, now: 1_000_000 },
    { type: 'call-connected', agentId, callId },
    { type: 'call-ended', agentId, callId },
    { type: 'wrap-up-ended', agentId, callId },
    { type: 'wrap-up-lapsed', agentId, callId, now: 1_000_000 },
    { type: 'retry-due' },
    { type: 'recovered', talking: [{ agentId, callId }], waiting: [callId] },
    { type: 'recovered', talking: [], waiting: [] },
  ];
  const nameOf = (event: Post): string => {
    if (event.type === 'configured') return `configured with ${event.agents.length} agents`;
    if (event.type === 'recovered') return `recovered with ${event.talking.length} calls`;
    return event.type === 'ticket-queued' ? `ticket-queued ${event.ticketId}` : event.type;
  };
  const outcome = (day: Day): string => {
    const who = `${day.presence('alice') ?? 'gone'}/${day.activity('alice') ?? 'gone'}`;
    return `${who}, tickets ${day.state.tickets.ids().sort().join(' ') || '-'}: ${day.types().join(' ') || 'nothing'}`;
  };
  it.each(Object.entries(states))('%s', (_name, make) => {
    const row = Object.fromEntries(events.map((event) => [nameOf(event), outcome(make().post(event))]));
    expect(row).toMatchSnapshot();
  });
});
