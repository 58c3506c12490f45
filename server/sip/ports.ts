/** What the SIP side tells, and what it asks of, the rest of the server. No drachtio type goes further than this folder. */
import type { AgentId, CallId, LegId } from '../../protocol/ids.ts';
import type { EndpointKind } from '../../protocol/media.ts';
import type { LegPolicy } from '../../protocol/media-policy.ts';
import type { Attestation, Diversion, TrunkEvent, TrunkLeg } from './trunks/facts.ts';

export type { Attestation, Diversion } from './trunks/facts.ts';

/** What a pass for a call from a browser lets in. */
export interface GuestPass {
  readonly id: string;
  /** Route of the dialplan, by its name. */
  readonly route: string;
  readonly video: boolean;
  /** How the guest says they are called. */
  readonly name: string | null;
}

/** Who an INVITE comes from, as far as it can be proven. */
export type Origin =
  /** A carrier or gateway of ours, by its name in `dialplans/trunks.yaml`. */
  | { readonly type: 'trunk'; readonly trunk: string }
  /** A registered device of an agent, by the connection it registered on or by digest. */
  | { readonly type: 'agent'; readonly agentId: AgentId }
  /** Somebody on our page for callers, with a pass that was made for this call alone. */
  | { readonly type: 'guest'; readonly pass: GuestPass }
  /** Nobody we know. */
  | { readonly type: 'stranger' };
export type KnownOrigin = Exclude<Origin, { type: 'stranger' }>;

/** An INVITE from somebody new. `sdp` is opaque; empty when the caller wants our offer. */
export interface Invite {
  readonly callId: CallId;
  readonly legId: LegId;
  /** Strangers are answered before anybody hears of them. */
  readonly origin: KnownOrigin;
  /** User part of From (or P-Asserted-Identity), E.164 where it can be made so. */
  readonly from: string;
  /** The called number: as dialled, or E.164 where the trunk has rules for numbers. */
  readonly to: string;
  /** What a trusted carrier asserts of the caller (RFC 3325), shown or not. */
  readonly asserted?: string | undefined;
  /** The newest first. */
  readonly diversions?: readonly Diversion[] | undefined;
  readonly attestation?: Attestation | undefined;
  readonly sdp: string;
  readonly transport: string;
  readonly source: string;
  /** The leg whose place it takes (RFC 3891): it is in the same call then. */
  readonly replaces?: LegId | undefined;
}

/** The INVITE is not taken: this status goes back. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where an outgoing leg goes. */
export type Destination =
  | {
      readonly type: 'agent';
      readonly agentId: string;
      readonly deviceId?: string;
      readonly offerId: string;
      readonly auto?: boolean;
    }
  | { readonly type: 'outside'; readonly to: string; readonly trunk?: string };

/** What happened to a leg; the names are those of the call machine's events. */
export type LegEvent =
  | { readonly type: 'leg-confirmed'; readonly legId: LegId }
  | { readonly type: 'leg-ringing'; readonly legId: LegId }
  | { readonly type: 'leg-progress'; readonly legId: LegId; readonly status: number; readonly sdp: string }
  | { readonly type: 'leg-answered'; readonly legId: LegId; readonly sdp: string }
  | { readonly type: 'leg-offered'; readonly legId: LegId; readonly sdp: string }
  | { readonly type: 'leg-acknowledged'; readonly legId: LegId; readonly sdp: string }
  | {
      readonly type: 'leg-failed';
      readonly legId: LegId;
      readonly status: number;
      readonly reason: string;
      /** Where a redirection points to. */
      readonly contacts?: readonly string[];
      /** Refused on our side, before anything was sent. */
      readonly cause?: 'no-trunk' | 'not-permitted';
    }
  | { readonly type: 'leg-cancelled'; readonly legId: LegId }
  | { readonly type: 'leg-ended'; readonly legId: LegId; readonly cause: 'hangup' | 'signalling-lost' }
  /** A key in INFO. */
  | { readonly type: 'leg-digit'; readonly legId: LegId; readonly digit: string; readonly durationMs: number }
  /** The far side needs a key frame of whoever it sees (RFC 5168). */
  | { readonly type: 'leg-wants-picture'; readonly legId: LegId }
  | { readonly type: 'leg-reinvited'; readonly legId: LegId; readonly token: number; readonly sdp: string }
  | { readonly type: 'leg-reanswered'; readonly legId: LegId; readonly sdp: string }
  | { readonly type: 'leg-reinvite-failed'; readonly legId: LegId; readonly status: number }
  | LegReferred;

/** A REFER inside the leg's dialog; it waits for `answerRefer`. */
export interface LegReferred {
  readonly type: 'leg-referred';
  readonly legId: LegId;
  readonly token: number;
  /** User part of Refer-To. */
  readonly to: string;
  /** Referred-By as it came (RFC 3892). */
  readonly referredBy: string | undefined;
  /** Where Refer-To asks for Replaces: our leg whose dialog it names, null where it is none of ours (RFC 3891). */
  readonly replaces?: LegId | null;
}

/** A desk phone, or another device of an agent: its account's name, null where that has none. */
export interface DeviceName {
  readonly agentId: AgentId;
  readonly device: string | null;
}

/** What agents' desk phones want of their audio. */
export interface PhonePolicies {
  of(device: DeviceName): LegPolicy;
  /** Does that hold of one of them? */
  some(holds: (policy: LegPolicy) => boolean): boolean;
}

/** What a dialog needs to live on after a restart of this server. Plain JSON. */
export interface StoredDialog {
  readonly id: string;
  readonly type: 'uas' | 'uac';
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly local: { readonly uri: string; readonly sdp: string; readonly contact?: string | undefined };
  readonly remote: { readonly uri: string; readonly sdp: string };
  /** The proxies requests in it have to pass (RFC 3261 section 12.1), nearest first; absent for none. */
  readonly routes?: readonly string[] | undefined;
  /** The trunk the leg is on; absent for one that is on none. */
  readonly trunk?: TrunkLeg | undefined;
  /** The agent's device at its other end; absent where it is none. */
  readonly device?: DeviceName | undefined;
}

/** How a registered device is reached, as its REGISTER came. */
export type SipTransport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** One registered device of an agent: a contact of an address of record (RFC 3261 section 10). Plain JSON. */
export interface Binding {
  /** Names the device for as long as it stays registered. */
  readonly id: string;
  readonly agentId: AgentId;
  /** User part of the address of record: the agent's own, or the user name of a desk phone. */
  readonly record: string;
  /** The user name it registered with. */
  readonly account: string;
  /** How its owner calls it; null for a softphone. */
  readonly device: string | null;
  /** What it understands: WebRTC for a page, RTP for a desk phone. */
  readonly kind: EndpointKind;
  readonly contact: string;
  /** `+sip.instance` and `reg-id` of RFC 5626, where it gave them. */
  readonly instance: string | null;
  readonly regId: number | null;
  readonly callId: string;
  readonly cseq: number;
  /** Path of RFC 3327, nearest first: what a request to it has to be routed by. */
  readonly path: readonly string[];
  readonly transport: SipTransport;
  /** `host:port` its REGISTER came from. */
  readonly source: string;
  readonly userAgent: string;
  readonly since: number;
  /** When its last REGISTER was taken. */
  readonly refreshedAt: number;
  readonly expiresAt: number;
  /** The way its REGISTER came, as `flowOf` writes it. */
  readonly flow: string;
  /** False: registered, but it does not answer, or its connection is gone. */
  readonly reachable: boolean;
}

export interface SipListener {
  /** The call in which this agent talks on a desk phone: what their phone dials meanwhile is a leg of that call. */
  consultingCall(agentId: AgentId): CallId | undefined;
  /** Whether this agent may put another of their devices in the place of that leg. */
  mayReplace(agentId: AgentId, legId: LegId): boolean;
  /** A new call; a refusal answers the INVITE at once. */
  invited(invite: Invite): Refusal | null;
  legEvent(event: LegEvent): void;
  /** The leg's dialog came to be (or changed), or is gone (null). */
  dialogChanged(legId: LegId, dialog: StoredDialog | null): void;
  /** A device of an agent registered, refreshed, stopped answering, or is gone. `bindings` are all that are left. */
  registrationChanged(agentId: AgentId, bindings: readonly Binding[]): void;
  /** Something about a trunk that is worth telling or keeping. */
  trunkEvent(event: TrunkEvent): void;
  /** An INVITE of nobody we know was refused. */
  strangerRefused(source: string): void;
  /** The engine is (or is no longer) connected. */
  engineChanged(connected: boolean): void;
}
