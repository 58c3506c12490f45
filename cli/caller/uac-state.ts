/** What the states of a call have in common: their shapes, and the steps more than one of them takes. */
import type { RemoteAudio, SdpFault } from './sdp.ts';
import { readSdp } from './sdp.ts';
import type { SipMessage, SipRequest, SipResponse } from './sip-message.ts';
import type { Dialog, UacPlan } from './uac-messages.ts';
import { makeBye, nextHop } from './uac-messages.ts';

/** How a call ended. */
export type CallEnd =
  | { readonly type: 'hung-up'; readonly by: 'caller' | 'far-side'; readonly reason?: string }
  /** A final answer of 300 or more. `to` is where a 3xx sends the caller. */
  | { readonly type: 'refused'; readonly status: number; readonly reason: string; readonly to?: string }
  /** Hung up before it was answered. */
  | { readonly type: 'cancelled' }
  /** No word came back at all, or the address cannot be reached. */
  | { readonly type: 'unreachable'; readonly detail: string }
  /** The connection broke in mid-call, or what came back cannot be used. */
  | { readonly type: 'broken'; readonly detail: string };

/** `resend`: timers A and E. `give-up`: timers B and F. `reoffer`: our 200 to a re-INVITE until its ACK comes. */
export type UacTimer = 'resend' | 'give-up' | 'reoffer';

/** What happens to a call. */
export type UacEvent =
  | { readonly type: 'start' }
  /** `source` is what a reply must be sent back to. */
  | { readonly type: 'received'; readonly message: SipMessage; readonly source: string }
  | { readonly type: 'timer'; readonly timer: UacTimer }
  | { readonly type: 'hang-up' }
  /** Nothing was heard for too long. */
  | { readonly type: 'deserted' }
  | { readonly type: 'transport-failed'; readonly detail: string };

/** What the caller is told. */
export type UacSignal =
  | { readonly type: 'progress'; readonly status: number; readonly reason: string }
  /** Audio may flow to and from here, from now on. */
  | { readonly type: 'media'; readonly remote: RemoteAudio }
  | { readonly type: 'answered'; readonly by: string }
  | { readonly type: 'ended'; readonly end: CallEnd };

/** What the runner does. */
export type UacEffect =
  | {
      readonly type: 'send';
      readonly message: SipMessage;
      readonly to: { readonly uri: string } | { readonly source: string };
    }
  | { readonly type: 'arm'; readonly timer: UacTimer; readonly afterMs: number }
  | { readonly type: 'disarm'; readonly timer: UacTimer }
  | { readonly type: 'signal'; readonly signal: UacSignal };

interface Reoffer {
  readonly response: SipResponse;
  readonly source: string;
  readonly sequence: number;
  readonly interval: number;
}

/** A call from before its INVITE to after its last answer. */
export type UacState =
  | { readonly type: 'idle' }
  | {
      readonly type: 'inviting';
      readonly interval: number;
      readonly provisional: boolean;
      /** Hang-up was asked before the far side said a word, and CANCEL must wait for one (RFC 3261 section 9.1). */
      readonly stopping: boolean;
      readonly early?: RemoteAudio;
    }
  | { readonly type: 'cancelling'; readonly interval: number }
  | {
      readonly type: 'talking';
      readonly dialog: Dialog;
      readonly remote: RemoteAudio;
      readonly sdpVersion: number;
      readonly reoffer?: Reoffer;
    }
  | {
      readonly type: 'leaving';
      readonly dialog: Dialog;
      readonly bye: SipRequest;
      readonly interval: number;
      readonly end: CallEnd;
    }
  /** Lives on for a moment to answer repetitions. */
  | { readonly type: 'ended'; readonly ack?: { readonly message: SipRequest; readonly uri: string } };

/** Where a step leads, and what it does. */
export interface UacStep {
  readonly state: UacState;
  readonly effects: readonly UacEffect[];
}

/** The state of this type. */
export type In<T extends UacState['type']> = Extract<UacState, { type: T }>;

/** Nothing happens. */
export const stay = (state: UacState): UacStep => ({ state, effects: [] });
/** Sends a request where a URI says. */
export const toUri = (message: SipRequest, uri: string): UacEffect => ({ type: 'send', message, to: { uri } });
/** Tells the caller. */
export const signal = (value: UacSignal): UacEffect => ({ type: 'signal', signal: value });
/** Every timer off. */
export const quiet: readonly UacEffect[] = [
  { type: 'disarm', timer: 'resend' },
  { type: 'disarm', timer: 'give-up' },
  { type: 'disarm', timer: 'reoffer' },
];

/** Timers E and A repeat over UDP only; B and F (64 T1) always. */
export function untilAnswered(plan: UacPlan, first: number): UacEffect[] {
  const giveUp: UacEffect = { type: 'arm', timer: 'give-up', afterMs: 64 * plan.timers.t1 };
  return plan.transport === 'udp' ? [{ type: 'arm', timer: 'resend', afterMs: first }, giveUp] : [giveUp];
}

/** The call is over; `ack` is kept for an answer that comes again. */
export function ended(
  end: CallEnd,
  effects: readonly UacEffect[] = [],
  ack?: { message: SipRequest; uri: string },
): UacStep {
  const state: UacState = ack === undefined ? { type: 'ended' } : { type: 'ended', ack };
  return { state, effects: [...quiet, ...effects, signal({ type: 'ended', end })] };
}

/** Says BYE, after `before`. */
export function leave(plan: UacPlan, dialog: Dialog, end: CallEnd, before: readonly UacEffect[] = []): UacStep {
  const bye = makeBye(plan, dialog);
  return {
    state: { type: 'leaving', dialog, bye, interval: plan.timers.t1, end },
    effects: [...quiet, ...before, toUri(bye, nextHop(dialog)), ...untilAnswered(plan, plan.timers.t1)],
  };
}

/** The far side's audio; undefined when the message has no body. */
export function remoteOf(plan: UacPlan, response: SipMessage): RemoteAudio | SdpFault | undefined {
  return response.body.trim() === '' ? undefined : readSdp(response.body, plan.audio.codecs);
}
