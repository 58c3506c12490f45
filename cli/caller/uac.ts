/**
 * The caller's side of one SIP call as a state machine (RFC 3261 sections 9, 13, 14, 15, 17.1): pure and total. The
 * runner (call.ts) feeds it messages and timers and performs its effects.
 */
import { assertNever } from '../../base/assert-never.ts';
import type { CodecName } from './sdp.ts';
import { offerSdp } from './sdp.ts';
import type { SipResponse } from './sip-message.ts';
import { cseqOf, headerValue } from './sip-message.ts';
import type { UacPlan } from './uac-messages.ts';
import { confirmDialog, inviteSequence, makeCancel, makeInvite, makeRefusalAck, nextHop } from './uac-messages.ts';
import { onLateAnswer, onReofferTimer, onRequest } from './uac-dialog.ts';
import type { CallEnd, In, UacEffect, UacEvent, UacState, UacStep, UacTimer } from './uac-state.ts';
import { ended, leave, quiet, remoteOf, signal, stay, toUri, untilAnswered } from './uac-state.ts';

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

/** What the caller offers when it is not told otherwise. */
export const defaultCodecs: readonly CodecName[] = ['pcmu', 'pcma'];
