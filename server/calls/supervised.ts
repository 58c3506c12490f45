/** Who listens to a talk: plain JSON, part of the snapshot. */
import type { AgentId } from '../../protocol/ids.ts';
import type { Leg } from './leg.ts';

/**
 * `listen`: hears both and is heard by nobody. `whisper`: the agent hears them too, the caller does not. `barge`: everybody
 * hears them.
 */
export type SupervisionMode = 'listen' | 'whisper' | 'barge';

/** Somebody who supervises a talk. */
export interface Supervisor {
  readonly agentId: AgentId;
  /** Names their INVITE at their desk. */
  readonly offerId: string;
  readonly leg: Leg;
  readonly mode: SupervisionMode;
  /** Since when they hear the talk; null: their phone rings. */
  readonly since: number | null;
  readonly askedAt: number;
  /** They have cut their own microphone. */
  readonly muted: boolean;
}

/** At most so many supervise one talk. */
export const mostSupervisors = 4;

/** Those who supervise the talk, in the order in which they came. */
export function supervisorsOf({ supervision = [] }: { readonly supervision?: readonly Supervisor[] }) {
  return supervision;
}
