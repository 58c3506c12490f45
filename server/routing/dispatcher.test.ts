import { expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { Dispatcher, type Dispatched, type RoutingPost } from './dispatcher.ts';
import { changesBetween, type KeptEntry, routingOf } from './kept.ts';
import { emptyRouting } from './state.ts';

const config = (epoch: number): RoutingPost => ({
  type: 'configured',
  owner: 'brain',
  epoch,
  agents: [{ id: 'alice', name: 'Alice', skills: {}, queues: ['support'], languages: ['en-US'] }],
  queues: [{ id: 'support', ringMs: 20_000, wrapUpMs: 60_000 }],
});
const ticket: RoutingPost = {
  type: 'ticket-queued',
  ticketId: 't',
  callId: 'c',
  queueId: 'support',
  requirements: [],
  requiredLanguage: null,
  priority: 5,
  maxWaitMs: 0,
};

function start(clock: SimulatedClock): { dispatcher: Dispatcher; steps: Dispatched[] } {
  const steps: Dispatched[] = [];
  const dispatcher = new Dispatcher(clock, (step) => steps.push(step));
  dispatcher.post(config(1));
  dispatcher.post({ type: 'registered', agentId: 'alice' });
  dispatcher.post({ type: 'went-available', agentId: 'alice' });
  return { dispatcher, steps };
}

it('lets an offer lapse by the clock', () => {
  const clock = new SimulatedClock(1000);
  const { dispatcher, steps } = start(clock);
  dispatcher.post(ticket);
  clock.advance(19_999);
  expect(dispatcher.state.agents.get('alice')?.activity.type).toBe('offered');
  clock.advance(1);
  expect(dispatcher.state.agents.get('alice')?.presence).toEqual({ type: 'paused', reason: 'missed' });
  expect(steps.at(-1)?.effects.map(({ type }) => type)).toContain('ticket-returned');
  dispatcher.close();
  expect(clock.armed).toBe(0);
});

it('ends a wrap-up that was under way when the server stopped', () => {
  const clock = new SimulatedClock(1000);
  const first = start(clock).dispatcher;
  first.post(ticket);
  first.post({ type: 'offer-answered', offerId: 't.1' });
  first.post({ type: 'call-ended', agentId: 'alice', callId: 'c' });
  const written = JSON.stringify(changesBetween(emptyRouting, first.state));
  first.close();
  clock.advance(30_000);
  const second = new Dispatcher(clock, () => {}, routingOf(JSON.parse(written) as KeptEntry[]));
  second.post(config(2));
  second.post({ type: 'recovered', talking: [], waiting: [] });
  second.start();
  clock.advance(29_999);
  expect(second.state.agents.get('alice')?.activity.type).toBe('wrap-up');
  clock.advance(1);
  expect(second.state.agents.get('alice')?.activity.type).toBe('idle');
});

it('takes events posted while effects are performed after them', () => {
  const seen: string[] = [];
  const dispatcher: Dispatcher = new Dispatcher(new SimulatedClock(), ({ event, effects }) => {
    seen.push(event.type);
    for (const effect of effects)
      if (effect.type === 'offer') dispatcher.post({ type: 'offer-declined', offerId: effect.offer.id });
  });
  dispatcher.post(config(1));
  dispatcher.post({ type: 'registered', agentId: 'alice' });
  dispatcher.post({ type: 'went-available', agentId: 'alice' });
  dispatcher.post(ticket);
  expect(seen).toEqual(['configured', 'registered', 'went-available', 'ticket-queued', 'offer-declined']);
});
