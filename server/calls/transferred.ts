/** What a call knows of a transfer, and of agents who have left it: plain JSON, part of the snapshot. */
import type { AgentId } from '../../protocol/ids.ts';
import type { DialFailureCause } from './dialled.ts';
import type { Device, Instruction } from './ports.ts';
import type { CallOffer, Leg } from './leg.ts';

/** Who is rung for a transfer. */
export type RungTarget =
  | { readonly type: 'outside'; readonly to: string }
  /** A colleague, whom routing has set aside for it. */
  | {
      readonly type: 'agent';
      readonly agentId: AgentId;
      readonly offerId: string;
      /** Which of their devices ring. */
      readonly devices: readonly Device[];
    };

/** Where a transfer goes. A queue and a route take the caller at once; nobody is rung for them. */
export type TransferTarget =
  | RungTarget
  | { readonly type: 'queue'; readonly order: Extract<Instruction, { type: 'queue' }> }
  | { readonly type: 'route'; readonly called: string };

/**
 * Who asked for it: at the desk, by the API, by REFER of a desk phone, or by a second call of that phone (a consultation
 * only); `recall`: nobody, the transferor is rung back.
 */
export type TransferWay = 'desk' | 'api' | 'refer' | 'phone' | 'recall';

/** The agent talks to the target first, and hands the caller over or comes back afterwards. */
export interface Consult {
  /** Since when they talk; null: the target is still rung. */
  readonly since: number | null;
  /** Whom the agent hears; the other one hears music. With a second leg of the agent (`phone`) both may be heard. */
  readonly with: 'target' | 'caller';
  /** The colleague has cut their own microphone. */
  readonly muted: boolean;
  /** The caller has hung up meanwhile: agent and target may still say goodbye to each other. */
  readonly callerLeft: boolean;
  /** The agent's second leg, where their desk phone called the target. */
  readonly phone: Leg | null;
  /** Our answer to the INVITE of that leg, until it is sent. */
  readonly answer: string | null;
  /** They join the talk as soon as they answer; until then the agent talks to the caller. */
  readonly joins?: boolean;
}

/** A transfer whose target is being rung. The caller hears music, then ring-back or what the target lets be heard. */
export interface Transfer {
  /** The agent who hands the caller over. */
  readonly by: AgentId;
  readonly way: TransferWay;
  readonly target: RungTarget;
  /** The target's leg; of a colleague with several devices the one that spoke last, and in the end the one that answered. */
  readonly leg: Leg;
  /** The colleague's other devices, as long as they ring. */
  readonly others: readonly Leg[];
  /** Set for an attended transfer; null for a blind one. */
  readonly consult: Consult | null;
  /** Numbers called so far: a redirection is not followed in circles. */
  readonly tried: readonly string[];
  readonly askedAt: number;
  /** How long the target may ring. */
  readonly until: number;
  /** They ring (180). */
  readonly rung: boolean;
  /** The media node has taken in the SDP of a provisional answer. */
  readonly early: boolean;
  /** And a packet came. */
  readonly heard: boolean;
  /** Descriptions of the target that the media node is still taking in. */
  readonly taking: number;
  /** Whose tones the caller hears (ISO 3166). */
  readonly country: string;
}

/** Why the last transfer came to nothing. */
export interface TransferFailure {
  readonly to: string;
  readonly cause: DialFailureCause;
  /** The SIP answer, 0 where there was none. */
  readonly status: number;
  readonly reason: string;
}

/** An agent whose part of the call is over while the call goes on; forgotten once they have wrapped up. */
export interface Parted {
  readonly offer: CallOffer;
  /** Since when they had talked, and until when. */
  readonly since: number | null;
  readonly at: number;
}

/** A transfer as somebody asks for it. */
export interface TransferOrder {
  readonly by: AgentId;
  readonly way: TransferWay;
  readonly target: TransferTarget;
  /** The agent wants to talk to the target first. */
  readonly consult?: boolean;
  /** The target is added to the talk: a consultation that becomes a conference by itself. */
  readonly joins?: boolean;
  readonly country: string;
  /** How long the target may ring, ms. */
  readonly ringMs: number;
}

/** What a target is called in ledger rows and at the desk. */
export function nameOfTarget(target: TransferTarget): string {
  switch (target.type) {
    case 'outside':
      return target.to;
    case 'agent':
      return target.agentId;
    case 'queue':
      return target.order.queueId;
    case 'route':
      return target.called;
  }
}

/** A transfer as a release before consultations kept it in a snapshot. */
type OlderTarget =
  | Extract<RungTarget, { type: 'outside' }>
  | (Omit<Extract<RungTarget, { type: 'agent' }>, 'devices'> & {
      readonly device?: Device;
      readonly devices?: readonly Device[];
    });
export type OlderTransfer = Omit<Transfer, 'target' | 'others' | 'consult' | 'tried'> &
  Partial<Pick<Transfer, 'others' | 'consult' | 'tried'>> & { readonly target: OlderTarget };

/** Such a transfer as it is known today. */
export function upcastTransfer(older: OlderTransfer): Transfer {
  const { target, others = [], consult = null, tried = [] } = older;
  return { ...older, others, consult, tried, target: upcastTarget(target) };
}

function upcastTarget(target: OlderTarget): RungTarget {
  if (target.type === 'outside') return target;
  const { device, devices = device === undefined ? [] : [device], ...more } = target;
  return { ...more, devices };
}
