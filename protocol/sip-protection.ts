/** What the defences of the SIP engine and the registrar hold back, in the HTTP API. */
import { z } from 'zod';
import { time } from './ids.ts';

/** Somebody who is held back now. */
export const heldSource = z.object({
  /** An IPv4 address, the /64 of an IPv6 one, `home NETWORK` of phones that are registered, or `ADDRESS PORT` of one of them. */
  source: z.string(),
  /** `wrong-passwords`, or why the engine drops messages (docs/security.md). */
  reason: z.string(),
  /** The account that is closed to it; absent where the whole source is meant. */
  user: z.string().optional(),
  /** Wrong passwords, or messages dropped. */
  count: z.number().int().nonnegative(),
  /** When something of it was dropped last. */
  at: time.optional(),
  /** Until when, if it asks for no more. */
  until: time,
});
export type HeldSource = z.infer<typeof heldSource>;

/** `GET /api/v1/sip/blocked`. */
export const sipProtection = z.object({
  /** Messages dropped since the start of the engine, by reason; null when it cannot be asked. */
  dropped: z.record(z.string(), z.number()).nullable(),
  held: z.array(heldSource),
});
export type SipProtection = z.infer<typeof sipProtection>;

/** `POST /api/v1/sip/unblock`. */
export const releaseRequest = z.object({ source: z.string().min(1).max(100) });
