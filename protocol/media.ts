/**
 * The media RPC: newline-delimited JSON over one TCP connection per brain. Desired state, idempotent: repeating a
 * request changes nothing, an older revision of a graph is ignored. See ARCHITECTURE section 5.
 */
import { z } from 'zod';
import { callId, duration, endpointId, id, time } from './ids.ts';
import { legPolicy } from './media-policy.ts';

/** `sip`: a pair of plain RTP sockets. `webrtc`: ICE-lite + DTLS-SRTP terminated by mediasoup. */
export const endpointKind = z.enum(['sip', 'webrtc']);
export type EndpointKind = z.infer<typeof endpointKind>;

/** BCP 47 language of what is said. */
export const language = z.enum(['en-US', 'zh-CN']);
export type Language = z.infer<typeof language>;

/** How a digit came through the audio path: as an event (RFC 4733) or as a tone in the voice itself. */
export const dtmfMode = z.enum(['rfc4733', 'tone']);
export type DtmfMode = z.infer<typeof dtmfMode>;

/** `to` hears `from`, louder or softer by `gainDb` decibels. */
export const edge = z.object({ from: endpointId, to: endpointId, gainDb: z.number().min(-60).max(20).default(0) });

/** A call progress tone (ITU-T E.180): the far side rings, is busy, or cannot be reached. */
export const tone = z.enum(['ringback', 'busy', 'congestion']);
export type Tone = z.infer<typeof tone>;

/** How a play names a tone among its files: generated with the cadence of the country (ISO 3166), one period of it. */
export function toneUri(name: Tone, country: string): string {
  return `tone:${name}/${country}`;
}

/**
 * Plays files to one endpoint, one after the other, and hides its edges meanwhile. The id makes it one play over all
 * revisions: it goes on undisturbed while the id stays in the graph, and stops when it leaves.
 */
export const play = z.object({
  playId: id,
  to: endpointId,
  /** Absolute paths of WAV files (PCM16, mono, 8 or 16 kHz), or tones (`toneUri`). */
  files: z.array(z.string().min(1)).min(1).max(64),
  loop: z.boolean().default(false),
  /** The endpoint's first key ends it, as soon as the key goes down. */
  bargeIn: z.boolean().optional(),
});

/** Ears on what an endpoint says (ingress), as one speaker. */
export const tap = z.object({ endpointId, language: language.default('en-US') });

/** Digits to be sent once to an endpoint, as RFC 4733 events or as tones if it knows none; the id makes it once over all revisions. */
export const dtmf = z.object({ dtmfId: id, to: endpointId, digits: z.string().regex(/^[0-9*#A-D]+$/) });

/**
 * A recording of an endpoint: what it says on the left, what it hears on the right. The id makes it one recording over
 * all revisions and over deaths of the node; it is finished when it leaves the graph. `paused` (by somebody) and
 * `masked` (while secrets are said): nothing is kept, the gap is. `voices`: who may be heard together, each of whom is kept
 * on a channel of their own as well, as far as the recorded endpoint hears them.
 */
export const recording = z.object({
  recordingId: id,
  endpointId,
  state: z.enum(['on', 'paused', 'masked']),
  voices: z
    .array(z.object({ channel: z.string().regex(/^[\w-]{1,20}$/), endpointId }))
    .max(14)
    .optional(),
});
export type GraphRecording = z.infer<typeof recording>;

/** Who hears whom, what is played, tapped, recorded and sent, in one call. */
export const graph = z.object({
  edges: z.array(edge).default([]),
  plays: z.array(play).default([]),
  taps: z.array(tap).default([]),
  dtmf: z.array(dtmf).default([]),
  recordings: z.array(recording).max(8).optional(),
  /** `to` is shown what `from` shows, both of them WebRTC legs with a picture; whoever is shown nothing hears all the same. */
  video: z
    .array(z.object({ from: endpointId, to: endpointId }))
    .max(16)
    .optional(),
});
export type Graph = z.infer<typeof graph>;
export type GraphEdge = z.infer<typeof edge>;
export type GraphPlay = z.infer<typeof play>;
export type GraphTap = z.infer<typeof tap>;

/** A phrase the ears listen for at once, without waiting for a transcript. */
export const phrase = z.object({ phraseId: id, text: z.string().min(1).max(200), language });
export type Phrase = z.infer<typeof phrase>;

/** How well packets travel between the node and a far side, by RTCP (RFC 3550 section 6.4). */
const legQuality = {
  /** On the way to us, since its present source began; absent before its first packet. */
  received: z
    .object({
      expected: z.number(),
      lost: z.number(),
      jitterMs: z.number(),
      /** Times that packets were missing, however many in a row. */
      gaps: z.number().optional(),
      /** By how many millionths the far side's clock runs faster than ours; absent until it was watched for a while. */
      driftPpm: z.number().optional(),
    })
    .optional(),
  /** What the far side says of our packets; `lossRatio` is of the last few seconds. Absent before its first report. */
  sent: z.object({ lost: z.number(), lossRatio: z.number(), jitterMs: z.number() }).optional(),
  /** There and back. Absent before the far side answered a report of ours. */
  roundTripMs: z.number().optional(),
};

/**
 * The address that the SIP message with `remoteSdp` came from. Where it differs from the one inside, the far side is behind NAT and may
 * be heard from here too. Absent: unknown.
 */
const signalledFrom = z.string().max(64).optional();

/** Of a SIP leg; absent: as it was said last. */
const policy = legPolicy.optional();

const sdp = z.string().min(1).max(32_768);

/** How far ICE with a far side is (RFC 8445; ours is a lite agent). */
export const iceState = z.object({
  /** `checking`: no check of theirs was right yet: nothing is sent there, and nothing is heard. */
  state: z.enum(['checking', 'proven']),
  /** The far end of the best pair so far: where it is sent to. */
  remote: z.object({ address: z.string(), port: z.number().int() }).optional(),
  /** The far side has chosen that pair. */
  nominated: z.boolean().optional(),
  /** Since when that place is proven. */
  since: time.optional(),
});

/** What the node knows of an endpoint. */
const endpointCounters = z.object({
  endpointId,
  callId,
  kind: endpointKind,
  connected: z.boolean(),
  packetsReceived: z.number().int(),
  packetsSent: z.number().int(),
  /** Payload bytes, both ways. */
  octetsReceived: z.number().int(),
  octetsSent: z.number().int(),
  /** Packets dropped because they came from somewhere else than the locked source. */
  strangers: z.number().int(),
  /** Packets in a codec that was not agreed; nothing of them is heard. */
  unknown: z.number().int().optional(),
  /** The codec it is sent; absent before an agreement. */
  codec: z.enum(['PCMU', 'PCMA', 'G722', 'opus']).optional(),
  /**
   * Where what it is sent comes from. `forwarded`: packets as they came; `translated`: their bytes through a table
   * (G.711); `transcoded`, `mixed`: encoded here; `played`: a prompt that was encoded once.
   */
  sends: z.enum(['nothing', 'forwarded', 'translated', 'transcoded', 'mixed', 'played']).optional(),
  /** Is what it says decoded for ears, recorder, tones or another codec? */
  decoded: z.boolean().optional(),
  /** CPU for each packet of 20 ms, decoding and encoding together, as the node measured it on its machine; microseconds. */
  costUs: z.number().optional(),
  /** Packets of what it says, where they are decoded: lost, brought back by FEC, too late; times nothing was there. */
  playout: z
    .object({
      lost: z.number(),
      recovered: z.number(),
      late: z.number(),
      dry: z.number(),
      shortened: z.number(),
    })
    .optional(),
  /** How far ICE with a SIP leg is; absent: it has none. */
  ice: iceState.optional(),
  ...legQuality,
});

/** The codecs of a picture, the preferred first, and the packets of H.264 (RFC 6184 section 5.4): 0, single NAL units; absent: 1. */
export const pictureOffer = z.object({
  codecs: z
    .array(z.enum(['VP8', 'H264']))
    .min(1)
    .max(2),
  packetization: z.literal([0, 1]).optional(),
});
export type PictureOffer = z.infer<typeof pictureOffer>;

/** What an offer of ours is to have: the codec of its audio where the call has none yet; absent: the node's choice. */
export const endpointOffer = z.object({
  audio: z.enum(['PCMU', 'PCMA', 'G722', 'opus']).optional(),
  /** A picture beside the sound. Of a SIP leg: it may have one, in our offer or in our answer to its offer. */
  video: pictureOffer.optional(),
});
export type EndpointOffer = z.infer<typeof endpointOffer>;

/** The picture of a SIP phone, where one was agreed: always H.264. */
const agreedPicture = z.object({ packetization: z.literal([0, 1]) });
export type AgreedPicture = z.infer<typeof agreedPicture>;

/** The requests, by verb: what is asked and what is answered. */
export const mediaVerbs = {
  /** First on every connection. `epoch` grows with every start of the brain: an older one is refused. */
  hello: {
    params: z.object({ secret: z.string(), brain: id, epoch: z.number().int().nonnegative() }),
    result: z.object({ bootId: id, lastSeq: z.number().int().nonnegative(), leaseInSeconds: z.number().positive() }),
  },
  /**
   * Opens an endpoint and returns our SDP: an answer if `remoteSdp` is an offer, else an offer. Called again with a new
   * `remoteSdp` it answers a re-offer (hold, resume, refresh); called again with the same it returns the same. `again`: the call is
   * no new one, its endpoint died; a node that is full takes it all the same.
   */
  open: {
    params: z.object({
      ...{ endpointId, callId, kind: endpointKind, remoteSdp: sdp.optional(), signalledFrom, policy },
      offer: endpointOffer.optional(),
      again: z.boolean().optional(),
    }),
    result: z.object({
      localSdp: sdp,
      /** What the far side asked of us in its offer: `sendonly`/`inactive` mean it put us on hold. */
      remoteDirection: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']),
      /** Of a SIP leg that offered a picture, where `offer` lets it have one. */
      picture: agreedPicture.optional(),
    }),
  },
  /** Takes the far side's answer to the offer that `open` returned. */
  answer: {
    params: z.object({ endpointId, remoteSdp: sdp, signalledFrom, policy }),
    result: z.object({ picture: agreedPicture.optional() }),
  },
  /** Makes the call's graph this one. A revision not newer than the last is ignored (`applied: false`). */
  apply: {
    params: z.object({ callId, revision: z.number().int().nonnegative(), graph }),
    result: z.object({ applied: z.boolean() }),
  },
  /** Closes an endpoint and tells what it has counted; one that is not there is no error. */
  close: { params: z.object({ endpointId }), result: z.object({ closed: z.array(endpointCounters) }) },
  /** Closes every endpoint of a call and forgets its graph. */
  closeCall: { params: z.object({ callId }), result: z.object({ closed: z.array(endpointCounters) }) },
  /** Whoever is seen by this endpoint is asked for a key frame: its far side asked for one by INFO (RFC 5168). */
  refreshPicture: { params: z.object({ endpointId }), result: z.object({}) },
  /** New ICE credentials; returns the offer to send in a re-INVITE. */
  restartIce: { params: z.object({ endpointId }), result: z.object({ localSdp: sdp }) },
  /** What the node still holds. */
  inventory: {
    params: z.object({}),
    result: z.object({
      bootId: id,
      endpoints: z.array(endpointCounters),
      graphs: z.array(z.object({ callId, revision: z.number().int() })),
      /**
       * What full queues dropped since the node's start: frames on the way to the ears (`taps`), in the ears, to the
       * recorder (told as each recording ends), and events a brain that was away too long never got.
       */
      dropped: z.object({
        taps: z.number().int(),
        ears: z.number().int(),
        recorder: z.number().int(),
        events: z.number().int(),
      }),
    }),
  },
  /** Asks for every numbered event after `from`, kept ones first. `complete` is false if some are kept no more. */
  subscribe: {
    params: z.object({ from: z.number().int().nonnegative() }),
    result: z.object({ complete: z.boolean() }),
  },
  /** Makes prompts ready before somebody hears them: read or spoken, encoded, kept. Gives those that cannot be had. */
  prepare: {
    params: z.object({ files: z.array(z.string().min(1)).max(64) }),
    result: z.object({ failed: z.array(z.object({ file: z.string(), reason: z.string() })) }),
  },
  /** The phrases to spot, from now on and in every tap. An older revision is ignored. */
  setPhrases: {
    params: z.object({ revision: z.number().int().nonnegative(), phrases: z.array(phrase).max(5000) }),
    result: z.object({ rejected: z.array(z.object({ phraseId: id, reason: z.string() })) }),
  },
} as const;
export type MediaVerb = keyof typeof mediaVerbs;
export type MediaParams<V extends MediaVerb> = z.input<(typeof mediaVerbs)[V]['params']>;
export type MediaResult<V extends MediaVerb> = z.output<(typeof mediaVerbs)[V]['result']>;

/** Whether the ears hear a language. `absent`: no recogniser is installed, `hint` is the command that installs one. */
export const earsState = z.object({
  language,
  state: z.enum(['ready', 'degraded', 'absent']),
  hint: z.string().optional(),
});
export type EarsState = z.infer<typeof earsState>;

/** Text heard on a tap. `partial` may change, `final` ends an utterance, `spotted` is a phrase found in the middle of it. */
export const observation = z.object({
  type: z.literal('observation'),
  callId,
  endpointId,
  utteranceId: id,
  kind: z.enum(['partial', 'final', 'spotted']),
  text: z.string(),
  phraseId: id.optional(),
  language,
  /** Milliseconds on the tap's media clock since the tap began. */
  startMs: duration,
  endMs: duration,
  confidence: z.number().min(0).max(1).optional(),
});
export type Observation = z.infer<typeof observation>;

/** Why a media node takes no new calls: calls that are there go on. */
export const mediaFull = z.enum(['cpu', 'ports', 'endpoints', 'draining']);
export type MediaFull = z.infer<typeof mediaFull>;

/** The same in words. */
export const mediaFullTexts: Readonly<Record<MediaFull, { readonly en: string; readonly zh: string }>> = {
  cpu: { en: 'its processor has no time for a new call', zh: '处理器已无余力接新呼叫' },
  ports: { en: 'no RTP port is left for a new call', zh: 'RTP 端口已用尽，无法接新呼叫' },
  endpoints: { en: 'too many endpoints are open for a new call', zh: '已打开的媒体端点过多，无法接新呼叫' },
  draining: { en: 'it is being drained before its stop', zh: '正在排空，即将停止' },
};

/** What happened in the media node. Numbered from 1 since its boot, kept for a brain that is away. */
export const mediaEvent = z.discriminatedUnion('type', [
  /** The first packet was let in (SIP) or DTLS is up (WebRTC). */
  z.object({ type: z.literal('endpoint-connected'), callId, endpointId }),
  z.object({
    type: z.literal('endpoint-lost'),
    callId,
    endpointId,
    cause: z.enum([
      ...(['rtp-timeout', 'dtls-closed', 'ice-disconnected', 'worker-died', 'shard-died', 'lease-expired'] as const),
      // The node is going to stop, and this was still open when its patience ended.
      'drained',
    ]),
  }),
  /**
   * Nothing came from a leg for `ms`, and its policy is to go on; or something comes again, `ms` after the last. The call
   * does not end of it.
   */
  z.object({ type: z.literal('endpoint-silent'), callId, endpointId, silent: z.boolean(), ms: duration }),
  z.object({
    type: z.literal('digit'),
    callId,
    endpointId,
    digit: z.string().length(1),
    durationMs: duration,
    mode: dtmfMode.default('rfc4733'),
  }),
  z.object({
    type: z.literal('play-ended'),
    callId,
    playId: id,
    /** `interrupted`: by a key, whose digit is told when it is let go of. */
    cause: z.enum(['finished', 'failed', 'interrupted']),
    reason: z.string().optional(),
  }),
  z.object({ type: z.literal('dtmf-sent'), callId, dtmfId: id }),
  /** Who speaks now, where more than two are mixed: told 120 ms after somebody begins, 600 ms after they stop. */
  z.object({ type: z.literal('speakers-changed'), callId, endpointIds: z.array(endpointId).max(64) }),
  /** A recording is finished and on the disk. `hash`: SHA-256 of its file, in hex. */
  z.object({
    type: z.literal('recording-ended'),
    callId,
    recordingId: id,
    lengthMs: duration,
    bytes: z.number().int().nonnegative(),
    hash: z.string(),
    keyId: z.string(),
    /** Frames of 20 ms that were lost on the way to the file. */
    dropped: z.number().int().nonnegative(),
    /** Whose pictures are in it. */
    pictures: z.array(z.enum(['caller', 'agent'])).optional(),
    /** The channels it has beside the caller's and the agent's. */
    voices: z.array(z.string()).optional(),
    reason: z.string(),
  }),
  /** A recording could not be begun or could not go on; the call does. `code`: of the system, or `wrong-key`, `no-key`. */
  z.object({ type: z.literal('recording-failed'), callId, recordingId: id, code: z.string(), message: z.string() }),
  /** So much of the picture to or from this endpoint is lost that the sound may suffer; and all of the call's networks carry it again. */
  z.object({ type: z.literal('video-poor'), callId, endpointId, lossPercent: z.number() }),
  z.object({ type: z.literal('video-clear'), callId }),
  /** Somebody cannot go on without a key frame of this SIP leg's, which knows no RTCP for it: to be asked by INFO (RFC 5168). */
  z.object({ type: z.literal('picture-wanted'), callId, endpointId }),
  observation,
  z.object({ type: z.literal('ears-changed'), ears: z.array(earsState) }),
  /** From now on new calls are refused, and why; null: they are taken (again). */
  z.object({ type: z.literal('capacity-changed'), full: mediaFull.nullable() }),
]);
export type MediaEvent = z.infer<typeof mediaEvent>;

export const mediaError = z.object({
  code: z.enum([
    'bad-request',
    'unauthorised',
    'stale-epoch',
    'unknown-endpoint',
    'unknown-call',
    'unsupported-sdp',
    'no-port',
    'overloaded',
    'internal',
  ]),
  message: z.string(),
  retryable: z.boolean(),
});
export type MediaError = z.infer<typeof mediaError>;

/** One line from the brain. */
export const mediaRequest = z.object({ id: z.number().int(), verb: z.string(), params: z.unknown() });
/** One line to the brain. */
export const mediaFrame = z.union([
  z.object({ id: z.number().int(), ok: z.literal(true), result: z.unknown() }),
  z.object({ id: z.number().int(), ok: z.literal(false), error: mediaError }),
  z.object({ seq: z.number().int().positive(), at: time, event: mediaEvent }),
]);
export type MediaFrame = z.infer<typeof mediaFrame>;
