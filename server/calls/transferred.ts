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
      /** Which of their devices rings. */
      readonly device: Device;
    };

/** Where a transfer goes. A queue and a route take the caller at once; nobody is rung for them. */
export type TransferTarget =
  | RungTarget
  | { readonly type: 'queue'; readonly order: Extract<Instruction, { type: 'queue' }> }
  | { readonly type: 'route'; readonly called: string };

/** Who asked for it: at the desk, by the API, by REFER of a desk phone; `recall`: nobody, the transferor is rung back. */
export type TransferWay = 'desk' | 'api' | 'refer' | 'recall';

/** A transfer whose target is being rung. The caller hears music, then ring-back or what the target lets be heard. */
export interface Transfer {
  /** The agent who hands the caller over. */
  readonly by: AgentId;
  readonly way: TransferWay;
  readonly target: RungTarget;
  readonly leg: Leg;
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
