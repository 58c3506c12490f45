/** Who is asked for which ticket. Pure. */
import type { Agent, RoutingState, Ticket } from './state.ts';

/** Why an agent is not asked for a ticket; null: may be asked. In the order they are looked at. */
export type Unfit =
  | 'offline'
  | 'paused'
  | 'busy'
  | 'unreachable'
  | 'held-off'
  | 'other-queue'
  | 'lacks-skill'
  | 'lacks-language'
  | 'declined';

/** Whether an agent could take any call at all now. */
export function unfitForAny(agent: Agent, now: number): Unfit | null {
  if (agent.presence.type === 'offline' || agent.removed) return 'offline';
  if (agent.presence.type === 'paused') return 'paused';
  if (agent.activity.type !== 'idle') return 'busy';
  if (!agent.registered) return 'unreachable';
  if (agent.holdOffUntil !== null && agent.holdOffUntil > now) return 'held-off';
  return null;
}

/** Whether an agent who is free could take this ticket. A skill that is not there is not a level of zero: it is lacking. */
export function unfitFor(agent: Agent, ticket: Ticket, now: number): Unfit | null {
  if (!agent.queues.includes(ticket.queueId)) return 'other-queue';
  const able = ticket.requirements.every(({ skill, minLevel }) => {
    const level = Object.hasOwn(agent.skills, skill) ? agent.skills[skill] : undefined;
    return level !== undefined && level >= minLevel;
  });
  if (!able) return 'lacks-skill';
  if (ticket.requiredLanguage !== null && !agent.languages.includes(ticket.requiredLanguage)) return 'lacks-language';
  const declined = ticket.declinedBy.find(({ agentId }) => agentId === agent.id);
  return declined !== undefined && declined.until > now ? 'declined' : null;
}

/** Tickets nobody is being asked for, in the order they are served: priority, then age. */
export function waitingTickets(state: RoutingState): readonly Ticket[] {
  return state.tickets
    .values()
    .filter(({ offerId }) => offerId === null)
    .sort((a, b) => b.priority - a.priority || a.enqueuedAt - b.enqueuedAt || (a.id < b.id ? -1 : 1));
}

/** The agent to ask: longest idle among the qualified; those who declined this ticket before come last. */
export function bestAgent(free: Iterable<Agent>, ticket: Ticket, now: number): Agent | undefined {
  let best: Agent | undefined;
  for (const agent of free)
    if (unfitFor(agent, ticket, now) === null && (best === undefined || before(agent, best, ticket))) best = agent;
  return best;
}

function before(a: Agent, b: Agent, ticket: Ticket): boolean {
  const declined = (agent: Agent): number => (ticket.declinedBy.some(({ agentId }) => agentId === agent.id) ? 1 : 0);
  const order = declined(a) - declined(b) || a.idleSince - b.idleSince;
  return order === 0 ? a.id < b.id : order < 0;
}
