import { z } from 'zod';

/** Ids are opaque text, at most 64 characters, safe in URLs, file names and SIP headers. */
export const id = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9._-]+$/);

/** One caller's visit. A ULID. */
export const callId = id;
export type CallId = z.infer<typeof callId>;
/** One party's SIP dialog and media endpoint within a call. The leg and its endpoint share the id. */
export const endpointId = id;
export type EndpointId = z.infer<typeof endpointId>;
export type LegId = EndpointId;
export const agentId = id;
export type AgentId = z.infer<typeof agentId>;
export const queueId = id;
export type QueueId = z.infer<typeof queueId>;
export const ticketId = id;
export type TicketId = z.infer<typeof ticketId>;
export const offerId = id;
export type OfferId = z.infer<typeof offerId>;
export const alertId = id;
export type AlertId = z.infer<typeof alertId>;

/** Milliseconds since the Unix epoch. */
export const time = z.number().int().nonnegative();
/** A length of time in milliseconds. */
export const duration = z.number().nonnegative();

/** The SIP header by which the INVITE to an agent names the offer that the desk event also names. */
export const offerHeader = 'X-Jackfield-Offer';
/** The SIP header by which every INVITE we send names its call. */
export const callHeader = 'X-Jackfield-Call';
/**
 * The SIP header by which a fresh INVITE to an agent brings the audio of the offer in progress it names: back (a page
 * loaded again, a lost media node), or for the first time, where the agent has just dialled. The softphone answers it by itself if its desk feed names the same offer.
 */
export const resumeHeader = 'X-Jackfield-Resume';
