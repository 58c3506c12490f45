/**
 * The caller's side of one SIP call as a state machine (RFC 3261 sections 9, 13, 14, 15, 17.1): pure and total. The
 * runner (call.ts) feeds it messages and timers and performs its effects.
 */
import { assertNever } from '../../base/assert-never.ts';
import type { CodecName, RemoteAudio, SdpFault } from './sdp.ts';
import { answerSdp, offerSdp, readSdp } from './sdp.ts';
import type { SipMessage, SipRequest, SipResponse } from './sip-message.ts';
import { cseqOf, headerValue, tagOf } from './sip-message.ts';
import type { Dialog, UacPlan } from './uac-messages.ts';
import {
  confirmDialog,
  inviteSequence,
  makeBye,
  makeCancel,
  makeInvite,
  makeRefusalAck,
  makeReply,
  nextHop,
} from './uac-messages.ts';

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

export type UacTimer = 'resend' | 'give-up' | 'reoffer';

export type UacEvent =
  | { readonly type: 'start' }
  /** `source` is what a reply must be sent back to. */
  | { readonly type: 'received'; readonly message: SipMessage; readonly source: string }
  | { readonly type: 'timer'; readonly timer: UacTimer }
  | { readonly type: 'hang-up' }
  /** Nothing was heard for too long. */
  | { readonly type: 'deserted' }
  | { readonly type: 'transport-failed'; readonly detail: string };

export type UacSignal =
  | { readonly type: 'progress'; readonly status: number; readonly reason: string }
  /** Audio may flow to and from here, from now on. */
  | { readonly type: 'media'; readonly remote: RemoteAudio }
  | { readonly type: 'answered'; readonly by: string }
  | { readonly type: 'ended'; readonly end: CallEnd };

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

export interface UacStep {
  readonly state: UacState;
  readonly effects: readonly UacEffect[];
}

type In<T extends UacState['type']> = Extract<UacState, { type: T }>;

const stay = (state: UacState): UacStep => ({ state, effects: [] });
const toUri = (message: SipRequest, uri: string): UacEffect => ({ type: 'send', message, to: { uri } });
const signal = (value: UacSignal): UacEffect => ({ type: 'signal', signal: value });
const quiet: readonly UacEffect[] = [
  { type: 'disarm', timer: 'resend' },
  { type: 'disarm', timer: 'give-up' },
  { type: 'disarm', timer: 'reoffer' },
];

/** Timers E and A repeat over UDP only; B and F (64 T1) always. */
function untilAnswered(plan: UacPlan, first: number): UacEffect[] {
  const giveUp: UacEffect = { type: 'arm', timer: 'give-up', afterMs: 64 * plan.timers.t1 };
  return plan.transport === 'udp' ? [{ type: 'arm', timer: 'resend', afterMs: first }, giveUp] : [giveUp];
}

function ended(end: CallEnd, effects: readonly UacEffect[] = [], ack?: { message: SipRequest; uri: string }): UacStep {
  const state: UacState = ack === undefined ? { type: 'ended' } : { type: 'ended', ack };
  return { state, effects: [...quiet, ...effects, signal({ type: 'ended', end })] };
}

/** One step of the call. */
export function stepUac(plan: UacPlan, state: UacState, event: UacEvent): UacStep {
  switch (event.type) {
    case 'start':
      return state.type === 'idle' ? start(plan) : stay(state);
    case 'received':
      return event.message.type === 'request'
        ? onRequest(plan, state, event.message, event.source)
        : onResponse(plan, state, event.message);
    case 'timer':
      return onTimer(plan, state, event.timer);
    case 'hang-up':
      return onHangUp(plan, state);
    case 'deserted':
      if (state.type !== 'talking') return stay(state);
      return leave(plan, state.dialog, { type: 'broken', detail: 'nothing was heard any more' });
    case 'transport-failed':
      return onTransportFailed(state, event.detail);
    default:
      return assertNever(event);
  }
}

function start(plan: UacPlan): UacStep {
  const invite = makeInvite(plan, offerSdp(plan.audio));
  return {
    state: { type: 'inviting', interval: plan.timers.t1, provisional: false, stopping: false },
    effects: [toUri(invite, plan.firstHop), ...untilAnswered(plan, plan.timers.t1)],
  };
}

function leave(plan: UacPlan, dialog: Dialog, end: CallEnd, before: readonly UacEffect[] = []): UacStep {
  const bye = makeBye(plan, dialog);
  return {
    state: { type: 'leaving', dialog, bye, interval: plan.timers.t1, end },
    effects: [...quiet, ...before, toUri(bye, nextHop(dialog)), ...untilAnswered(plan, plan.timers.t1)],
  };
}

function cancel(plan: UacPlan): UacStep {
  return {
    state: { type: 'cancelling', interval: plan.timers.t1 },
    effects: [...quiet, toUri(makeCancel(plan), plan.firstHop), ...untilAnswered(plan, plan.timers.t1)],
  };
}

function onHangUp(plan: UacPlan, state: UacState): UacStep {
  switch (state.type) {
    case 'idle':
      return ended({ type: 'cancelled' });
    case 'inviting':
      if (state.provisional) return cancel(plan);
      // Nobody may be there at all: four round trips are enough to find out.
      return {
        state: { ...state, stopping: true },
        effects: [{ type: 'arm', timer: 'give-up', afterMs: 4 * plan.timers.t1 }],
      };
    case 'talking':
      return leave(plan, state.dialog, { type: 'hung-up', by: 'caller' });
    case 'cancelling':
    case 'leaving':
    case 'ended':
      return stay(state);
    default:
      return assertNever(state);
  }
}

function onTransportFailed(state: UacState, detail: string): UacStep {
  switch (state.type) {
    case 'idle':
    case 'inviting':
      return ended({ type: 'unreachable', detail });
    case 'cancelling':
      return ended({ type: 'cancelled' });
    case 'talking':
      return ended({ type: 'broken', detail });
    case 'leaving':
      return ended(state.end);
    case 'ended':
      return stay(state);
    default:
      return assertNever(state);
  }
}

function onTimer(plan: UacPlan, state: UacState, timer: UacTimer): UacStep {
  switch (timer) {
    case 'resend':
      return onResend(plan, state);
    case 'give-up':
      return onGiveUp(state);
    case 'reoffer':
      return onReofferTimer(plan, state);
    default:
      return assertNever(timer);
  }
}

function onResend(plan: UacPlan, state: UacState): UacStep {
  if (state.type !== 'inviting' && state.type !== 'cancelling' && state.type !== 'leaving') return stay(state);
  // INVITE doubles for ever (timer A), the others up to T2 (timer E).
  const doubled = state.interval * 2;
  const interval = state.type === 'inviting' ? doubled : Math.min(doubled, plan.timers.t2);
  const again = (): UacEffect => {
    if (state.type === 'inviting') return toUri(makeInvite(plan, offerSdp(plan.audio)), plan.firstHop);
    if (state.type === 'cancelling') return toUri(makeCancel(plan), plan.firstHop);
    return toUri(state.bye, nextHop(state.dialog));
  };
  return { state: { ...state, interval }, effects: [again(), { type: 'arm', timer: 'resend', afterMs: interval }] };
}

function onGiveUp(state: UacState): UacStep {
  switch (state.type) {
    case 'inviting':
      return ended(state.stopping ? { type: 'cancelled' } : { type: 'unreachable', detail: 'timeout' });
    case 'cancelling':
      return ended({ type: 'cancelled' });
    case 'leaving':
      return ended(state.end);
    case 'idle':
    case 'talking':
    case 'ended':
      return stay(state);
    default:
      return assertNever(state);
  }
}

/** Our 200 to a re-INVITE is repeated until its ACK comes (RFC 3261 section 13.3.1.4). */
function onReofferTimer(plan: UacPlan, state: UacState): UacStep {
  if (state.type !== 'talking' || state.reoffer === undefined) return stay(state);
  const { response, source, interval } = state.reoffer;
  if (interval > 32 * plan.timers.t1)
    return leave(plan, state.dialog, { type: 'broken', detail: 'no ACK to the answer of a re-INVITE' });
  return {
    state: { ...state, reoffer: { ...state.reoffer, interval: interval * 2 } },
    effects: [
      { type: 'send', message: response, to: { source } },
      { type: 'arm', timer: 'reoffer', afterMs: Math.min(interval * 2, plan.timers.t2) },
    ],
  };
}

function onResponse(plan: UacPlan, state: UacState, response: SipResponse): UacStep {
  const cseq = cseqOf(response);
  const ofInvite = cseq?.method === 'INVITE' && cseq.number === inviteSequence;
  switch (state.type) {
    case 'inviting':
      return ofInvite ? onInviteAnswer(plan, state, response) : stay(state);
    case 'cancelling':
      return ofInvite ? onCancelledAnswer(plan, state, response) : stay(state);
    case 'talking':
      return ofInvite ? onLateAnswer(plan, state, response) : stay(state);
    case 'leaving':
      if (ofInvite) return onLateAnswer(plan, state, response);
      return cseq?.method === 'BYE' && response.status >= 200 ? ended(state.end) : stay(state);
    case 'ended':
      // A final answer that comes again wants its ACK again.
      if (ofInvite && response.status >= 200 && state.ack !== undefined)
        return { state, effects: [toUri(state.ack.message, state.ack.uri)] };
      return stay(state);
    case 'idle':
      return stay(state);
    default:
      return assertNever(state);
  }
}

const refusalOf = (response: SipResponse): CallEnd => {
  const contact = headerValue(response, 'Contact');
  const to = response.status < 400 && contact !== undefined ? { to: contact } : {};
  return { type: 'refused', status: response.status, reason: response.reason, ...to };
};

function onInviteAnswer(plan: UacPlan, state: In<'inviting'>, response: SipResponse): UacStep {
  if (response.status < 200) return onProvisional(plan, state, response);
  if (response.status < 300) return onAnswered(plan, state, response);
  const ack = { message: makeRefusalAck(plan, response), uri: plan.firstHop };
  const end: CallEnd = state.stopping ? { type: 'cancelled' } : refusalOf(response);
  return ended(end, [toUri(ack.message, ack.uri)], ack);
}

function remoteOf(plan: UacPlan, response: SipMessage): RemoteAudio | SdpFault | undefined {
  return response.body.trim() === '' ? undefined : readSdp(response.body, plan.audio.codecs);
}

function onProvisional(plan: UacPlan, state: In<'inviting'>, response: SipResponse): UacStep {
  if (state.stopping) return cancel(plan);
  const remote = remoteOf(plan, response);
  const early = typeof remote === 'object' ? remote : undefined;
  const progress = signal({ type: 'progress', status: response.status, reason: response.reason });
  return {
    state: { ...state, provisional: true, ...(early === undefined ? {} : { early }) },
    effects: [...quiet, progress, ...(early === undefined ? [] : [signal({ type: 'media', remote: early })])],
  };
}

const unusable: CallEnd = { type: 'broken', detail: 'the answer has no dialog tag' };

function onAnswered(plan: UacPlan, state: In<'inviting'>, response: SipResponse): UacStep {
  const dialog = confirmDialog(plan, response);
  if (dialog === undefined) return ended(unusable);
  const ack = toUri(dialog.ack, nextHop(dialog));
  if (state.stopping) return leave(plan, dialog, { type: 'cancelled' }, [ack]);
  const remote = remoteOf(plan, response) ?? state.early ?? 'no-audio';
  if (typeof remote === 'string')
    return leave(plan, dialog, { type: 'broken', detail: `the answer cannot be used: ${remote}` }, [ack]);
  const by = headerValue(response, 'Server') ?? headerValue(response, 'User-Agent') ?? dialog.remoteTarget;
  return {
    state: { type: 'talking', dialog, remote, sdpVersion: plan.audio.session.version },
    effects: [...quiet, ack, signal({ type: 'media', remote }), signal({ type: 'answered', by })],
  };
}

function onCancelledAnswer(plan: UacPlan, state: UacState, response: SipResponse): UacStep {
  if (response.status < 200) return stay(state);
  if (response.status >= 300) {
    const ack = { message: makeRefusalAck(plan, response), uri: plan.firstHop };
    return ended({ type: 'cancelled' }, [toUri(ack.message, ack.uri)], ack);
  }
  // The answer crossed our CANCEL (RFC 3261 section 9.1): take the call and end it.
  const dialog = confirmDialog(plan, response);
  if (dialog === undefined) return ended({ type: 'cancelled' });
  return leave(plan, dialog, { type: 'cancelled' }, [toUri(dialog.ack, nextHop(dialog))]);
}

/** A 200 that comes again gets its ACK again; one of another fork is taken and ended (RFC 3261 section 13.2.2.4). */
function onLateAnswer(plan: UacPlan, state: In<'talking'> | In<'leaving'>, response: SipResponse): UacStep {
  if (response.status < 200 || response.status >= 300) return stay(state);
  if (tagOf(headerValue(response, 'To')) === state.dialog.remoteTag)
    return { state, effects: [toUri(state.dialog.ack, nextHop(state.dialog))] };
  const other = confirmDialog(plan, response);
  if (other === undefined) return stay(state);
  const hop = nextHop(other);
  return { state, effects: [toUri(other.ack, hop), toUri(makeBye(plan, other), hop)] };
}

function onRequest(plan: UacPlan, state: UacState, request: SipRequest, source: string): UacStep {
  const reply = (status: number, reason: string): UacEffect => ({
    type: 'send',
    message: makeReply(plan, request, status, reason),
    to: { source },
  });
  switch (state.type) {
    case 'talking':
      return onTalkingRequest(plan, state, request, source, reply);
    case 'leaving':
      return request.method === 'ACK' ? stay(state) : { state, effects: [reply(200, 'OK')] };
    case 'ended':
      if (request.method === 'ACK') return stay(state);
      return { state, effects: [request.method === 'BYE' ? reply(200, 'OK') : reply(481, 'Call Does Not Exist')] };
    case 'idle':
    case 'inviting':
    case 'cancelling':
      return request.method === 'ACK' ? stay(state) : { state, effects: [reply(481, 'Call Does Not Exist')] };
    default:
      return assertNever(state);
  }
}

type Reply = (status: number, reason: string) => UacEffect;

function onTalkingRequest(
  plan: UacPlan,
  state: In<'talking'>,
  request: SipRequest,
  source: string,
  reply: Reply,
): UacStep {
  if (tagOf(headerValue(request, 'From')) !== state.dialog.remoteTag)
    return request.method === 'ACK' ? stay(state) : { state, effects: [reply(481, 'Call Does Not Exist')] };
  if (request.method === 'ACK') return onReofferAck(plan, state, request);
  const sequence = cseqOf(request)?.number ?? -1;
  if (sequence < state.dialog.remoteSequence) return { state, effects: [reply(500, 'CSeq Out Of Order')] };
  const next: In<'talking'> = { ...state, dialog: { ...state.dialog, remoteSequence: sequence } };
  switch (request.method) {
    case 'BYE': {
      const reason = headerValue(request, 'Reason');
      const end: CallEnd = { type: 'hung-up', by: 'far-side', ...(reason === undefined ? {} : { reason }) };
      return ended(end, [reply(200, 'OK')]);
    }
    case 'INVITE':
    case 'UPDATE':
      return onReoffer(plan, next, request, source, sequence);
    case 'OPTIONS':
    case 'INFO':
    case 'CANCEL':
      return { state: next, effects: [reply(200, 'OK')] };
    default:
      return { state: next, effects: [reply(405, 'Method Not Allowed')] };
  }
}

/** A new offer within the call: hold, resume, refresh, moved media (RFC 3261 section 14.2, RFC 3264 section 8). */
function onReoffer(
  plan: UacPlan,
  state: In<'talking'>,
  request: SipRequest,
  source: string,
  sequence: number,
): UacStep {
  if (state.reoffer?.sequence === sequence)
    return { state, effects: [{ type: 'send', message: state.reoffer.response, to: { source } }] };
  const offer = remoteOf(plan, request);
  if (typeof offer === 'string')
    return { state, effects: [sendReply(makeReply(plan, request, 488, 'Not Acceptable Here'), source)] };
  const version = state.sdpVersion + 1;
  const audio = { ...plan.audio, session: { ...plan.audio.session, version } };
  const late = request.method === 'INVITE' ? offerSdp(audio) : '';
  const response = makeReply(plan, request, 200, 'OK', offer === undefined ? late : answerSdp(audio, offer));
  const waiting =
    request.method === 'INVITE' ? { reoffer: { response, source, sequence, interval: plan.timers.t1 } } : {};
  return {
    state: { ...state, remote: offer ?? state.remote, sdpVersion: version, ...waiting },
    effects: [
      sendReply(response, source),
      ...(request.method === 'INVITE' ? [{ type: 'arm', timer: 'reoffer', afterMs: plan.timers.t1 } as const] : []),
      ...(offer === undefined ? [] : [signal({ type: 'media', remote: offer })]),
    ],
  };
}

const sendReply = (message: SipResponse, source: string): UacEffect => ({ type: 'send', message, to: { source } });

/** The ACK of our 200; in a late offer it carries the far side's answer. */
function onReofferAck(plan: UacPlan, state: In<'talking'>, ack: SipRequest): UacStep {
  const { reoffer: _done, ...rest } = state;
  const remote = remoteOf(plan, ack);
  if (typeof remote !== 'object') return { state: rest, effects: [{ type: 'disarm', timer: 'reoffer' }] };
  return {
    state: { ...rest, remote },
    effects: [{ type: 'disarm', timer: 'reoffer' }, signal({ type: 'media', remote })],
  };
}

/** What the caller offers when it is not told otherwise. */
export const defaultCodecs: readonly CodecName[] = ['pcmu', 'pcma'];
