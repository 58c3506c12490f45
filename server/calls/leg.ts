/** The legs of a call, and who of the agents one is for: plain JSON. */
import type { AgentId, LegId, OfferId } from '../../protocol/ids.ts';
import type { AgreedPicture, EndpointKind } from '../../protocol/media.ts';
import type { Device, FailureCause } from './ports.ts';

/** One party's SIP dialog and media endpoint. */
export interface Leg {
  readonly legId: LegId;
  readonly kind: EndpointKind;
  /**
   * `new`: nothing sent or answered yet. `inviting`/`ringing`: our INVITE is out. `answering`: a 200 is on its way (ours,
   * or theirs whose SDP the media node is taking in). `confirmed`: talking SIP. `ended`: no dialog any more.
   */
  readonly signalling: 'new' | 'inviting' | 'ringing' | 'answering' | 'confirmed' | 'ended';
  /** Whether the media node holds its endpoint. */
  readonly open: boolean;
  /** The far side put us on hold by re-INVITE. */
  readonly heldByPeer: boolean;
  /** The media node has heard of it: its audio is up. Only kept where somebody waits for it. */
  readonly heard?: boolean;
  /** Of a SIP leg: the picture it agreed on; how its H.264 comes in packets (RFC 6184 section 5.4). Absent: sound alone. */
  readonly picture?: AgreedPicture;
  /** The agent's device it goes to; absent for everybody else. */
  readonly device?: Device;
}

/** The agent being rung for this call, or talking in it. */
export interface CallOffer {
  readonly offerId: OfferId;
  readonly agentId: AgentId;
  readonly offeredAt: number;
  readonly until: number;
  /** When they took a call that was handed over to them; absent where `talkingSince` of the call says it. */
  readonly answeredAt?: number;
  /** The most telling of the reasons why devices could not be had so far. */
  readonly failure?: FailureCause;
}

/** A leg nothing has happened to yet. */
export function newLeg(legId: LegId, kind: EndpointKind, device?: Device): Leg {
  return {
    ...{ legId, kind, signalling: 'new', open: false, heldByPeer: false },
    ...(device === undefined ? {} : { device }),
  };
}
