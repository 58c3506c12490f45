import type { LegPolicy } from '../protocol/media-policy.ts';
import type { EndpointKind, MediaResult, PictureOffer } from '../protocol/media.ts';
import type { Codec } from './sdp/index.ts';
import type { Answer } from './errors.ts';
import type { Screen } from './mediasoup/picture.ts';
import type { NetworkStatistics } from './mediasoup/statistics.ts';

/** What comes with a description, as in the RPC. */
export interface LegNotes {
  readonly signalledFrom?: string | undefined;
  readonly policy?: LegPolicy | undefined;
}

/** A media end of a leg, as the RPC sees it: descriptions in and out. */
export interface Endpoint {
  readonly endpointId: string;
  readonly callId: string;
  readonly kind: EndpointKind;
  /** The codec that was agreed, so that the other legs of the call can choose the same. */
  readonly codec: Codec | undefined;
  /** Is DTLS up? Undefined where packets are the only sign. */
  readonly connected: boolean | undefined;
  /** Its worker died under it: it can only be closed. */
  readonly dead: boolean;
  /** Our answer to an offer, or our offer. The same question gets the same text. */
  describe(remoteSdp: string | undefined, notes?: LegNotes): Promise<Answer<MediaResult<'open'>>>;
  /** The far side's answer to our offer. */
  answer(remoteSdp: string, notes?: LegNotes): Promise<Answer<MediaResult<'answer'>>>;
  restartIce(): Promise<Answer<MediaResult<'restartIce'>>>;
  /** What mediasoup knows of its network; absent where the edge knows all there is. Never rejects. */
  statistics?(): Promise<NetworkStatistics | undefined>;
  /** Its picture, where it has one. */
  readonly picture?: Screen | undefined;
  /** Whoever it sees is asked for a key frame, because nothing comes or it cannot be shown; absent where there is no picture. */
  refresh?(): void;
  close(): void;
}

/** What both kinds of endpoints are opened with. */
export interface EndpointSetup {
  readonly endpointId: string;
  readonly callId: string;
  /** The codec of the call's first leg, to be chosen if the far side has it. */
  readonly preferred: Codec | undefined;
  /** What our offers are to have of a picture; absent: none. */
  readonly video?: PictureOffer | undefined;
  /** What its far side wants; absent: as the node is set up. */
  readonly policy?: LegPolicy | undefined;
}
