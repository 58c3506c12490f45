/** What others may want to know of a routing state. Pure. */
import type { RoutingEffect } from './events.ts';
import { unfitForAny } from './rank.ts';
import type { Activity, RoutingState } from './state.ts';

/** A queue at a glance. */
export interface QueueView {
  readonly queueId: string;
  /** Tickets in it, those being offered included. */
  readonly waiting: number;
  readonly oldestSince: number | undefined;
  /** Agents of the queue who could take a call now. */
  readonly agentsAvailable: number;
}

/** Every queue at a glance, in no particular order. */
export function queueViews(state: RoutingState, now: number): readonly QueueView[] {
  const free = state.agents.values().filter((agent) => unfitForAny(agent, now) === null);
  return Object.keys(state.queues).map((queueId) => {
    const ages = state.tickets
      .values()
      .filter((ticket) => ticket.queueId === queueId)
      .map(({ enqueuedAt }) => enqueuedAt);
    return {
      queueId,
      waiting: ages.length,
      oldestSince: ages.length === 0 ? undefined : Math.min(...ages),
      agentsAvailable: free.filter(({ queues }) => queues.includes(queueId)).length,
    };
  });
}

/** The timers a state needs, for a runner that starts from a snapshot. One that is overdue comes at once. */
export function rearm(state: RoutingState): readonly Extract<RoutingEffect, { type: 'arm' }>[] {
  const arms: Extract<RoutingEffect, { type: 'arm' }>[] = [];
  for (const { id, until } of state.offers.values())
    arms.push({ type: 'arm', timer: `offer:${id}`, at: until, event: { type: 'offer-lapsed', offerId: id } });
  for (const { id, deadline, declinedBy } of state.tickets.values()) {
    if (deadline !== null)
      arms.push({ type: 'arm', timer: `ticket:${id}`, at: deadline, event: { type: 'ticket-lapsed', ticketId: id } });
    for (const { until } of declinedBy.slice(-1))
      arms.push({ type: 'arm', timer: `retry:ticket:${id}`, at: until, event: { type: 'retry-due' } });
  }
  for (const { id, activity, holdOffUntil } of state.agents.values()) {
    const lapse = { type: 'wrap-up-lapsed', agentId: id } as const;
    if (activity.type === 'wrap-up')
      arms.push({
        type: 'arm',
        timer: `wrap-up:${id}`,
        at: activity.until,
        event: { ...lapse, callId: activity.callId },
      });
    if (holdOffUntil !== null)
      arms.push({ type: 'arm', timer: `retry:agent:${id}`, at: holdOffUntil, event: { type: 'retry-due' } });
  }
  return arms;
}

/** What an agent is doing, in the word people use for it: who is rung for a transfer is rung, whoever made the call. */
export function activityName(activity: Activity): Activity['type'] {
  return activity.type === 'dialling' && activity.rung === true ? 'offered' : activity.type;
}
