/** What changes routing from outside the day's work: new files, and coming back after a restart. Pure. */
import { leaveCall } from './calls.ts';
import type { Draft } from './draft.ts';
import type { RoutingEvent } from './events.ts';
import type { Activity, Agent, AgentConfig } from './state.ts';

type EventOf<T extends RoutingEvent['type']> = Extract<RoutingEvent, { type: T }>;

/** Takes over the files' agents and queues. Offers of an older epoch are void: nobody is left who could hear their answer. */
export function configure(draft: Draft, event: EventOf<'configured'>): void {
  const { owner, epoch, queues, agents } = event;
  for (const offer of draft.state.offers.values()) if (offer.epoch < epoch) voidOffer(draft, offer.id);
  for (const { id, ringMs, wrapUpMs } of queues) draft.setQueue({ id, ringMs, wrapUpMs, owner, epoch });
  const kept = new Set(queues.map(({ id }) => id));
  for (const id of Object.keys(draft.state.queues)) if (!kept.has(id)) closeQueue(draft, id);
  for (const agent of agents) configureAgent(draft, agent);
  const known = new Set(agents.map(({ id }) => id));
  for (const agent of draft.state.agents.values()) if (!known.has(agent.id)) dismiss(draft, agent);
}

function voidOffer(draft: Draft, offerId: string): void {
  const offer = draft.offer(offerId);
  if (offer === undefined) return;
  draft.loseOffer(offer, 'stale');
  const ticket = draft.ticket(offer.ticketId);
  if (ticket !== undefined) draft.returnTicket(ticket, 'stale');
}

function closeQueue(draft: Draft, id: string): void {
  for (const ticket of draft.state.tickets.values()) {
    if (ticket.queueId !== id) continue;
    draft.removeTicket(ticket);
    const offer = ticket.offerId === null ? undefined : draft.offer(ticket.offerId);
    if (offer !== undefined) draft.loseOffer(offer, 'withdrawn');
    draft.effects.push({ type: 'ticket-closed', ticket: { ...ticket, offerId: null } });
  }
  draft.removeQueue(id);
}

function configureAgent(draft: Draft, { id, name, skills, queues, languages }: AgentConfig): void {
  const config: AgentConfig = { id, name, skills, queues, languages };
  const known = draft.agent(id);
  const fresh = {
    presence: { type: 'offline' },
    pending: null,
    activity: { type: 'idle' },
    since: draft.now,
    idleSince: draft.now,
    holdOffUntil: null,
    registered: false,
  } as const;
  if (known !== undefined && !known.removed && sameConfig(known, config)) return;
  draft.setAgent({ ...(known ?? fresh), ...config, removed: false }, 'configured');
}

function sameConfig(agent: Agent, config: AgentConfig): boolean {
  const part = ({ name, skills, queues, languages }: AgentConfig): string =>
    JSON.stringify([name, skills, queues, languages]);
  return part(agent) === part(config);
}

function dismiss(draft: Draft, agent: Agent): void {
  if (agent.removed) return;
  const leaving: Agent = { ...agent, removed: true };
  if (agent.activity.type === 'idle') return draft.removeAgent(agent.id);
  draft.setAgent(leaving, 'configured');
  if (agent.activity.type !== 'offered') return;
  const offer = draft.offer(agent.activity.offerId);
  if (offer === undefined) return;
  draft.loseOffer(offer, 'agent-gone');
  const ticket = draft.ticket(offer.ticketId);
  if (ticket !== undefined) draft.returnTicket(ticket, 'agent-gone');
}

/** Makes the state true again: nobody talks in a call that is gone, no ticket waits for a caller who is gone. */
export function recover(draft: Draft, event: EventOf<'recovered'>): void {
  const waiting = new Set(event.waiting);
  for (const ticket of draft.state.tickets.values()) {
    if (waiting.has(ticket.callId)) continue;
    draft.removeTicket(ticket);
    const offer = ticket.offerId === null ? undefined : draft.offer(ticket.offerId);
    if (offer !== undefined) draft.loseOffer(offer, 'withdrawn');
  }
  const talking = new Map(event.talking.map((each) => [each.agentId, each]));
  for (const { id } of draft.state.agents.values()) {
    const agent = draft.agent(id);
    if (agent !== undefined) recoverAgent(draft, agent, talking.get(id));
  }
}

function recoverAgent(draft: Draft, agent: Agent, call: EventOf<'recovered'>['talking'][number] | undefined): void {
  const { activity } = agent;
  if (call === undefined) return leaveCall(draft, agent, 'recovered');
  const { callId, queueId = null, offerId = null } = call;
  const wanted = call.dialling === true ? 'dialling' : 'talking';
  if (activity.type === wanted && activity.callId === callId) return;
  if (activity.type === 'offered') voidOffer(draft, activity.offerId);
  if (activity.type === 'wrap-up') draft.effects.push({ type: 'disarm', timer: `wrap-up:${agent.id}` });
  const resumed: Activity =
    wanted === 'dialling' ? { type: 'dialling', callId, queueId } : { type: 'talking', callId, queueId, offerId };
  const now = draft.agent(agent.id);
  if (now !== undefined) draft.setAgent({ ...now, activity: resumed }, 'recovered');
}
