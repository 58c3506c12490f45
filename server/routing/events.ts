/** What may happen to routing, and what routing asks for in return. Every event carries the time it happened, in ms. */
import type { Agent, AgentConfig, Offer, QueueConfig, Requirement, RoutingState, Ticket } from './state.ts';

/** An offer that came to nothing: what happened to the INVITE. */
export type OfferFailure = 'unreachable' | 'busy' | 'media-failure' | 'error';

/** Why an agent changed: the event, or what it led to. */
export type AgentCause = RoutingEvent['type'] | 'offered' | 'offer-lost';

/** Why an offer is no more. */
export type OfferLoss = 'lapsed' | 'declined' | 'withdrawn' | 'agent-gone' | 'stale' | OfferFailure;

type Body =
  /** Who and what there is, as the files say. Agents and queues that are missing go once they are free and empty. */
  | {
      readonly type: 'configured';
      readonly owner: string;
      readonly epoch: number;
      readonly agents: readonly AgentConfig[];
      readonly queues: readonly QueueConfig[];
    }
  /** The agent opened the softphone: paused with `signed-in` until they go available. */
  | { readonly type: 'signed-in'; readonly agentId: string }
  | { readonly type: 'went-available'; readonly agentId: string }
  | { readonly type: 'paused'; readonly agentId: string; readonly reason: string }
  | { readonly type: 'signed-out'; readonly agentId: string }
  | { readonly type: 'registered'; readonly agentId: string }
  | { readonly type: 'unregistered'; readonly agentId: string }
  /** The agent calls somebody. Ignored unless idle. */
  | {
      readonly type: 'dialled';
      readonly agentId: string;
      readonly callId: string;
      /** The queue it is done for: its wrap-up applies. */
      readonly queueId?: string | null;
      /** It is not they who call: they are rung for a call that is handed over to them. */
      readonly rung?: true;
    }
  | {
      readonly type: 'ticket-queued';
      readonly ticketId: string;
      readonly callId: string;
      readonly queueId: string;
      readonly requirements: readonly Requirement[];
      readonly requiredLanguage: string | null;
      readonly priority: number;
      /** Zero: waits without limit. */
      readonly maxWaitMs: number;
    }
  /** The caller hung up, or went elsewhere. */
  | { readonly type: 'ticket-withdrawn'; readonly ticketId: string }
  /** The agent's softphone answered the INVITE. */
  | { readonly type: 'offer-answered'; readonly offerId: string }
  | { readonly type: 'offer-declined'; readonly offerId: string }
  | { readonly type: 'offer-failed'; readonly offerId: string; readonly cause: OfferFailure }
  /** The timer of an offer came. */
  | { readonly type: 'offer-lapsed'; readonly offerId: string }
  /** The timer of a ticket came. */
  | { readonly type: 'ticket-lapsed'; readonly ticketId: string }
  /** The party the agent dialled answered. */
  | { readonly type: 'call-connected'; readonly agentId: string; readonly callId: string }
  /** The agent's part of the call is over. `wrapUp`: whether there is something to wrap up; absent: after a talk. */
  | { readonly type: 'call-ended'; readonly agentId: string; readonly callId: string; readonly wrapUp?: boolean }
  /** The agent chose a disposition. */
  | { readonly type: 'wrap-up-ended'; readonly agentId: string; readonly callId: string }
  /** The timer of a wrap-up came. */
  | { readonly type: 'wrap-up-lapsed'; readonly agentId: string; readonly callId: string }
  /** The timer of a hold-off came: somebody may be asked again. */
  | { readonly type: 'retry-due' }
  /**
   * After a restart, everything there still is: the agents who are in a call, and the calls that may still wait. Agents
   * and tickets of calls not named are freed and forgotten, so that nothing haunts the queues.
   */
  | {
      readonly type: 'recovered';
      readonly talking: readonly {
        readonly agentId: string;
        readonly callId: string;
        /** Absent: the agent dialled. */
        readonly queueId?: string | null;
        readonly offerId?: string | null;
        /** The party that the agent dialled has not answered yet. */
        readonly dialling?: boolean;
      }[];
      readonly waiting: readonly string[];
    };

export type RoutingEvent = Body & { readonly now: number };

/** A deadline's name; arming it again moves it. */
export type TimerId = `offer:${string}` | `ticket:${string}` | `wrap-up:${string}` | `retry:${string}`;

export type RoutingEffect =
  /** Ring the agent. */
  | { readonly type: 'offer'; readonly offer: Offer }
  /** Stop ringing the agent; the offer is void. An answer that comes too late is told the same. */
  | { readonly type: 'offer-lost'; readonly offer: OfferNamed; readonly reason: OfferLoss }
  /** The agent has the ticket: connect them. The ticket is gone. */
  | { readonly type: 'offer-won'; readonly offer: Offer; readonly ticket: Ticket }
  /** The ticket waits again, with its age. */
  | { readonly type: 'ticket-returned'; readonly ticket: Ticket; readonly reason: OfferLoss }
  /** The ticket waited as long as it may and is gone. */
  | { readonly type: 'ticket-timed-out'; readonly ticket: Ticket }
  /** The queue is no more; so is the ticket. */
  | { readonly type: 'ticket-closed'; readonly ticket: Ticket }
  /** The ticket cannot wait there: no such queue. */
  | { readonly type: 'ticket-refused'; readonly ticketId: string; readonly callId: string }
  /** The agent cannot dial now: not idle, or unknown. */
  | { readonly type: 'dial-refused'; readonly agentId: string; readonly callId: string }
  | { readonly type: 'agent-changed'; readonly agent: Agent; readonly cause: AgentCause }
  | { readonly type: 'agent-removed'; readonly agentId: string }
  /** Who waits where has changed. */
  | { readonly type: 'queues-changed'; readonly queueIds: readonly string[] }
  | { readonly type: 'arm'; readonly timer: TimerId; readonly at: number; readonly event: RoutingTimerEvent }
  | { readonly type: 'disarm'; readonly timer: TimerId };

/** An offer of which nothing more than the id may be known. */
export interface OfferNamed {
  readonly id: string;
  readonly callId?: string;
  readonly agentId?: string;
}

/** The event a timer posts when it comes; the runner adds `now`. */
export type RoutingTimerEvent =
  | { readonly type: 'offer-lapsed'; readonly offerId: string }
  | { readonly type: 'ticket-lapsed'; readonly ticketId: string }
  | { readonly type: 'wrap-up-lapsed'; readonly agentId: string; readonly callId: string }
  | { readonly type: 'retry-due' };

/** The state after an event, and what to do about it, in order. */
export interface RoutingStep {
  readonly state: RoutingState;
  readonly effects: readonly RoutingEffect[];
}
