/** What a carrier or a phone wants of the audio of its legs; absent: as the media node is set up. */
import { z } from 'zod';

/** `G711` is either law, as the far side prefers: both cost nothing to turn into the other. */
export const codecChoices = ['G711', 'PCMU', 'PCMA', 'G722', 'opus'] as const;

/** How digits travel: `auto` as each far side shows; the others this way and no other, both ways. */
export const dtmfPolicies = ['auto', 'rfc4733', 'tone', 'info'] as const;
export type DtmfPolicy = (typeof dtmfPolicies)[number];

/**
 * SRTP with keys in SDP (RFC 4568). `off`: neither offered nor taken. `optional`: offered beside plain RTP (RFC 8643), taken
 * either way. `required`: nothing else. Absent: taken where the far side offers it, not offered.
 */
export const srtpPolicies = ['off', 'optional', 'required'] as const;
export type SrtpPolicy = (typeof srtpPolicies)[number];

/**
 * ICE of SIP legs (RFC 8445, we are lite). `off`: neither offered nor taken. `taken`: where the far side offers it, as without a
 * policy. `offered`: in our offers too.
 */
export const icePolicies = ['off', 'taken', 'offered'] as const;
export type IcePolicy = (typeof icePolicies)[number];

/** What becomes of a leg from which nothing came for so long: its call ends, or goes on and is told of. */
export const silencePolicy = z.object({
  afterMs: z.number().int().min(100).max(3_600_000),
  then: z.enum(['end', 'flag']),
});
export type SilencePolicy = z.infer<typeof silencePolicy>;

export const legPolicy = z.object({
  /** What may be spoken, the best first; the codec the call already has goes before all where it is among them. */
  codecs: z.array(z.enum(codecChoices)).min(1).max(5).optional(),
  dtmf: z.enum(dtmfPolicies).optional(),
  srtp: z.enum(srtpPolicies).optional(),
  ice: z.enum(icePolicies).optional(),
  silence: silencePolicy.optional(),
});
export type LegPolicy = z.infer<typeof legPolicy>;
