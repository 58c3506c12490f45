/** A call as one value: plain JSON, so that it is its own snapshot. Times in ms since the epoch. */
import type { AgentId, CallId, LegId, QueueId, TicketId } from '../../protocol/ids.ts';
import type { Graph, Language } from '../../protocol/media.ts';
import { type Member, membersOf } from './conferenced.ts';
import type { Dialled } from './dialled.ts';
import type { CallOffer, Leg } from './leg.ts';
import type { CallRecording, Fork } from './recorded.ts';
import type { CallVideo } from './pictured.ts';
import type { CallSignals, Instruction, PlanPosition } from './ports.ts';
import { type Supervisor, supervisorsOf } from './supervised.ts';
import type { Parted, Transfer, TransferFailure } from './transferred.ts';

export { type CallOffer, type Leg, newLeg } from './leg.ts';

export interface CallQueue {
  readonly ticketId: TicketId;
  readonly queueId: QueueId;
  readonly queuedAt: number;
  readonly holdMusic: readonly string[];
}

export interface Playing {
  readonly playId: string;
  readonly files: readonly string[];
  readonly loop: boolean;
}

/**
 * - `admitted`: the caller's INVITE is not answered yet
 * - `in-plan`: a play or a menu
 * - `queued`: waiting; `offer` is set while an agent is being rung
 * - `transferring`: the plan's transfer rings its target
 * - `dialling`: an agent calls somebody (`dial`), who has not answered yet
 * - `talking`: two legs are bridged (hold and mute included); with `transfer` set, another one is being rung
 * - `wrap-up`: all legs are gone, an agent is not done yet
 * - `over`: nothing more will happen
 */
export type Phase = 'admitted' | 'in-plan' | 'queued' | 'transferring' | 'dialling' | 'talking' | 'wrap-up' | 'over';

/** Deadlines are data; the runner arms what stands here. */
export type TimerName = (typeof timerNames)[number];
export const timerNames = ['menu', 'announcement', 'longest', 'ring', 'failure', 'return', 'move'] as const;

export interface CallEnd {
  readonly at: number;
  /** `caller-hangup`, `agent-hangup`, `caller-cancelled`, `plan-hangup`, `media-failure`, `signalling-lost` ... */
  readonly cause: string;
}

export interface CallState {
  /** Version of this shape; older snapshots are upcast when they are loaded. */
  readonly version: 1;
  readonly callId: CallId;
  readonly phase: Phase;
  readonly from: string;
  readonly to: string;
  /** Absent in snapshots of older servers. */
  readonly signals?: CallSignals;
  readonly language: Language;
  readonly startedAt: number;
  /** The party outside: who called us or, where an agent dialled (`dial`), who is called. */
  readonly caller: Leg;
  /** The other party: the agent, or the target of a transfer. */
  readonly other: Leg | null;
  readonly offer: CallOffer | null;
  /** Set for the whole of a call that an agent made; its `offer` names that agent. */
  readonly dial: Dialled | null;
  /** The legs to the agent's devices, until one of them answers and becomes the other party. */
  readonly ringing: readonly Leg[];
  /** Set while the target of an agent's transfer is rung. */
  readonly transfer: Transfer | null;
  /** Why the last transfer came to nothing; null once it is of no interest. */
  readonly transferFailure: TransferFailure | null;
  /** Who transferred last: they are rung back if it comes to nothing. */
  readonly transferredBy: AgentId | null;
  /** The REFER that asked for the transfer, which is told its progress (RFC 3515 section 2.4.4). */
  readonly referral: { readonly legId: LegId; readonly referredBy: string | null } | null;
  /** A leg that is about to take the place of another one (RFC 3891). */
  readonly replacing: Replacing | null;
  /** Set while the agent's page is gone and awaited. Absent in snapshots of older servers. */
  readonly away?: Away | null;
  /** Who talks with them beside caller and other. Absent where there is nobody, and in snapshots of older servers. */
  readonly conference?: readonly Member[];
  /** Legs whose endpoints died and are being replaced. Absent in snapshots of older servers, and until it is needed. */
  readonly moves?: readonly Move[];
  /** When moves of late began, the oldest first. */
  readonly movedAt?: readonly number[];
  /** Who listens to the talk. Absent where nobody ever did. */
  readonly supervision?: readonly Supervisor[];
  /** Agents who have left the call and are not done with it yet. */
  readonly parted: readonly Parted[];
  /** How many other legs there were; names the next one. */
  readonly legs: number;
  readonly position: PlanPosition | null;
  readonly instruction: Instruction | null;
  readonly playing: Playing | null;
  /** How many plays there were; names the next one. */
  readonly plays: number;
  readonly queue: CallQueue | null;
  readonly pressed: readonly {
    readonly step: string;
    readonly digit: string;
    readonly label?: string;
    readonly labelZh?: string;
  }[];
  readonly talkingSince: number | null;
  readonly held: boolean;
  readonly muted: boolean;
  readonly keypad: readonly { readonly dtmfId: string; readonly digits: string }[];
  readonly keypadCount: number;
  readonly timers: Readonly<Partial<Record<TimerName, number>>>;
  readonly end: CallEnd | null;
  /** Absent while its picture, if it has one, was never paused. */
  readonly video?: CallVideo;
  /** The codec of its pictures; absent: as browsers like it. */
  readonly pictureCodec?: 'vp8' | 'h264';
  /** Absent until it is decided whether the call is recorded. */
  readonly recording?: CallRecording;
  /** Absent or null: nothing goes to an outside recorder. */
  readonly fork?: Fork | null;
  /** The graph last asked for, and its number. */
  readonly graph: Graph;
  readonly revision: number;
  /** The last event of the media node (and of which boot of it) that this call has taken in. */
  readonly mediaSeen: { readonly bootId: string; readonly seq: number } | null;
}

/** The graph of a call in which nobody hears anything. */
export const silence: Graph = { edges: [], plays: [], taps: [], dtmf: [] };

/** The leg of an INVITE with Replaces, until it is confirmed, and whose place it takes then. */
export interface Replacing {
  readonly old: LegId;
  readonly leg: Leg;
}

/** Since when an agent's page is gone and until when it is awaited, and the leg that is to bring its audio back. */
export interface Away {
  readonly since: number;
  readonly until: number;
  readonly leg: Leg | null;
}

/**
 * A leg on its way to a fresh endpoint. `opening`: the media node makes our offer; `offered`: the re-INVITE is out;
 * `answering`: the media node takes the answer; `waiting`: tried again at `due`. Times in ms since the epoch.
 */
export interface Move {
  readonly legId: LegId;
  readonly stage: 'opening' | 'offered' | 'answering' | 'waiting';
  /** When the old endpoint was lost, and when this is given up. */
  readonly since: number;
  readonly until: number;
  /** When the present stage has lasted too long, or the next try begins. */
  readonly due: number;
  readonly tries: number;
  /** The endpoint lives, and its browser is reached another way: ICE is restarted. Absent: it is replaced. */
  readonly way?: 'ice';
}

/** Every leg there is. */
export function legsOf(state: CallState): readonly Leg[] {
  const { caller, other, ringing, transfer, replacing, away } = state;
  const rung = transfer === null ? [] : [transfer.leg, ...transfer.others, transfer.consult?.phone ?? null];
  const added = membersOf(state).map(({ leg }) => leg);
  const supervisors = supervisorsOf(state).map(({ leg }) => leg);
  const more = [...supervisors, ...rung, ...ringing, replacing?.leg ?? null, away?.leg ?? null, ...added];
  return [caller, other, ...more].filter((leg) => leg !== null);
}

/** The caller is on hold: by the agent's button, or by the hold key of their desk phone. */
export function isOnHold({ held, offer, other }: CallState): boolean {
  return held || (offer !== null && other?.heldByPeer === true);
}

/** A call nothing has happened in yet. */
export function newCall(
  own: Pick<CallState, 'callId' | 'from' | 'to' | 'phase' | 'language' | 'caller'>,
  now: number,
): CallState {
  const { callId, from, to, phase, language, caller } = own;
  return {
    version: 1,
    ...{ callId, phase, from, to, language, caller },
    startedAt: now,
    other: null,
    offer: null,
    dial: null,
    ringing: [],
    transfer: null,
    transferFailure: null,
    transferredBy: null,
    referral: null,
    replacing: null,
    parted: [],
    legs: 0,
    position: null,
    instruction: null,
    playing: null,
    plays: 0,
    queue: null,
    pressed: [],
    talkingSince: null,
    held: false,
    muted: false,
    keypad: [],
    keypadCount: 0,
    timers: {},
    end: null,
    graph: silence,
    revision: 0,
    mediaSeen: null,
  };
}

/** Which of the call's legs it is, if any. */
export function whichLeg(state: CallState, legId: LegId): 'caller' | 'other' | 'ringing' | undefined {
  if (state.caller.legId === legId) return 'caller';
  if (state.other?.legId === legId) return 'other';
  return state.ringing.some((leg) => leg.legId === legId) ? 'ringing' : undefined;
}

/** True once all legs are gone. */
export function hasEnded(state: CallState): boolean {
  return state.phase === 'wrap-up' || state.phase === 'over';
}
