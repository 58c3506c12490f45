/** Everything that can happen to a call, and everything a call may ask for. */
import type { AgentId, LegId, OfferId, TicketId } from '../../protocol/ids.ts';
import type { AgreedPicture, EndpointKind, Graph, Language } from '../../protocol/media.ts';
import type { DialFailureCause } from './dialled.ts';
import type { CallRow, Destination, Device, FailureCause, PlanInput, PlanMove, Requirement } from './ports.ts';
import type { Fork, RecordingOrder } from './recorded.ts';
import type { TimerName } from './state.ts';
import type { SupervisionMode } from './supervised.ts';
import type { TransferOrder } from './transferred.ts';

/** Where an endpoint or a dialog went. */
export type LossCause = 'media-failure' | 'signalling-lost';

export type CallEvent =
  /** The plan has spoken. */
  | { readonly type: 'plan-moved'; readonly move: PlanMove }
  | {
      readonly type: 'endpoint-opened';
      readonly legId: LegId;
      readonly localSdp: string;
      readonly remoteDirection: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
      /** Of a SIP leg that has a picture from now on. */
      readonly picture?: AgreedPicture | undefined;
      /** Set when it was opened again for a re-INVITE. */
      readonly token: number | null;
    }
  | { readonly type: 'endpoint-failed'; readonly legId: LegId; readonly code: string; readonly token: number | null }
  /** The media node took in the far side's answer. */
  | { readonly type: 'endpoint-answered'; readonly legId: LegId; readonly picture?: AgreedPicture | undefined }
  /** `since`: when that was, where it is told late; ms since the epoch. */
  | { readonly type: 'endpoint-lost'; readonly legId: LegId; readonly cause: string; readonly since?: number }
  /** The first packet of the far side was let in. */
  | { readonly type: 'endpoint-heard'; readonly legId: LegId }
  | { readonly type: 'digit'; readonly legId: LegId; readonly digit: string }
  | {
      readonly type: 'play-ended';
      readonly playId: string;
      readonly cause: 'finished' | 'failed' | 'interrupted';
      readonly reason?: string | undefined;
    }
  | { readonly type: 'keypad-sent'; readonly dtmfId: string }
  /** The far side takes no keys in INFO: these are left, for the audio. */
  | { readonly type: 'keypad-refused'; readonly dtmfId: string; readonly left: string }
  /** An INVITE of somebody who may take the place of a leg of this call (RFC 3891), with what it offers. */
  | {
      readonly type: 'leg-replacing';
      readonly legId: LegId;
      readonly replaces: LegId;
      readonly device: Device | null;
      readonly sdp: string;
    }
  /** Our 200 is out and the dialog exists. */
  | { readonly type: 'leg-confirmed'; readonly legId: LegId }
  | { readonly type: 'leg-ringing'; readonly legId: LegId }
  /** A provisional answer to our INVITE, with the SDP it carried ('': none). Several may come, of several branches. */
  | { readonly type: 'leg-progress'; readonly legId: LegId; readonly status: number; readonly sdp: string }
  /** The far side's 200 with its own offer, where our INVITE had none. */
  | { readonly type: 'leg-offered'; readonly legId: LegId; readonly sdp: string }
  /** The far side's 200, with its answer. */
  | { readonly type: 'leg-answered'; readonly legId: LegId; readonly sdp: string }
  /** The ACK carried the answer to the offer in our 200. */
  | { readonly type: 'leg-acknowledged'; readonly legId: LegId; readonly sdp: string }
  | {
      readonly type: 'leg-failed';
      readonly legId: LegId;
      readonly status: number;
      readonly reason: string;
      /** Where a redirection (3xx) points to. */
      readonly contacts?: readonly string[];
      /** Said by our own side, before anything was sent. */
      readonly cause?: DialFailureCause;
    }
  /** The caller gave up before our 200. */
  | { readonly type: 'leg-cancelled'; readonly legId: LegId }
  /** BYE, from the far side or made by the engine for it. */
  | { readonly type: 'leg-ended'; readonly legId: LegId; readonly cause: 'hangup' | LossCause }
  | { readonly type: 'leg-reinvited'; readonly legId: LegId; readonly token: number; readonly sdp: string }
  /** The answer to a re-INVITE of ours; or that it was refused, or could not be sent (503). */
  | { readonly type: 'leg-reanswered'; readonly legId: LegId; readonly sdp: string }
  | { readonly type: 'leg-reinvite-failed'; readonly legId: LegId; readonly status: number }
  | {
      readonly type: 'offered';
      readonly offerId: OfferId;
      readonly agentId: AgentId;
      readonly until: number;
      /** The devices to ring, of those the agent wants rung. */
      readonly devices: readonly Device[];
    }
  | { readonly type: 'offer-lost'; readonly offerId: OfferId; readonly reason: string }
  | { readonly type: 'ticket-timed-out'; readonly ticketId: TicketId }
  | { readonly type: 'ticket-refused'; readonly ticketId: TicketId }
  | { readonly type: 'held'; readonly agentId: AgentId }
  | { readonly type: 'resumed'; readonly agentId: AgentId }
  | { readonly type: 'muted'; readonly agentId: AgentId; readonly muted: boolean }
  | { readonly type: 'keyed'; readonly agentId: AgentId; readonly digits: string }
  /** The agent in the call, or somebody for them, hands the caller over. `refer`: their desk phone asked by REFER. */
  | {
      readonly type: 'transfer-asked';
      readonly order: TransferOrder;
      readonly refer?: { readonly legId: LegId; readonly token: number };
      /** Referred-By of that REFER (RFC 3892), for the target. */
      readonly referredBy?: string;
      /** The second call of the agent's desk phone, which asks for a consultation: its leg, and what it offers. */
      readonly phone?: { readonly legId: LegId; readonly device: Device | null; readonly sdp: string };
    }
  /** The agent, who consults somebody, changes between them and the caller. */
  | { readonly type: 'consult-swapped'; readonly agentId: AgentId }
  /** And hands the caller over. `refer`: by a REFER with Replaces of their desk phone. */
  | {
      readonly type: 'consult-completed';
      readonly agentId: AgentId;
      readonly refer?: { readonly legId: LegId; readonly token: number };
    }
  /** The colleague who is consulted hangs up at the desk. */
  | { readonly type: 'consult-left'; readonly agentId: AgentId }
  | { readonly type: 'transfer-cancelled'; readonly agentId: AgentId }
  /** The agent takes the one they consult into the talk with the caller. */
  | { readonly type: 'conference-merged'; readonly agentId: AgentId }
  /** Somebody (`by`: an account) sends the member with this leg away. */
  | { readonly type: 'conference-dropped'; readonly member: LegId; readonly by: string }
  /** Or makes them silent, or louder. */
  | {
      readonly type: 'conference-set';
      readonly member: LegId;
      readonly by: string;
      readonly muted?: boolean;
      readonly gainDb?: number;
    }
  /** A supervisor wants to listen, whisper or barge; one who does so already changes how. Routing has set them aside. */
  | {
      readonly type: 'supervision-asked';
      readonly agentId: AgentId;
      readonly mode: SupervisionMode;
      readonly offerId: OfferId;
      /** Which of their phones rings. */
      readonly device: Device;
      /** The site tells agents that somebody listens. */
      readonly announced?: boolean;
    }
  | { readonly type: 'supervision-left'; readonly agentId: AgentId }
  /** The supervisor becomes the caller's agent. */
  | { readonly type: 'taken-over'; readonly agentId: AgentId }
  /** A colleague who was added hangs up at the desk. */
  | { readonly type: 'conference-left'; readonly agentId: AgentId }
  /** The colleague who is rung for a transfer says no at the desk. */
  | { readonly type: 'transfer-declined'; readonly offerId: OfferId }
  /** The transferor cannot be rung back. */
  | { readonly type: 'recall-failed' }
  /** Somebody here asked for the end: the agent, an admin, the site stopping. */
  | { readonly type: 'hang-up-asked'; readonly cause: 'agent-hangup' | 'admin-hangup' | 'site-stopped' }
  | {
      readonly type: 'wrap-up-ended';
      readonly agentId: AgentId;
      readonly disposition: string | null;
      readonly by: 'agent' | 'timeout' | 'recovery';
    }
  | { readonly type: 'timer'; readonly timer: TimerName }
  /** What the dialplan says of recording this call. */
  | { readonly type: 'recording-decided'; readonly decision: 'on' | 'on-demand' | 'off'; readonly policy: string }
  /** `by`: the agent in the call, or the account of whoever asks. */
  | { readonly type: 'recording-asked'; readonly order: RecordingOrder; readonly by: string }
  | { readonly type: 'recording-failed'; readonly recordingId: string; readonly code: string }
  /** An outside recorder takes copies from now on, or no more. */
  | { readonly type: 'forked'; readonly fork: Fork | null }
  /** The agent's registered pages that answer now, the newest last: said when they change and when asked. */
  | { readonly type: 'agent-seen'; readonly agentId: AgentId; readonly pages: readonly Device[] }
  /** So much of a picture is lost on the way that the sound may suffer; and the network carries it again. */
  | { readonly type: 'video-poor'; readonly legId: LegId; readonly lossPercent: number }
  | { readonly type: 'video-clear' }
  /** Somebody needs a key frame of this leg; or its far side needs one of whoever it sees. */
  | { readonly type: 'picture-wanted'; readonly legId: LegId }
  | { readonly type: 'leg-wants-picture'; readonly legId: LegId }
  /** The server came back and holds this call again. */
  | { readonly type: 'recovered' };

export type CallEffect =
  | { readonly type: 'record'; readonly row: CallRow }
  /** `called`: where it is not the number of the call. */
  | { readonly type: 'begin-plan'; readonly called?: string }
  | { readonly type: 'advance-plan'; readonly input: PlanInput }
  | {
      readonly type: 'open-endpoint';
      readonly legId: LegId;
      readonly kind: EndpointKind;
      /** The far side's offer; `invite` is the one the INVITE of this leg carried, which the runner holds. */
      readonly remoteSdp: 'invite' | string | null;
      readonly token: number | null;
      /** Its endpoint died: a node that takes no new calls takes it all the same. */
      readonly again?: boolean;
    }
  /** Comes back as `endpoint-opened` or `endpoint-failed`, like `open-endpoint`. */
  | { readonly type: 'restart-ice'; readonly legId: LegId }
  /** A phone is asked for a key frame by INFO (RFC 5168); whoever it sees is asked for one. */
  | { readonly type: 'want-picture'; readonly legId: LegId }
  | { readonly type: 'refresh-picture'; readonly legId: LegId }
  /** The page of a caller learns whether there is to be a picture. */
  | { readonly type: 'tell-video'; readonly legId: LegId; readonly paused: boolean }
  | { readonly type: 'answer-endpoint'; readonly legId: LegId; readonly sdp: string }
  | { readonly type: 'close-endpoint'; readonly legId: LegId }
  | { readonly type: 'apply-graph'; readonly revision: number; readonly graph: Graph }
  | { readonly type: 'close-media' }
  | { readonly type: 'answer-leg'; readonly legId: LegId; readonly sdp: string }
  | { readonly type: 'reject-leg'; readonly legId: LegId; readonly status: number; readonly reason: string }
  /** `sdp` null: the far side is to make the offer. `from`: the number to show. */
  | {
      readonly type: 'invite-leg';
      readonly legId: LegId;
      readonly destination: Destination;
      readonly sdp: string | null;
      readonly from: string;
      readonly referredBy?: string;
    }
  /** A provisional answer to the INVITE of an incoming leg; with our SDP, early media. */
  | { readonly type: 'progress-leg'; readonly legId: LegId; readonly status: number; readonly sdp: string | null }
  /** Our answer to the offer in the far side's 200, in the ACK. */
  | { readonly type: 'acknowledge-leg'; readonly legId: LegId; readonly sdp: string }
  | { readonly type: 'cancel-leg'; readonly legId: LegId; readonly answeredElsewhere: boolean }
  | { readonly type: 'end-leg'; readonly legId: LegId; readonly cause: string }
  | { readonly type: 'answer-reinvite'; readonly legId: LegId; readonly token: number; readonly sdp: string | null }
  /** A new offer of ours inside the dialog. Comes back as `leg-reanswered` or `leg-reinvite-failed`. */
  | { readonly type: 'reinvite-leg'; readonly legId: LegId; readonly sdp: string }
  | {
      readonly type: 'queue-ticket';
      readonly ticketId: TicketId;
      readonly queueId: string;
      readonly requirements: readonly Requirement[];
      readonly requiredLanguage: Language | null;
      readonly priority: number;
      readonly maxWaitMs: number;
    }
  | { readonly type: 'withdraw-ticket'; readonly ticketId: TicketId }
  | { readonly type: 'offer-answered'; readonly offerId: OfferId }
  | {
      readonly type: 'offer-failed';
      readonly offerId: OfferId;
      readonly cause: FailureCause;
    }
  /** The answer to a REFER, and how far what it asked for is. `last`: the subscription ends. */
  | { readonly type: 'answer-refer'; readonly legId: LegId; readonly token: number; readonly status: number }
  | {
      readonly type: 'notify-referrer';
      readonly legId: LegId;
      readonly status: number;
      readonly reason: string;
      readonly last: boolean;
    }
  /** Ring the agent who transferred. */
  | { readonly type: 'recall-agent'; readonly agentId: AgentId }
  /** The party an agent dialled, or the agent a call was transferred to, answered. */
  | { readonly type: 'dial-connected'; readonly agentId: AgentId }
  /** `wrapUp`: the agent has something to wrap up. */
  | { readonly type: 'free-agent'; readonly agentId: AgentId; readonly wrapUp: boolean }
  /** Where are the agent's pages? Comes back as `agent-seen`. */
  | { readonly type: 'find-agent'; readonly agentId: AgentId }
  | { readonly type: 'arm'; readonly timer: TimerName; readonly at: number }
  | { readonly type: 'disarm'; readonly timer: TimerName }
  /** The call is over: forget it. */
  | { readonly type: 'retire' };
