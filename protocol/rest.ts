/** The bodies of the HTTP API, one schema each; `/api/openapi.json` is generated from them. */
import { z } from 'zod';
import { activity, deskDevice, presence, ringChoice } from './desk.ts';
import { agentId, callId, id, queueId, time } from './ids.ts';

/** `POST /api/v1/login` */
export const loginRequest = z.object({ name: z.string().min(1).max(64), password: z.string().min(1).max(256) });

/** Short-lived digest credentials for the softphone's registration. MD5 digest is all that SIP.js does, so they live minutes. */
export const sipCredentials = z.object({
  /** Address of record, `sip:agent@domain`. */
  aor: z.string(),
  username: z.string(),
  password: z.string(),
  realm: z.string(),
  /** WebSocket address of the SIP engine. */
  webSocketUrl: z.string(),
  /** The same for a page on https, which may not open plain WebSockets. */
  secureWebSocketUrl: z.string().optional(),
  expiresAt: time,
});
export type SipCredentials = z.infer<typeof sipCredentials>;

export const loginResult = z.object({
  /** Bearer token for the API and the desk feed. */
  token: z.string(),
  expiresAt: time,
  agent: z.object({ id: agentId, name: z.string() }),
  /** Path of the desk feed on the same host, `/desk`. */
  deskPath: z.string(),
  sip: sipCredentials,
});
export type LoginResult = z.infer<typeof loginResult>;

/** `POST /api/v1/contacts`: one person. The number is normalised to E.164. */
export const contactBody = z.object({
  name: z.string().min(1).max(200),
  numbers: z.array(z.string().min(2).max(40)).min(1).max(20),
  notes: z.string().max(4000).optional(),
});
export const contact = contactBody.extend({ id, createdAt: time });
export type Contact = z.infer<typeof contact>;

/** One line of `GET /api/v1/calls`. */
export const callSummary = z.object({
  id: callId,
  startedAt: time,
  from: z.string(),
  fromName: z.string().optional(),
  to: z.string(),
  toName: z.string().optional(),
  /** `outbound`: an agent called. */
  direction: z.enum(['inbound', 'outbound']).default('inbound'),
  state: z.enum(['active', 'ended']),
  route: z.string().optional(),
  queue: queueId.optional(),
  agent: agentId.optional(),
  answeredAt: time.optional(),
  endedAt: time.optional(),
  /** Why it ended: `caller-hangup`, `agent-hangup`, `media-failure`, ... */
  cause: z.string().optional(),
  disposition: z.string().optional(),
  waitedMs: z.number().optional(),
  talkedMs: z.number().optional(),
  alerts: z.number().int(),
});
export type CallSummary = z.infer<typeof callSummary>;

/** `POST /api/v1/calls`: an agent calls somebody. Their phone rings first, unless they asked for it themselves. */
export const dialRequest = z.object({
  agentId,
  /** The number to call, as people write it. */
  to: z.string().min(2).max(40),
  /** The number to show; without it, the one of the trunk. */
  from: z.string().min(2).max(40).optional(),
  /** One of the agent's queues, for wrap-up and music on hold; without it, the first of them. */
  queue: queueId.optional(),
  /** Let the far side make the offer of SDP. */
  lateOffer: z.boolean().optional(),
});
export type DialRequest = z.infer<typeof dialRequest>;
/** `POST /api/v1/calls/{id}/transfer` */
export const transferRequest = z.object({
  /** `agent:bob`, `queue:support`, the id of one of them, an extension of the dialplan, or a number. */
  to: z.string().min(1).max(64),
  /** `attended`: the agent talks to a colleague or a number first, while the caller waits. */
  type: z.enum(['blind', 'attended']),
});
export type TransferCallRequest = z.infer<typeof transferRequest>;
/** `POST /api/v1/calls/{id}/conference`: somebody is added to the talk; without `to`, the one who is consulted. */
export const conferenceRequest = z.object({
  /** `agent:bob`, the id of a colleague, or a number. */
  to: z.string().min(1).max(64).optional(),
});
export type ConferenceRequest = z.infer<typeof conferenceRequest>;
/** `PATCH /api/v1/calls/{id}/conference/{member}` */
export const memberRequest = z.object({
  muted: z.boolean().optional(),
  /** How much louder (or softer) the others hear them. */
  gainDb: z.number().min(-30).max(12).optional(),
});
export type MemberRequest = z.infer<typeof memberRequest>;
/** `POST /api/v1/calls/{id}/monitor` */
export const monitorRequest = z.object({
  mode: z.enum(['listen', 'whisper', 'barge']),
  /** Who is to listen, at their phone; without it, whoever asks. For administrators. */
  supervisor: agentId.optional(),
});
/** `POST /api/v1/calls/{id}/monitor/take-over` and `/stop` */
export const monitorStepRequest = z.object({ supervisor: agentId.optional() });
/** One who was added to a talk. */
export const memberSummary = z.object({
  /** Names them in requests. */
  id,
  /** The number, or the id of the colleague. */
  to: z.string(),
  type: z.enum(['agent', 'outside']),
  by: agentId,
  since: time,
  muted: z.boolean(),
  gainDb: z.number(),
});
export type MemberSummary = z.infer<typeof memberSummary>;
/** `GET /api/v1/calls/{id}/conference` */
export const memberList = z.object({ items: z.array(memberSummary) });
export const dialResult = z.object({ id: callId });

/** One ledger row of a call's story, personal fields included unless they were erased. */
export const storyRow = z.object({
  id,
  at: time,
  type: z.string(),
  facts: z.record(z.string(), z.unknown()),
  personal: z.record(z.string(), z.unknown()).optional(),
  erased: z.boolean(),
});
export type StoryRow = z.infer<typeof storyRow>;
/** `GET /api/v1/calls/{id}` */
export const callStory = callSummary.extend({ story: z.array(storyRow) });
export type CallStory = z.infer<typeof callStory>;

/** A SIP message of a call. */
export const ladderMessage = z.object({
  /** Milliseconds since the epoch, to the microsecond. */
  at: z.number(),
  /** Seen from our SIP engine. */
  direction: z.enum(['in', 'out']),
  transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
  /** `host:port` of the other end and of ours. */
  remote: z.string(),
  local: z.string(),
  text: z.string(),
});
export type LadderMessage = z.infer<typeof ladderMessage>;
/** `GET /api/v1/calls/{id}/ladder`: what passed on the wire, as far as the SIP engine remembers it. */
export const callLadder = z.object({
  /** Numbers and digest answers are masked, lengths kept. */
  masked: z.boolean(),
  /** How many more messages there were; the oldest are told. */
  left: z.number().int(),
  messages: z.array(ladderMessage),
});
export type CallLadder = z.infer<typeof callLadder>;

/** One line of `GET /api/v1/agents`. */
export const agentSummary = z.object({
  id: agentId,
  name: z.string(),
  presence,
  pauseReason: z.string().optional(),
  activity,
  since: time,
  /** Whether a call would reach one of the phones the agent wants rung. */
  registered: z.boolean(),
  /** Which phones a call rings. */
  ring: ringChoice,
  devices: z.array(deskDevice),
  callId: callId.optional(),
});
export type AgentSummary = z.infer<typeof agentSummary>;

/** One line of `GET /api/v1/queues`. */
export const queueSummary = z.object({
  id: queueId,
  name: z.string(),
  waiting: z.number().int(),
  oldestSince: time.optional(),
  agentsAvailable: z.number().int(),
});
export type QueueSummary = z.infer<typeof queueSummary>;

/** A page of a list. `next` is the cursor of the following page, absent on the last. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

/** `GET /readyz` */
export const readiness = z.object({
  ready: z.boolean(),
  parts: z.record(z.string(), z.object({ ready: z.boolean(), detail: z.string() })),
});
export type Readiness = z.infer<typeof readiness>;

/** `POST /api/v1/agents/{id}/state` */
export const agentStateRequest = z.object({
  presence,
  /** Needed for `paused`: a code of the site's pause reasons. */
  reason: z.string().min(1).max(64).optional(),
});
export type AgentStateRequest = z.infer<typeof agentStateRequest>;

/** `POST /api/v1/agents/{id}/ring` */
export const ringRequest = z.object({ ring: ringChoice });

/** `POST /api/v1/agents/{id}/devices`: a SIP account for a desk phone. */
export const deviceRequest = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(32)
    .regex(/^[\p{L}\p{N} ._-]+$/u)
    .default('desk'),
});
/** What to type in at the phone. The password is not told again. */
export const deviceCredentials = z.object({
  agent: agentId,
  name: z.string(),
  username: z.string(),
  password: z.string(),
  /** SIP domain and digest realm. */
  domain: z.string(),
  /** Registrar or outbound proxy: `host:port`. */
  server: z.string(),
});
export type DeviceCredentials = z.infer<typeof deviceCredentials>;
/** One line of `GET /api/v1/agents/{id}/devices`. */
export const deviceAccount = z.object({
  name: z.string(),
  username: z.string(),
  createdAt: time,
  /** What is registered under that name now. */
  registered: z.array(deskDevice),
});
export type DeviceAccountSummary = z.infer<typeof deviceAccount>;

/** `POST /api/v1/agents/{id}/password`: a login for an agent of the dialplans; a password is made unless one is given. */
export const passwordRequest = z.object({ password: z.string().min(12).max(256).optional() });
export const passwordResult = z.object({ agent: agentId, login: z.string(), password: z.string() });
export type PasswordResult = z.infer<typeof passwordResult>;

/** One line of `GET /api/v1/alerts`. */
export const alertSummary = z.object({
  id: z.string(),
  callId,
  at: time,
  rule: z.string(),
  severity: z.string(),
  /** The words that fired it; absent once the person was erased. */
  evidence: z.string().optional(),
  acknowledgedAt: time.optional(),
  acknowledgedBy: z.string().optional(),
});
export type AlertSummary = z.infer<typeof alertSummary>;

/** `GET /api/v1/dialplans`: what calls are routed by, and what was wrong with the last edit. */
export const dialplanStatus = z.object({
  /** Absent when no plan was ever loaded. */
  version: z.string().optional(),
  folder: z.string(),
  loadedAt: time.optional(),
  files: z.array(z.string()),
  /** The last load that was refused, if it came after the one in force. */
  rejected: z
    .object({
      at: time,
      diagnostics: z.array(
        z.object({
          file: z.string(),
          line: z.number().int(),
          column: z.number().int(),
          severity: z.string(),
          message: z.string(),
        }),
      ),
    })
    .optional(),
});
export type DialplanStatus = z.infer<typeof dialplanStatus>;

/** `POST /api/v1/erasures`: a number in any form, or a subject as rows name it. */
export const erasureRequest = z.object({ subject: z.string().min(2).max(64) });
export const erasureResult = z.object({
  /** False when nothing was kept about them. */
  found: z.boolean(),
  /** Rows whose personal fields are gone. */
  rows: z.number().int(),
  /** Recordings that are gone, and those that stay because they are under legal hold. */
  recordings: z.object({ removed: z.number().int(), held: z.number().int() }).optional(),
  /** No copy of the keys is left in the files. False: a reader held the log; it is tried again by itself. */
  scrubbed: z.boolean(),
});
export type ErasureResult = z.infer<typeof erasureResult>;

/** A channel of a recording, and who was on it. */
export const recordingChannel = z.object({
  /** `caller`, `agent`, or a name of its own for everybody who came to their talk. */
  channel: z.string(),
  /** In the order in which they came; those of a talk of two are not listed. */
  parties: z.array(
    z.object({
      member: z.enum(['agent', 'outside', 'supervisor']),
      /** The agent or supervisor. */
      agent: z.string().optional(),
      /** The number of somebody outside; absent where it was erased. */
      to: z.string().optional(),
      /** Since when, ms since the recording began. */
      fromMs: z.number(),
    }),
  ),
});
export type RecordingChannel = z.infer<typeof recordingChannel>;

/** `GET /api/v1/calls/{id}/recording/facts`. */
export const recordingSummary = z.object({
  recordingId: z.string(),
  /** `recording`: it may still grow. `removed`: its file is gone on purpose. */
  state: z.enum(['recording', 'finished', 'failed', 'removed']),
  startedAt: time,
  endedAt: time.nullable(),
  queue: z.string().nullable(),
  lengthMs: z.number().nullable(),
  bytes: z.number().int().nullable(),
  /** SHA-256 of its file, in hex. */
  hash: z.string().nullable(),
  keyId: z.string().nullable(),
  /** `g711`: as it was received. Otherwise the type of the file it was converted to. */
  content: z.string(),
  /** Whose pictures were recorded with the sound. */
  pictures: z.array(z.enum(['caller', 'agent'])),
  /** Who is on which channel, the caller's first. */
  channels: z.array(recordingChannel),
  /** Under legal hold. */
  held: z.boolean(),
  /** When retention removes it. */
  until: time.nullable(),
  /** Why it failed or was removed. */
  reason: z.string().nullable(),
});
export type RecordingSummary = z.infer<typeof recordingSummary>;

/** Where a recording has no sound, ms since its beginning, and why. */
export const recordingGap = z.object({
  fromMs: z.number(),
  toMs: z.number(),
  /** `paused`, `masked`: asked for; `dropped`, `media-failure`, `lost`, `damaged`: not. */
  reason: z.string(),
});
export type RecordingGap = z.infer<typeof recordingGap>;
/** `GET /api/v1/calls/{id}/recording/timeline` */
export const recordingTimeline = z.object({
  startedAt: time,
  gaps: z.array(recordingGap),
  /** In the order in which they stand in the file that `channels=all` gives. */
  channels: z.array(recordingChannel),
});
export type RecordingTimeline = z.infer<typeof recordingTimeline>;

/** `POST /api/v1/calls/{id}/recording`. `mask`: a pause while something secret is said. */
export const recordingOrder = z.enum(['start', 'pause', 'resume', 'mask', 'unmask']);
export const recordingOrderRequest = z.object({ order: recordingOrder });
/** `PUT /api/v1/calls/{id}/recording/hold`. */
export const recordingHoldRequest = z.object({ held: z.boolean() });

/** `POST /api/v1/calls/{id}/recording/verify`. */
export const recordingVerdict = z.object({
  /** Every record is in its place, and the end is there. */
  whole: z.boolean(),
  /** The file is the one whose hash is in the ledger. */
  matches: z.boolean(),
  hash: z.string(),
  lengthMs: z.number(),
  content: z.string(),
  damages: z.array(z.object({ damage: z.enum(['cut', 'moved', 'forged']), offset: z.number().int() })),
  gaps: z.array(recordingGap),
});
export type RecordingVerdict = z.infer<typeof recordingVerdict>;
