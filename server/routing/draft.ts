/** A routing state being changed: copies what it touches and remembers the effects. Lives for one transition. */
import type { AgentCause, OfferLoss, RoutingEffect, RoutingStep } from './events.ts';
import type { Activity, Agent, Offer, Presence, Queue, RoutingState, Ticket } from './state.ts';

/** How long an agent who could not be reached, or who declined, is spared (that ticket). */
export const holdOffMs = { failed: 3000, declined: 10_000 } as const;

/** See the file. Its verbs keep the invariants: an offer, its ticket and its agent always name each other. */
export class Draft {
  readonly now: number;
  readonly effects: RoutingEffect[] = [];
  readonly #before: RoutingState;
  #state: RoutingState;
  readonly #queues = new Set<string>();

  constructor(state: RoutingState, now: number) {
    this.#before = state;
    this.#state = state;
    this.now = now;
  }

  get state(): RoutingState {
    return this.#state;
  }

  done(): RoutingStep {
    if (this.#queues.size > 0) this.effects.push({ type: 'queues-changed', queueIds: [...this.#queues] });
    return { state: this.#state, effects: this.effects };
  }

  agent(id: string): Agent | undefined {
    return this.#state.agents.get(id);
  }
  queue(id: string): Queue | undefined {
    const { queues } = this.#state;
    return Object.hasOwn(queues, id) ? queues[id] : undefined;
  }
  ticket(id: string): Ticket | undefined {
    return this.#state.tickets.get(id);
  }
  offer(id: string): Offer | undefined {
    return this.#state.offers.get(id);
  }

  /** Changes an agent; `since` follows presence and activity by itself. */
  setAgent(agent: Agent, cause: AgentCause): void {
    const before = this.agent(agent.id);
    const moved = before?.presence !== agent.presence || before.activity !== agent.activity;
    const after = moved ? { ...agent, since: this.now } : agent;
    this.#state = { ...this.#state, agents: this.#state.agents.with(agent.id, after) };
    this.effects.push({ type: 'agent-changed', agent: after, cause });
  }

  removeAgent(id: string): void {
    this.#state = { ...this.#state, agents: this.#state.agents.without(id) };
    this.effects.push({ type: 'agent-removed', agentId: id });
  }

  setQueue(queue: Queue): void {
    this.#state = { ...this.#state, queues: { ...this.#state.queues, [queue.id]: queue } };
  }
  removeQueue(id: string): void {
    const { [id]: _gone, ...queues } = this.#state.queues;
    this.#state = { ...this.#state, queues };
  }

  /** Lets a ticket wait. */
  setTicket(ticket: Ticket): void {
    if (this.ticket(ticket.id) === undefined) this.#queues.add(ticket.queueId);
    this.#state = { ...this.#state, tickets: this.#state.tickets.with(ticket.id, ticket) };
  }

  /** Takes a ticket out of its queue. */
  removeTicket(ticket: Ticket): void {
    this.#queues.add(ticket.queueId);
    this.#state = { ...this.#state, tickets: this.#state.tickets.without(ticket.id) };
    if (ticket.deadline !== null) this.effects.push({ type: 'disarm', timer: `ticket:${ticket.id}` });
  }

  /** Proposes a ticket to an agent. */
  makeOffer(ticket: Ticket, agent: Agent, queue: Queue): void {
    const offer: Offer = {
      id: `${ticket.id}.${ticket.offers + 1}`,
      ticketId: ticket.id,
      callId: ticket.callId,
      queueId: ticket.queueId,
      agentId: agent.id,
      epoch: queue.epoch,
      until: this.now + queue.ringMs,
    };
    this.#state = { ...this.#state, offers: this.#state.offers.with(offer.id, offer) };
    this.setTicket({ ...ticket, offers: ticket.offers + 1, offerId: offer.id });
    const activity: Activity = { type: 'offered', offerId: offer.id, callId: offer.callId };
    this.setAgent({ ...agent, activity }, 'offered');
    this.effects.push({ type: 'offer', offer });
    const event = { type: 'offer-lapsed', offerId: offer.id } as const;
    this.effects.push({ type: 'arm', timer: `offer:${offer.id}`, at: offer.until, event });
  }

  /** Ends an offer that came to nothing and frees its agent, who keeps the place in the ranking unless told otherwise. */
  loseOffer(offer: Offer, reason: OfferLoss, change: Partial<Agent> = {}): void {
    this.#endOffer(offer);
    this.effects.push({ type: 'offer-lost', offer, reason });
    const agent = this.agent(offer.agentId);
    if (agent !== undefined) this.free({ ...agent, ...change }, 'offer-lost', agent.idleSince);
  }

  /** Ends an offer that was taken up. */
  winOffer(offer: Offer, ticket: Ticket): void {
    this.#endOffer(offer);
    this.removeTicket(ticket);
    this.effects.push({ type: 'offer-won', offer, ticket });
  }

  #endOffer(offer: Offer): void {
    this.#state = { ...this.#state, offers: this.#state.offers.without(offer.id) };
    this.effects.push({ type: 'disarm', timer: `offer:${offer.id}` });
  }

  /** The ticket waits again, with its age; if its time is up meanwhile, it goes. */
  returnTicket(ticket: Ticket, reason: OfferLoss): void {
    const waiting = { ...ticket, offerId: null };
    if (ticket.deadline !== null && ticket.deadline <= this.now) {
      this.removeTicket(waiting);
      this.effects.push({ type: 'ticket-timed-out', ticket: waiting });
      return;
    }
    this.setTicket(waiting);
    this.effects.push({ type: 'ticket-returned', ticket: waiting, reason });
  }

  /** The agent has no call any more: what was pending begins now. */
  free(agent: Agent, cause: AgentCause, idleSince = this.now): void {
    const presence: Presence = agent.pending ?? agent.presence;
    const idle: Agent = { ...agent, presence, pending: null, activity: { type: 'idle' }, idleSince };
    this.setAgent(idle, cause);
    if (agent.removed) this.removeAgent(agent.id);
  }

  /** Asks for another look at the queues later. */
  retry(name: string, at: number): void {
    this.effects.push({ type: 'arm', timer: `retry:${name}`, at, event: { type: 'retry-due' } });
  }

  /** Whether nothing at all has changed. */
  get untouched(): boolean {
    return this.#state === this.#before;
  }
}
