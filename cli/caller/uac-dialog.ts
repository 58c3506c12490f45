/** The call once it is established: requests of the far side, new offers, answers that come again (RFC 3261 12, 14). */
import { assertNever } from '../../base/assert-never.ts';
import { answerSdp, offerSdp } from './sdp.ts';
import type { SipRequest, SipResponse } from './sip-message.ts';
import { cseqOf, headerValue, tagOf } from './sip-message.ts';
import type { UacPlan } from './uac-messages.ts';
import { confirmDialog, makeBye, makeReply, nextHop } from './uac-messages.ts';
import type { CallEnd, In, UacEffect, UacState, UacStep } from './uac-state.ts';
import { ended, leave, remoteOf, signal, stay, toUri } from './uac-state.ts';

/** A request of the far side, in whatever state the call is. */
export function onRequest(plan: UacPlan, state: UacState, request: SipRequest, source: string): UacStep {
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

/** A 200 that comes again gets its ACK again; one of another fork is taken and ended (RFC 3261 section 13.2.2.4). */
export function onLateAnswer(plan: UacPlan, state: In<'talking'> | In<'leaving'>, response: SipResponse): UacStep {
  if (response.status < 200 || response.status >= 300) return stay(state);
  if (tagOf(headerValue(response, 'To')) === state.dialog.remoteTag)
    return { state, effects: [toUri(state.dialog.ack, nextHop(state.dialog))] };
  const other = confirmDialog(plan, response);
  if (other === undefined) return stay(state);
  const hop = nextHop(other);
  return { state, effects: [toUri(other.ack, hop), toUri(makeBye(plan, other), hop)] };
}

/** Our 200 to a re-INVITE is repeated until its ACK comes (RFC 3261 section 13.3.1.4). */
export function onReofferTimer(plan: UacPlan, state: UacState): UacStep {
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
