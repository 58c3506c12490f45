/** What `calls` needs of the rest of the house. `main.ts` connects these ports to sip, media, dialplan, routing and ledger. */
import type { AgentId, CallId, EndpointId, LegId, OfferId, QueueId, TicketId } from '../../protocol/ids.ts';
import type { AgreedPicture, EndpointKind, EndpointOffer, Graph, Language } from '../../protocol/media.ts';

/** A skill and the least level (1-5) a ticket asks for. */
export interface Requirement {
  readonly skill: string;
  readonly minLevel: number;
}

/** What the plan tells the call to do now; it stays in force until the next one. `wait` changes nothing. */
export type Instruction =
  | { readonly type: 'play'; readonly files: readonly string[]; readonly bargeIn: boolean }
  | { readonly type: 'menu'; readonly files: readonly string[]; readonly bargeIn: boolean; readonly timeoutMs: number }
  | {
      readonly type: 'queue';
      readonly queueId: QueueId;
      readonly requirements: readonly Requirement[];
      readonly requiredLanguage: Language | null;
      readonly priority: number;
      readonly language: Language;
      readonly holdMusic: readonly string[];
      readonly announcement: { readonly files: readonly string[]; readonly everyMs: number } | null;
      readonly maxWaitMs: number;
    }
  | { readonly type: 'transfer'; readonly to: string }
  | { readonly type: 'hangup'; readonly cause: string }
  | { readonly type: 'wait' };

/** What happened under the current instruction. */
export type PlanInput =
  | { readonly type: 'prompt-ended' }
  | { readonly type: 'digit'; readonly digit: string }
  | { readonly type: 'timeout' }
  | { readonly type: 'queue-left'; readonly reason: 'timeout' | 'closed' }
  | { readonly type: 'transfer-ended'; readonly ok: boolean };

/** Where the call stands in its plan: opaque here, plain JSON, kept in the snapshot. */
export interface PlanPosition {
  readonly version: string;
  readonly turn: number;
}

/** A fact for the ledger, told by the plan. */
export interface PlanFact {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type PlanMove =
  | {
      readonly type: 'move';
      readonly position: PlanPosition;
      readonly instruction: Instruction;
      readonly facts: readonly PlanFact[];
      /** With the first move: the codec of the call's pictures. */
      readonly video?: 'vp8' | 'h264';
    }
  | { readonly type: 'no-route' }
  /** The plan the call began on is not to be had any more. */
  | { readonly type: 'plan-gone' };

/** What a call brought along besides its numbers. Plain JSON. */
export interface CallSignals {
  /** Where it came in; absent for a call that no trunk brought. */
  readonly trunk?: string;
  /** What a trusted carrier asserts of the caller (RFC 3325). */
  readonly asserted?: string;
  /** Whom it was meant for before (RFC 5806, RFC 7044), the newest first. */
  readonly diversions?: readonly { readonly number: string; readonly reason: string }[];
  /** How the caller's number is attested (STIR/SHAKEN): `A B C absent expired forged untrusted`. */
  readonly attestation?: string;
  /** It comes from a browser, for this route. */
  readonly web?: WebCall;
}

/** What a call from a browser brought along. Plain JSON. */
export interface WebCall {
  readonly route: string;
  /** Whether the caller wants to be seen, and the route lets them. */
  readonly video: boolean;
  /** How the caller says they are called; nobody has checked it. */
  readonly name?: string;
}

/** The dialplan. Synchronous and pure for a given plan version. */
export interface PlanPort {
  /** `route`: whichever number was called. */
  begin(
    call: CallSignals & {
      readonly called: string;
      readonly caller: string;
      readonly route?: string | undefined;
      readonly now: number;
    },
  ): PlanMove;
  advance(position: PlanPosition, input: PlanInput, now: number): PlanMove;
}

/** The media node. Rejections carry `code` of `mediaError`. */
export interface MediaPort {
  open(request: {
    readonly endpointId: EndpointId;
    readonly callId: CallId;
    readonly kind: EndpointKind;
    readonly remoteSdp?: string;
    readonly offer?: EndpointOffer;
    readonly again?: boolean;
  }): Promise<{
    readonly localSdp: string;
    readonly remoteDirection: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
    readonly picture?: AgreedPicture | undefined;
  }>;
  answer(endpointId: EndpointId, remoteSdp: string): Promise<{ readonly picture?: AgreedPicture | undefined }>;
  /** Whoever this leg sees is asked for a key frame. */
  refreshPicture(endpointId: EndpointId): Promise<void>;
  /** New ICE credentials for a browser; resolves with the offer for a re-INVITE. */
  restartIce(endpointId: EndpointId): Promise<string>;
  apply(callId: CallId, revision: number, graph: Graph): Promise<void>;
  close(endpointId: EndpointId): Promise<void>;
  closeCall(callId: CallId): Promise<void>;
}

/** One of an agent's devices, as a call rings it. `name` is null for a softphone. */
export interface Device {
  readonly deviceId: string;
  readonly kind: EndpointKind;
  readonly name: string | null;
  /** The way its registration came (a page's connection): it changes with the page's network. Absent for desk phones. */
  readonly flow?: string;
  /** Absent: a page has pictures where the call has them. False: whoever is there has none. */
  readonly video?: false;
}

/** Why an agent could not be had. */
export type FailureCause = 'unreachable' | 'media-failure' | 'error' | 'busy' | 'declined';

/** Where an outgoing leg goes: an agent's registered softphone, or a SIP URI or number of a transfer. */
export type Destination =
  | {
      readonly type: 'agent';
      readonly agentId: AgentId;
      readonly offerId: OfferId;
      /** Which of the agent's devices; absent: the page. */
      readonly deviceId?: string;
      /** The agent dialled at the desk just now, or the page was gone: it may answer by itself. */
      readonly auto?: boolean;
    }
  | { readonly type: 'outside'; readonly to: string };

/** The SIP side. Outcomes come back as events; these calls only ask. */
export interface SipPort {
  /** 200 to the INVITE of an incoming leg. */
  answer(legId: LegId, sdp: string): void;
  /** A provisional answer to the INVITE of an incoming leg, with our SDP for early media. */
  progress(legId: LegId, status: number, sdp: string | null): void;
  /** A final failure to the INVITE of an incoming leg. */
  reject(legId: LegId, status: number, reason: string): void;
  invite(leg: {
    readonly legId: LegId;
    readonly callId: CallId;
    readonly destination: Destination;
    /** Null: an INVITE without an offer; theirs comes as `leg-offered` and is answered by `acknowledge`. */
    readonly sdp: string | null;
    /** The number to show. */
    readonly from: string;
    /** Referred-By (RFC 3892), where a REFER asked for it. */
    readonly referredBy?: string;
  }): void;
  /** The final answer to a REFER. */
  answerRefer(legId: LegId, token: number, status: number): void;
  /** NOTIFY with a status line (RFC 3515 section 2.4.5); `last`: the subscription ends. */
  notifyRefer(legId: LegId, status: number, reason: string, last: boolean): void;
  /** Asks a phone for a key frame, by INFO. */
  wantPicture(legId: LegId): void;
  /** Tells a caller's page, in its dialog, whether there is to be a picture. */
  tellVideo(legId: LegId, paused: boolean): void;
  /** ACK with our answer to the offer of a 200. */
  acknowledge(legId: LegId, sdp: string): void;
  /** `answeredElsewhere`: another device of the same agent was quicker (RFC 3326). */
  cancel(legId: LegId, answeredElsewhere: boolean): void;
  bye(legId: LegId, cause: string): void;
  /** A re-INVITE of ours with a new offer. */
  reinvite(legId: LegId, sdp: string): void;
  /** Answers the re-INVITE `token` names: with our SDP, or 488 when there is none. */
  answerReinvite(legId: LegId, token: number, sdp: string | null): void;
}

/** Routing. Outcomes come back as events. */
export interface RoutingPort {
  queueTicket(ticket: {
    readonly ticketId: TicketId;
    readonly callId: CallId;
    readonly queueId: QueueId;
    readonly requirements: readonly Requirement[];
    readonly requiredLanguage: Language | null;
    readonly priority: number;
    readonly maxWaitMs: number;
  }): void;
  withdrawTicket(ticketId: TicketId): void;
  offerAnswered(offerId: OfferId): void;
  offerFailed(offerId: OfferId, cause: FailureCause): void;
  /** The party the agent dialled answered. */
  dialConnected(agentId: AgentId, callId: CallId): void;
  /** Rings the agent back who transferred: comes back as `transfer-asked` or `recall-failed`. */
  recall(agentId: AgentId, callId: CallId): void;
  /** Where the agent's pages are: comes back as `agent-seen`. */
  find(agentId: AgentId, callId: CallId): void;
  /** The agent's part of the call is over: wrap-up begins, if there is anything to wrap up. */
  callEnded(agentId: AgentId, callId: CallId, wrapUp: boolean): void;
}

/** A ledger row in the making; the ledger adds id, node, seq and hash. */
export interface CallRow {
  readonly type: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly personal?: Readonly<Record<string, unknown>>;
  readonly agentId?: AgentId;
}
