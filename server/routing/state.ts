/** Routing as one value: who can take what, who waits, who is being asked. Its entries are plain JSON. Times in ms. */
import { Table } from './table.ts';

/** Signed in or not, and willing or not. The reason of a pause is a code, or `missed` after an offer nobody answered. */
export type Presence =
  { readonly type: 'offline' } | { readonly type: 'available' } | { readonly type: 'paused'; readonly reason: string };

/** What the agent's voice channel is doing. `callId` names the call it is doing it with. */
export type Activity =
  | { readonly type: 'idle' }
  | { readonly type: 'offered'; readonly offerId: string; readonly callId: string }
  /** `queueId`: the queue for which the agent dials, if any. `rung`: a colleague hands a call over, and their phone rings. */
  | { readonly type: 'dialling'; readonly callId: string; readonly queueId: string | null; readonly rung?: true }
  /** `offerId` is null when the agent dialled, and so is `queueId` if that was for no queue. */
  | {
      readonly type: 'talking';
      readonly callId: string;
      readonly queueId: string | null;
      readonly offerId: string | null;
    }
  | { readonly type: 'wrap-up'; readonly callId: string; readonly queueId: string | null; readonly until: number };

/** An agent as configured. */
export interface AgentConfig {
  readonly id: string;
  readonly name: string;
  /** Level 1-5 per skill. */
  readonly skills: Readonly<Record<string, number>>;
  readonly queues: readonly string[];
  readonly languages: readonly string[];
}

export interface Agent extends AgentConfig {
  readonly presence: Presence;
  /** What becomes of the presence when the present call and its wrap-up are over. */
  readonly pending: Presence | null;
  readonly activity: Activity;
  /** When presence or activity last changed. */
  readonly since: number;
  /** When the agent last became free; the one who waits longest is asked first. */
  readonly idleSince: number;
  /** Not asked before this, because the last offer could not be delivered; null: at any time. */
  readonly holdOffUntil: number | null;
  /** Whether a softphone is registered, so that an INVITE would reach it. */
  readonly registered: boolean;
  /** No longer in the files; taken away as soon as the present call is over. */
  readonly removed: boolean;
}

/** A queue as configured. */
export interface QueueConfig {
  readonly id: string;
  readonly ringMs: number;
  readonly wrapUpMs: number;
}
export interface Queue extends QueueConfig {
  /** The brain that owns it, and since which of its starts: an offer of an older epoch is void. */
  readonly owner: string;
  readonly epoch: number;
}

export interface Requirement {
  readonly skill: string;
  readonly minLevel: number;
}

/** One call waiting in a queue. */
export interface Ticket {
  readonly id: string;
  readonly callId: string;
  readonly queueId: string;
  readonly requirements: readonly Requirement[];
  /** The agent must speak it. */
  readonly requiredLanguage: string | null;
  /** Higher first. */
  readonly priority: number;
  /** When it first entered; kept when an offer fails, so that it does not lose its place. */
  readonly enqueuedAt: number;
  /** When it gives up; null: never. */
  readonly deadline: number | null;
  /** How many offers were made for it. */
  readonly offers: number;
  /** Agents who declined it: not asked again before `until`, and after that only when nobody else can. */
  readonly declinedBy: readonly { readonly agentId: string; readonly until: number }[];
  /** The offer being made for it. */
  readonly offerId: string | null;
}

/** One proposal of one ticket to one agent. */
export interface Offer {
  readonly id: string;
  readonly ticketId: string;
  readonly callId: string;
  readonly queueId: string;
  readonly agentId: string;
  readonly epoch: number;
  readonly until: number;
}

export interface RoutingState {
  readonly agents: Table<Agent>;
  /** In the order of the files. */
  readonly queues: Readonly<Record<string, Queue>>;
  readonly tickets: Table<Ticket>;
  readonly offers: Table<Offer>;
}

/** Nobody, nothing. */
export const emptyRouting: RoutingState = {
  agents: Table.of(),
  queues: {},
  tickets: Table.of(),
  offers: Table.of(),
};
