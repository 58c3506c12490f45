/** What must be true of every routing state, for the tests. */
import { unfitFor, unfitForAny, waitingTickets } from './rank.ts';
import type { RoutingState } from './state.ts';

/** Everything that is wrong with a state; empty when it is sound. */
export function broken(state: RoutingState): readonly string[] {
  const wrong: string[] = [];
  const demand = (holds: boolean, what: string): void => void (holds || wrong.push(what));
  for (const key of state.offers.ids()) {
    const offer = state.offers.get(key);
    if (offer === undefined) continue;
    const activity = state.agents.get(offer.agentId)?.activity;
    demand(key === offer.id, `offer ${key} has another id`);
    demand(state.tickets.get(offer.ticketId)?.offerId === offer.id, `offer ${offer.id} without its ticket`);
    demand(activity?.type === 'offered' && activity.offerId === offer.id, `offer ${offer.id} without its agent`);
  }
  for (const ticket of state.tickets.values()) {
    demand(
      ticket.offerId === null || state.offers.get(ticket.offerId) !== undefined,
      `ticket ${ticket.id} of a ghost offer`,
    );
    demand(state.queues[ticket.queueId] !== undefined, `ticket ${ticket.id} in no queue`);
  }
  const calls = new Set<string>();
  for (const { id, activity, removed, pending } of state.agents.values()) {
    if (activity.type === 'offered')
      demand(state.offers.get(activity.offerId) !== undefined, `agent ${id} of a ghost offer`);
    if (activity.type === 'idle')
      demand(!removed && pending === null, `agent ${id} idle, but removed or with something pending`);
    if (activity.type !== 'offered' && activity.type !== 'talking') continue;
    demand(!calls.has(activity.callId), `two agents in call ${activity.callId}`);
    calls.add(activity.callId);
  }
  return wrong;
}

/** Tickets that wait although somebody could be asked; empty when everybody is kept busy. */
export function neglected(state: RoutingState, now: number): readonly string[] {
  const free = state.agents.values().filter((agent) => unfitForAny(agent, now) === null);
  return waitingTickets(state)
    .filter((ticket) => free.some((agent) => unfitFor(agent, ticket, now) === null))
    .map(({ id }) => id);
}
