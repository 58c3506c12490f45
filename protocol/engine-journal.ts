/**
 * What one run of the embedded SIP engine leaves for the next one: lines of `server/sip-engine/journal/`. Another program
 * than the one that wrote them reads them, so they are parsed like everything that comes in from outside.
 */
import { z } from 'zod';
import { duration, time } from './ids.ts';

const address = z.object({ host: z.string(), port: z.number().int().nonnegative() });

/** Like `time`, but not always whole: intervals are divided. */
const moment = z.number().nonnegative();

/** The session timer, RFC 4028, as the dialog keeps it. */
const sessionTimer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('off') }),
  z.object({ type: z.literal('watching'), interval: duration, endAt: moment }),
  z.object({ type: z.literal('keeping'), interval: duration, refreshAt: moment, endAt: moment, alone: z.boolean() }),
  z.object({ type: z.literal('refreshing'), interval: duration, endAt: moment, alone: z.boolean() }),
  z.object({ type: z.literal('over') }),
]);

/** The path of a message: over UDP it can be taken again, a connection is gone. */
const flow = z.object({ protocol: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']), remote: address, local: address });

/** A confirmed dialog, RFC 3261 section 12: all that is needed to go on in it. */
export const journalDialog = z.object({
  /** drachtio's `<Call-ID>;from-tag=<tag>`. */
  id: z.string(),
  role: z.enum(['uac', 'uas']),
  /** What began it: a call (also where it is left out), or a subscription (RFC 6665). */
  kind: z.enum(['INVITE', 'SUBSCRIBE']).optional(),
  callId: z.string(),
  localTag: z.string(),
  remoteTag: z.string(),
  /** The From and To values of requests sent in it, with tags. */
  localParty: z.string(),
  remoteParty: z.string(),
  /** May lag behind by less than `cseqJump`, which is added when it is taken up. */
  localSeq: z.number().int().nonnegative(),
  remoteSeq: z.number().int().nonnegative().nullable(),
  remoteTarget: z.string(),
  routeSet: z.array(z.string()),
  localContact: z.string(),
  since: time,
  /** The tag of the app it belongs to. */
  tag: z.string(),
  /** That of its last message. */
  flow,
  /** Where the peer sends from when it is behind a NAT. */
  source: address.nullable(),
  /** The SDP of ours that is in force; session refreshes repeat it. */
  localSdp: z.string().nullable(),
  /** The peer takes UPDATE. */
  peerUpdates: z.boolean(),
  session: sessionTimer,
  /** What is subscribed to, and when it is forgotten if nobody renews it; neither in a call. */
  event: z.string().optional(),
  until: moment.optional(),
});
export type JournalDialog = z.infer<typeof journalDialog>;

/** An INVITE that waits for its final answer: somebody hears a ringing tone, or a bell. */
export const journalRing = z.object({
  id: z.string(),
  /** `in`: somebody calls us. `out`: an app calls somebody. */
  side: z.enum(['in', 'out']),
  /** The tag of the app it belongs to. */
  tag: z.string(),
  flow,
  /** The request as it came or went, a character a byte. */
  message: z.string(),
});
export type JournalRing = z.infer<typeof journalRing>;

export const journalRecord = z.discriminatedUnion('type', [
  /** The first line of a file. */
  z.object({ type: z.literal('journal'), version: z.literal(1), at: time }),
  /** A dialog was confirmed. */
  z.object({ type: z.literal('put'), dialog: journalDialog }),
  /** These fields of it changed. */
  z.object({ type: z.literal('set'), id: z.string(), to: journalDialog.partial() }),
  /** It ended. */
  z.object({ type: z.literal('end'), id: z.string() }),
  /** An INVITE has waited for a while. */
  z.object({ type: z.literal('ring'), ring: journalRing }),
  /** It was answered, or given up. */
  z.object({ type: z.literal('rung'), id: z.string() }),
]);
export type JournalRecord = z.infer<typeof journalRecord>;

/** How far the CSeq of a dialog jumps when it is taken up: beyond whatever was used and not written down. */
export const cseqJump = 100;
