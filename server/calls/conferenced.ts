/** Who is in a talk beside the caller and the agent: plain JSON, part of the snapshot. */
import type { AgentId } from '../../protocol/ids.ts';
import type { CallOffer, Leg } from './leg.ts';

/** Somebody an agent has added to the talk. */
export interface Member {
  readonly leg: Leg;
  readonly who:
    | { readonly type: 'outside'; readonly to: string }
    | { readonly type: 'agent'; readonly agentId: AgentId; readonly offerId: string };
  /** The agent who added them. */
  readonly by: AgentId;
  readonly since: number;
  /** Heard by nobody: by their own wish at the desk, or the agent's. */
  readonly muted: boolean;
  /** How much louder the others hear them, dB. */
  readonly gainDb: number;
}

/** So many may be added: with caller and agent eight people hear each other. */
export const mostMembers = 6;

/** Those added to the talk, in the order in which they came. */
export function membersOf({ conference = [] }: { readonly conference?: readonly Member[] }): readonly Member[] {
  return conference;
}

/** The part of a colleague in the talk, as an offer they have taken. */
export function offerOf({ who, since }: Member): CallOffer | null {
  if (who.type === 'outside') return null;
  const { agentId, offerId } = who;
  return { offerId, agentId, offeredAt: since, until: since, answeredAt: since };
}

/** What a member is called in ledger rows: an id among the facts, a number among the personal fields. */
export function memberFacts({ who }: Member): {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly personal?: Readonly<Record<string, unknown>>;
} {
  if (who.type === 'agent') return { facts: { member: 'agent', agent: who.agentId } };
  return { facts: { member: 'outside' }, personal: { to: who.to } };
}
