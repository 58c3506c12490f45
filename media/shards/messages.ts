import type { SilencePolicy } from '../../protocol/media-policy.ts';
import type { EndpointKind, Graph, MediaEvent } from '../../protocol/media.ts';
import type { PlayoutCounts } from '../audio/playout.ts';
import type { FrontMedia } from '../edge/front.ts';
import type { IceState } from '../edge/ice-door.ts';
import type { IceSession } from '../edge/ice.ts';
import type { Place } from '../edge/source-lock.ts';
import type { Codec, Direction, NumberedCodec } from '../sdp/index.ts';

/** What a leg is made of. */
export interface LegSetup {
  readonly endpointId: string;
  readonly callId: string;
  readonly kind: EndpointKind;
  /** The SSRC of everything we send to it. */
  readonly ssrc: number;
  /** Where its sockets are bound; for `webrtc` the loopback address. */
  readonly bind: string;
  /** An address of the other family, with sockets on the same ports; SIP legs of a node that has one. */
  readonly also?: string | undefined;
  /** Its packets are SRTP: the edge keeps them apart from what it forwards, and mediasoup stands between. */
  readonly secured?: boolean;
  /** The RTP port, RTCP one above; 0 lets the system choose (`webrtc`, which has RTCP on the same port). */
  readonly port: number;
}

/** What was agreed with the far side. */
export interface LegMedia {
  /** Where to send. Absent: where its packets come from; on a new description, where it was. */
  readonly remote: Place | undefined;
  readonly remoteControl: Place | undefined;
  /** The address its description came from, as SIP saw it; absent where nobody said. */
  readonly signalled?: string | undefined;
  /** RTP and RTCP share a port (RFC 5761). */
  readonly mux?: boolean;
  /** Of a secured leg: where the far side is. `remote` is then where mediasoup takes plain packets. */
  readonly front?: { readonly media: FrontMedia; readonly inside: Place };
  readonly send: NumberedCodec;
  /** The far side's number for RFC 4733 events; without it digits are sent as tones. */
  readonly sendEvents: number | undefined;
  /** What may come in, under which numbers. */
  readonly receive: readonly NumberedCodec[];
  readonly receiveEvents: readonly number[];
  /** Those of both that run at 48 kHz instead of 8. */
  readonly wideEvents?: readonly number[];
  /** What the far side wrote. */
  readonly direction: Direction;
  /** Are digits looked for in its voice? Absent: where it has no events. */
  readonly tones?: boolean;
  /** What becomes of it when nothing comes; absent: it is lost after the node's own time. */
  readonly silence?: SilencePolicy;
}

/** How a shard is set up, once. */
export interface ShardOptions {
  readonly rtpTimeoutMs: number;
}

/** The memory of a new tap's ring. */
export interface TapRing {
  readonly endpointId: string;
  readonly memory: SharedArrayBuffer;
}

/** The memory of a new recording's ring; with a `channel`, of a voice in it. */
export interface RecordRing {
  readonly recordingId: string;
  readonly channel?: string;
  readonly memory: SharedArrayBuffer;
}

/** A graph as the shard gets it: with the rings of its new taps and recordings. */
export interface ShardGraph {
  readonly callId: string;
  readonly graph: Graph;
  readonly rings: readonly TapRing[];
  readonly records: readonly RecordRing[];
}

/** Main thread to shard. Those with a `request` are answered. */
export type ToShard =
  | { readonly type: 'open'; readonly request: number; readonly setup: LegSetup }
  | { readonly type: 'configure'; readonly endpointId: string; readonly media: LegMedia }
  /** ICE with the far side of a leg, from before it has agreed to anything: its checks may come first. Absent: none (any more). */
  | { readonly type: 'ice'; readonly endpointId: string; readonly session: IceSession | undefined }
  | ({ readonly type: 'apply' } & ShardGraph)
  | { readonly type: 'source-ready'; readonly endpointId: string; readonly ssrc: number }
  | { readonly type: 'close'; readonly endpointId: string }
  | { readonly type: 'forget'; readonly callId: string }
  /** Of all its calls, or of one. */
  | { readonly type: 'counters'; readonly request: number; readonly callId?: string }
  | { readonly type: 'prompt'; readonly prompt: LoadedPrompt }
  | { readonly type: 'stop' };

/** A prompt ready to be sent, or why not. */
export interface LoadedPrompt {
  readonly path: string;
  readonly codec: Codec;
  readonly bytes: Uint8Array | undefined;
  readonly reason: string | undefined;
}

/** What inventory tells of a leg. */
export interface LegCounters {
  readonly endpointId: string;
  readonly connected: boolean;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** Payload bytes, both ways. */
  readonly octetsReceived: number;
  readonly octetsSent: number;
  readonly strangers: number;
  /** Packets in a codec that was not agreed. */
  readonly unknown: number;
  /** What it is sent in; absent before an agreement. */
  readonly codec?: Codec;
  /** Where what it is sent comes from: packets as they came, their bytes by a table, or encoded here. */
  readonly sends: 'nothing' | 'forwarded' | 'translated' | 'transcoded' | 'mixed' | 'played';
  /** Is what it says decoded for somebody (ears, recorder, tones, another codec)? */
  readonly decoded: boolean;
  /** What became of its packets where they were decoded. */
  readonly playout: PlayoutCounts;
  /** What its present source lost on the way to us; absent before the first packet. */
  readonly received?: {
    readonly expected: number;
    readonly lost: number;
    readonly jitterMs: number;
    readonly gaps: number;
    readonly driftPpm?: number;
  };
  /** What the far side says it lost of ours; absent before its first report. */
  readonly sent?: { readonly lost: number; readonly lossRatio: number; readonly jitterMs: number };
  readonly roundTripMs?: number;
  /** Of a leg with ICE. */
  readonly ice?: IceState;
}

/** Shard to main thread. */
export type FromShard =
  | { readonly type: 'ready' }
  | { readonly type: 'opened'; readonly request: number; readonly port: number; readonly securedPort?: number }
  /** A source of a secured leg wants to be decrypted. */
  | { readonly type: 'source'; readonly endpointId: string; readonly ssrc: number }
  | { readonly type: 'refused'; readonly request: number; readonly code: string }
  | { readonly type: 'counters'; readonly request: number; readonly legs: readonly LegCounters[] }
  | { readonly type: 'event'; readonly event: MediaEvent }
  /** A mistake of ours in this call; its legs are closed. */
  | { readonly type: 'call-died'; readonly callId: string; readonly reason: string }
  | { readonly type: 'want-prompt'; readonly path: string; readonly codec: Codec };
