/** How legs sound: the words of the desk, the API and the ledger's `quality` rows. */
import { z } from 'zod';
import { endpointId } from './ids.ts';
import { endpointKind, iceState } from './media.ts';

/** Nobody minds, some do, most do (R above 70, above 60, below; ITU-T G.107 Annex B). */
export const qualityLevel = z.enum(['good', 'fair', 'bad']);
export type QualityLevel = z.infer<typeof qualityLevel>;

/**
 * Why a leg sounds bad. `agent-network`: the agent's Wi-Fi or line. `agent-computer`: it is too busy to send in time.
 * `caller-network`: either of them, of a caller in a browser.
 */
export const qualityCause = z.enum([
  'agent-network',
  'agent-computer',
  'carrier-leg',
  'caller-network',
  'one-way-audio',
  'clock-skew',
  'wrong-codec',
]);
export type QualityCause = z.infer<typeof qualityCause>;

/** The figures a cause was told by; only those that matter. */
export const qualityEvidence = z.object({
  lossPercent: z.number().optional(),
  jitterMs: z.number().optional(),
  roundTripMs: z.number().optional(),
  /** Millionths by which the far side's clock runs faster. */
  driftPpm: z.number().optional(),
  packetsPerSecond: z.number().optional(),
});
export type QualityEvidence = z.infer<typeof qualityEvidence>;

/** One leg of a call: lately while it lives, over its life once it is over. */
export const legQuality = z.object({
  legId: endpointId,
  side: z.enum(['agent', 'outside']),
  kind: endpointKind,
  codec: z.string(),
  live: z.boolean(),
  level: qualityLevel,
  /** Of the worse direction, 1 to 4.5 (ITU-T G.107; an approximation for G.722 and Opus). */
  mos: z.number(),
  /** The worst of any 15 s. */
  worstMos: z.number(),
  /** Lost on the way to us, and from us; the latter is absent where the far side sends no reports. */
  lossPercent: z.number(),
  sentLossPercent: z.number().optional(),
  jitterMs: z.number(),
  roundTripMs: z.number().optional(),
  seconds: z.number(),
  /** Where what it was sent last came from: packets as they came, through a table, decoded and encoded here, or a prompt. */
  sends: z.enum(['forwarded', 'translated', 'transcoded', 'mixed', 'played']).optional(),
  /** Was what it said decoded, for another codec, ears or a recorder? */
  decoded: z.boolean().optional(),
  /** CPU for each packet of 20 ms of that, as the media node measured it; microseconds. */
  costUs: z.number().optional(),
  /** ICE of a SIP leg; absent: it has none. Where it is sent to is told while the leg lives, and is in no ledger. */
  ice: iceState.optional(),
  cause: qualityCause.optional(),
  evidence: qualityEvidence.optional(),
});
export type CallLegQuality = z.infer<typeof legQuality>;

/** A leg as agents see it: how it sounds and why, without what is done with its samples, what that costs, and the way its packets take. */
export function withoutCost({ sends: _, decoded: _d, costUs: _c, ice: _i, ...leg }: CallLegQuality): CallLegQuality {
  return leg;
}

/** `GET /api/v1/calls/{id}/quality`: every leg that was looked at, those that are over first. */
export const callQuality = z.object({ legs: z.array(legQuality) });
export type CallQuality = z.infer<typeof callQuality>;
