/**
 * Routing's transition: a state and what happened -> the state then and what to do. Pure and total: every state takes every
 * event; one that does not fit changes nothing.
 */
import { assertNever } from '../../base/assert-never.ts';
import { connect, endCall, endWrapUp } from './calls.ts';
import { configure, recover } from './configure.ts';
import { Draft, holdOffMs } from './draft.ts';
import type { OfferFailure, RoutingEvent, RoutingStep } from './events.ts';
import { bestAgent, unfitForAny, waitingTickets } from './rank.ts';
import type { Agent, Presence, RoutingState } from './state.ts';

type EventOf<T extends RoutingEvent['type']> = Extract<RoutingEvent, { type: T }>;

/** See the file. */
export function transition(state: RoutingState, event: RoutingEvent): RoutingStep {
  const draft = new Draft(state, event.now);
  apply(draft, event);
  if (!draft.untouched || event.type === 'retry-due') match(draft);
  return draft.done();
}

function apply(draft: Draft, event: RoutingEvent): void {
  switch (event.type) {
    case 'configured':
      return configure(draft, event);
    case 'recovered':
      return recover(draft, event);
    case 'signed-in':
    case 'went-available':
    case 'paused':
    case 'signed-out':
    case 'registered':
    case 'unregistered':
    case 'dialled':
      return applyToAgent(draft, event);
    case 'ticket-queued':
      return queueTicket(draft, event);
    case 'ticket-withdrawn':
      return withdraw(draft, event.ticketId);
    case 'ticket-lapsed':
      return lapseTicket(draft, event.ticketId);
    case 'offer-answered':
      return answer(draft, event.offerId);
    case 'offer-declined':
      return decline(draft, event.offerId);
    case 'offer-failed':
      return failOffer(draft, event.offerId, event.cause);
    case 'offer-lapsed':
      return lapseOffer(draft, event.offerId);
    case 'call-connected':
      return connect(draft, event);
    case 'call-ended':
      return endCall(draft, event);
    case 'wrap-up-ended':
    case 'wrap-up-lapsed':
      return endWrapUp(draft, event);
    case 'retry-due':
      return;
    default:
      return assertNever(event, 'event');
  }
}

/** Makes every offer that can be made. */
function match(draft: Draft): void {
  const waiting = waitingTickets(draft.state);
  // Agents are looked at only when somebody waits: a thousand of them registering are no work for the queues.
  if (waiting.length === 0) return;
  const free = new Map<string, Agent>();
  for (const agent of draft.state.agents.values())
    if (unfitForAny(agent, draft.now) === null) free.set(agent.id, agent);
  if (free.size === 0) return;
  for (const ticket of waiting) {
    const queue = draft.queue(ticket.queueId);
    const agent = queue === undefined ? undefined : bestAgent(free.values(), ticket, draft.now);
    if (agent === undefined || queue === undefined) continue;
    draft.makeOffer(ticket, agent, queue);
    free.delete(agent.id);
    if (free.size === 0) return;
  }
}

type AgentEvent = EventOf<
  'signed-in' | 'went-available' | 'paused' | 'signed-out' | 'registered' | 'unregistered' | 'dialled'
>;

function applyToAgent(draft: Draft, event: AgentEvent): void {
  const agent = draft.agent(event.agentId);
  if (agent === undefined || agent.removed) {
    if (event.type === 'dialled')
      draft.effects.push({ type: 'dial-refused', agentId: event.agentId, callId: event.callId });
    return;
  }
  switch (event.type) {
    case 'signed-in':
      if (agent.pending?.type === 'offline') return draft.setAgent({ ...agent, pending: null }, event.type);
      if (agent.presence.type !== 'offline') return;
      return draft.setAgent({ ...agent, presence: { type: 'paused', reason: 'signed-in' } }, event.type);
    case 'went-available':
      return goAvailable(draft, agent);
    case 'paused':
      return pause(draft, agent, event.reason);
    case 'signed-out':
      return signOut(draft, agent);
    case 'registered':
      if (!agent.registered) draft.setAgent({ ...agent, registered: true }, event.type);
      return;
    case 'unregistered':
      return unregister(draft, agent);
    case 'dialled':
      return dial(draft, agent, event);
    default:
      return assertNever(event, 'event');
  }
}

function goAvailable(draft: Draft, agent: Agent): void {
  if (agent.presence.type === 'available' && agent.pending === null) return;
  const presence: Presence = agent.presence.type === 'available' ? agent.presence : { type: 'available' };
  // Whoever comes back from a pause starts anew at the end of the line.
  const idleSince = agent.presence.type === 'available' ? agent.idleSince : draft.now;
  draft.setAgent({ ...agent, presence, pending: null, idleSince, holdOffUntil: null }, 'went-available');
}

function pause(draft: Draft, agent: Agent, reason: string): void {
  const presence: Presence = { type: 'paused', reason };
  const atOnce = agent.activity.type === 'idle' || agent.presence.type !== 'available';
  if (!atOnce) return draft.setAgent({ ...agent, pending: presence }, 'paused');
  if (agent.presence.type === 'paused' && agent.presence.reason === reason && agent.pending === null) return;
  draft.setAgent({ ...agent, presence, pending: null }, 'paused');
}

function signOut(draft: Draft, agent: Agent): void {
  const offline: Presence = { type: 'offline' };
  switch (agent.activity.type) {
    case 'idle':
      if (agent.presence.type !== 'offline')
        draft.setAgent({ ...agent, presence: offline, pending: null }, 'signed-out');
      return;
    case 'offered':
      return giveBack(draft, agent.activity.offerId, 'agent-gone', { pending: offline });
    case 'dialling':
    case 'talking':
    case 'wrap-up':
      return draft.setAgent({ ...agent, pending: offline }, 'signed-out');
    default:
      return assertNever(agent.activity, 'activity');
  }
}

function unregister(draft: Draft, agent: Agent): void {
  if (!agent.registered) return;
  draft.setAgent({ ...agent, registered: false }, 'unregistered');
  if (agent.activity.type === 'offered') giveBack(draft, agent.activity.offerId, 'unreachable');
}

function dial(draft: Draft, agent: Agent, { callId, queueId = null, rung }: EventOf<'dialled'>): void {
  // Whoever wraps up a call can be rung back for that same call.
  const back = agent.activity.type === 'wrap-up' && agent.activity.callId === callId;
  const busy = (agent.activity.type !== 'idle' && !back) || agent.presence.type === 'offline';
  if (busy) return void draft.effects.push({ type: 'dial-refused', agentId: agent.id, callId });
  if (back) draft.effects.push({ type: 'disarm', timer: `wrap-up:${agent.id}` });
  draft.setAgent({ ...agent, activity: { type: 'dialling', callId, queueId, ...(rung && { rung }) } }, 'dialled');
}

function queueTicket(draft: Draft, event: EventOf<'ticket-queued'>): void {
  const { ticketId, callId, queueId, requirements, requiredLanguage, priority, maxWaitMs, now } = event;
  if (draft.ticket(ticketId) !== undefined) return;
  if (draft.queue(queueId) === undefined) {
    draft.effects.push({ type: 'ticket-refused', ticketId, callId });
    return;
  }
  const deadline = maxWaitMs > 0 ? now + maxWaitMs : null;
  const waiting = { enqueuedAt: now, deadline, offers: 0, declinedBy: [], offerId: null };
  draft.setTicket({ id: ticketId, callId, queueId, requirements, requiredLanguage, priority, ...waiting });
  if (deadline === null) return;
  const lapse = { type: 'ticket-lapsed', ticketId } as const;
  draft.effects.push({ type: 'arm', timer: `ticket:${ticketId}`, at: deadline, event: lapse });
}

function withdraw(draft: Draft, ticketId: string): void {
  const ticket = draft.ticket(ticketId);
  if (ticket === undefined) return;
  draft.removeTicket(ticket);
  const offer = ticket.offerId === null ? undefined : draft.offer(ticket.offerId);
  if (offer !== undefined) draft.loseOffer(offer, 'withdrawn');
}

function lapseTicket(draft: Draft, ticketId: string): void {
  const ticket = draft.ticket(ticketId);
  // While an agent is ringing the ticket is not taken away; if that comes to nothing, it goes then.
  if (ticket?.deadline == null || ticket.deadline > draft.now || ticket.offerId !== null) return;
  draft.removeTicket(ticket);
  draft.effects.push({ type: 'ticket-timed-out', ticket });
}

function answer(draft: Draft, offerId: string): void {
  const offer = draft.offer(offerId);
  const ticket = offer === undefined ? undefined : draft.ticket(offer.ticketId);
  const agent = offer === undefined ? undefined : draft.agent(offer.agentId);
  if (offer === undefined || ticket === undefined || agent === undefined) {
    const won = draft.state.agents
      .values()
      .some(({ activity }) => activity.type === 'talking' && activity.offerId === offerId);
    if (!won) draft.effects.push({ type: 'offer-lost', offer: { id: offerId }, reason: 'stale' });
    return;
  }
  draft.winOffer(offer, ticket);
  const { callId, queueId } = offer;
  draft.setAgent({ ...agent, activity: { type: 'talking', callId, queueId, offerId } }, 'offer-answered');
}

/** Ends an offer and lets its ticket wait again. */
function giveBack(
  draft: Draft,
  offerId: string,
  reason: 'agent-gone' | 'lapsed' | 'declined' | OfferFailure,
  change: Partial<Agent> = {},
): void {
  const offer = draft.offer(offerId);
  if (offer === undefined) return;
  draft.loseOffer(offer, reason, change);
  const ticket = draft.ticket(offer.ticketId);
  if (ticket === undefined) return;
  if (reason !== 'declined') return draft.returnTicket(ticket, reason);
  const until = draft.now + holdOffMs.declined;
  const others = ticket.declinedBy.filter(({ agentId }) => agentId !== offer.agentId);
  draft.returnTicket({ ...ticket, declinedBy: [...others, { agentId: offer.agentId, until }] }, reason);
  draft.retry(`ticket:${ticket.id}`, until);
}

function decline(draft: Draft, offerId: string): void {
  giveBack(draft, offerId, 'declined');
}

function failOffer(draft: Draft, offerId: string, cause: OfferFailure): void {
  const offer = draft.offer(offerId);
  if (offer === undefined) return;
  const until = draft.now + holdOffMs.failed;
  giveBack(draft, offerId, cause, { holdOffUntil: until });
  draft.retry(`agent:${offer.agentId}`, until);
}

function lapseOffer(draft: Draft, offerId: string): void {
  const offer = draft.offer(offerId);
  if (offer === undefined || offer.until > draft.now) return;
  const agent = draft.agent(offer.agentId);
  giveBack(draft, offerId, 'lapsed', { pending: agent?.pending ?? { type: 'paused', reason: 'missed' } });
}
