import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RoutingEffect, RoutingEvent, RoutingTimerEvent } from './events.ts';
import { broken, neglected } from './invariants.test-support.ts';
import { changesBetween, type KeptEntry, routingOf } from './kept.ts';
import { emptyRouting, type RoutingState } from './state.ts';
import { transition } from './transition.ts';
import { rearm } from './view.ts';

const agentIds = ['a', 'b', 'c'];
const agentId = fc.constantFrom(...agentIds);
const queueId = fc.constantFrom('q1', 'q2', 'q3');
const agentConfig = fc.record({
  id: agentId,
  name: fc.constant('x'),
  skills: fc.record({ s: fc.integer({ min: 1, max: 5 }) }),
  queues: fc.subarray(['q1', 'q2']),
  languages: fc.subarray(['en', 'zh']),
});
const agents = fc.uniqueArray(agentConfig, { selector: ({ id }) => id });
const queues = fc.uniqueArray(
  fc.record({ id: fc.constantFrom('q1', 'q2'), ringMs: fc.constant(50), wrapUpMs: fc.constantFrom(0, 80) }),
  {
    selector: ({ id }) => id,
  },
);

/** What may happen, with references resolved against the state when it happens: the `pick`-th offer, call, ticket. */
type Happening = (state: RoutingState, fresh: number) => Omit<RoutingEvent, 'now'> | undefined;
const pick = <T>(values: readonly T[], at: number): T | undefined => values[at % Math.max(1, values.length)];
const callOf = (state: RoutingState, id: string): string => {
  const activity = state.agents.get(id)?.activity;
  return activity === undefined || activity.type === 'idle' ? 'none' : activity.callId;
};
const onAgent = (type: string, more: object = {}): fc.Arbitrary<Happening> =>
  agentId.map((id) => () => ({ type, agentId: id, ...more }) as never);
const onCall = (type: string): fc.Arbitrary<Happening> =>
  agentId.map((id) => (state) => ({ type, agentId: id, callId: callOf(state, id) }) as never);
const onOffer = (type: string, more: object = {}): fc.Arbitrary<Happening> =>
  fc.nat(5).map((at) => (state) => {
    const offerId = pick(state.offers.ids(), at) ?? 't0.1';
    return { type, offerId, ...more } as never;
  });

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.tuple(agents, queues, fc.nat(3)).map(
      ([list, lines, epoch]): Happening =>
        () =>
          ({ type: 'configured', owner: 'x', epoch, agents: list, queues: lines }) as never,
    ),
  },
  { weight: 6, arbitrary: onAgent('registered') },
  { weight: 8, arbitrary: onAgent('went-available') },
  onAgent('signed-in'),
  onAgent('paused', { reason: 'meal' }),
  onAgent('signed-out'),
  onAgent('unregistered'),
  fc.tuple(agentId, fc.nat()).map(
    ([id]): Happening =>
      (_state, fresh) =>
        ({ type: 'dialled', agentId: id, callId: `out${fresh}` }) as never,
  ),
  {
    weight: 8,
    arbitrary: fc
      .record({
        queueId,
        level: fc.integer({ min: 0, max: 5 }),
        zh: fc.boolean(),
        priority: fc.nat(2),
        maxWaitMs: fc.constantFrom(0, 40, 200),
      })
      .map(
        ({ level, zh, ...rest }): Happening =>
          (_state, fresh) =>
            ({
              type: 'ticket-queued',
              ticketId: `t${fresh}`,
              callId: `c${fresh}`,
              requirements: level === 0 ? [] : [{ skill: 's', minLevel: level }],
              requiredLanguage: zh ? 'zh' : null,
              ...rest,
            }) as never,
      ),
  },
  fc.nat(9).map(
    (at): Happening =>
      (state) =>
        ({ type: 'ticket-withdrawn', ticketId: pick(state.tickets.ids(), at) ?? 't0' }) as never,
  ),
  { weight: 5, arbitrary: onOffer('offer-answered') },
  { weight: 2, arbitrary: onOffer('offer-declined') },
  { weight: 2, arbitrary: onOffer('offer-failed', { cause: 'unreachable' }) },
  onCall('call-connected'),
  { weight: 4, arbitrary: onCall('call-ended') },
  { weight: 2, arbitrary: onCall('wrap-up-ended') },
  fc.tuple(fc.subarray(agentIds), fc.nat(20)).map(
    ([live, kept]): Happening =>
      (state) =>
        ({
          type: 'recovered',
          talking: live.flatMap((id) =>
            state.agents.get(id)?.activity.type === 'talking' ? [{ agentId: id, callId: callOf(state, id) }] : [],
          ),
          waiting: state.tickets.values().flatMap(({ callId }, at) => (at % 3 === kept % 3 ? [] : [callId])),
        }) as never,
  ),
);

/** Runs happenings with a clock and timers as the dispatcher would, checking after every step. */
class World {
  state: RoutingState = emptyRouting;
  now = 0;
  readonly timers = new Map<string, { at: number; event: RoutingTimerEvent }>();
  readonly fate = new Map<string, string>();
  #fresh = 0;

  happen(happening: Happening): void {
    const event = happening(this.state, this.#fresh++);
    if (event !== undefined) this.take({ ...event, now: this.now } as RoutingEvent);
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at);
      this.take({ ...due[1].event, now: this.now });
    }
    this.now = end;
  }

  take(event: RoutingEvent): void {
    const before = this.state;
    const step = transition(before, event);
    this.state = step.state;
    for (const effect of step.effects) this.#effect(effect);
    const gone = before.tickets.ids().filter((id) => step.state.tickets.get(id) === undefined);
    // Only the caller leaving, or recovery finding the caller gone, takes a ticket away without an effect of its own.
    for (const id of gone)
      if (!this.fate.has(id)) {
        expect(['ticket-withdrawn', 'recovered']).toContain(event.type);
        this.fate.set(id, 'withdrawn');
      }
    for (const id of step.state.tickets.ids()) expect(this.fate.has(id)).toBe(false);
    expect(broken(this.state)).toEqual([]);
    expect(neglected(this.state, this.now)).toEqual([]);
    // A deadline that came while the ticket was being offered is looked at again when the offer ends.
    for (const { timer, at } of rearm(this.state))
      if (at > this.now) expect([timer, this.timers.get(timer)?.at]).toEqual([timer, at]);
  }

  #effect(effect: RoutingEffect): void {
    if (effect.type === 'arm') this.timers.set(effect.timer, effect);
    if (effect.type === 'disarm') this.timers.delete(effect.timer);
    if (effect.type === 'ticket-timed-out' || effect.type === 'ticket-closed' || effect.type === 'offer-won') {
      expect(this.fate.has(effect.ticket.id)).toBe(false);
      this.fate.set(effect.ticket.id, effect.type);
    }
  }
}

const history = fc.array(fc.tuple(happening, fc.constantFrom(0, 0, 0, 10, 60, 4000)), { minLength: 10, maxLength: 80 });
const opening: RoutingEvent[] = [
  {
    type: 'configured',
    owner: 'x',
    epoch: 0,
    now: 0,
    agents: agentIds.map((id) => ({ id, name: id, skills: { s: 3 }, queues: ['q1', 'q2'], languages: ['en', 'zh'] })),
    queues: [
      { id: 'q1', ringMs: 50, wrapUpMs: 80 },
      { id: 'q2', ringMs: 50, wrapUpMs: 0 },
    ],
  },
];

describe('whatever happens', () => {
  it('nobody has two offers, no ticket is lost, nothing haunts the state, nobody waits for nothing', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const world = new World();
        for (const event of opening) world.take(event);
        for (const [happening, pause] of steps) {
          world.happen(happening);
          world.pass(pause);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a state survives being written down', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const world = new World();
        for (const event of opening) world.take(event);
        for (const [happening] of steps) world.happen(happening);
        const written = JSON.stringify(changesBetween(emptyRouting, world.state));
        expect(routingOf(JSON.parse(written) as KeptEntry[])).toEqual(world.state);
      }),
      { numRuns: 50 },
    );
  });
});
