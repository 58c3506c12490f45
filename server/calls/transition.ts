/** The call machine: pure and total. Every state takes every event; there is no clock, no wait and no id made inside. */
import { assertNever } from '../../base/assert-never.ts';
import { onConference } from './conference.ts';
import type { Dialling } from './dialled.ts';
import { beginDialling, firstLegs, isDialling, onDialling } from './dialling.ts';
import type { CallEffect, CallEvent } from './events.ts';
import { forked, onForked } from './forked.ts';
import { graphOf } from './graph.ts';
import {
  onEndpointAnswered,
  onEndpointFailed,
  onEndpointLost,
  onEndpointOpened,
  onLegAnswered,
  onLegCancelled,
  onLegConfirmed,
  onLegEnded,
  onLegFailed,
  onLegReinvited,
} from './legs.ts';
import { onDeviceRinging, onOffered, onOfferLost } from './offers.ts';
import type { CallSignals } from './ports.ts';
import { onRecordingAsked, onRecordingDecided, onRecordingFailed, recorded } from './recording.ts';
import { onAnnouncementDue, onRecovered, onDigit, onMenuTime, onPlanMoved, onPlayEnded } from './plan.ts';
import { channelRows } from './recording-channels.ts';
import { judgedAnew, onPictureWanted, onVideo, pictured, withPicture } from './video.ts';
import { onArriving } from './arriving.ts';
import { onMoving, tidied } from './moving.ts';
import { onReturning } from './returning.ts';
import { onLegReplacing, onReplacing } from './replacing.ts';
import { type CallState, hasEnded, newCall, newLeg, type TimerName, timerNames, whichLeg } from './state.ts';
import { andThen, record, type Step, step, withOther, withTimer } from './step.ts';
import { onHeld, onKeyed, onKeypadDone, onMuted, onResumed } from './talk.ts';
import { supervised } from './supervision-graph.ts';
import { onSupervising } from './supervising.ts';
import { end } from './teardown.ts';
import { giveUpRecall, isTransferring, recall } from './handing.ts';
import { onForeignQueueLeft, onTransferAsked, onTransferring } from './transferring.ts';

/** A call as its INVITE brings it. */
export interface Invitation {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly transport: string;
  readonly signals?: CallSignals;
  /** The call may last this long, ms. */
  readonly longestMs: number;
}

/** The first state of a call and what it asks for: a row, and what the plan has to say. */
export function admit(invitation: Invitation, now: number): Step {
  const { callId, from, to, transport, signals = {}, longestMs } = invitation;
  const caller = newLeg(`${callId}.c`, signals.web === undefined ? 'sip' : 'webrtc');
  const state = { ...newCall({ callId, from, to, phase: 'admitted', language: 'en-US', caller }, now), signals };
  const { asserted, diversions, web, ...shown } = signals;
  const told = { ...(asserted === undefined ? {} : { asserted }), ...(diversions && { diversions }) };
  const personal = { from, ...told, ...(web?.name === undefined ? {} : { name: web.name }) };
  const media = web === undefined ? {} : { web: web.video ? 'video' : 'audio' };
  const row = { type: 'call-invited', facts: { to, transport, ...shown, ...media }, personal };
  return settle(
    state,
    step(withTimer(state, 'longest', now + longestMs), { type: 'record', row }, { type: 'begin-plan' }),
  );
}

/** The first state of a call that an agent makes, and what it asks for. */
export function admitDialled(asked: Dialling, now: number): Step {
  const first = newCall({ ...asked, caller: firstLegs(asked).caller, phase: 'dialling' }, now);
  return settle(first, beginDialling(asked, now));
}

/** The next state and the effects of one event. `now` is when it happened, ms since the epoch. */
export function transition(before: CallState, event: CallEvent, now: number): Step {
  if (hasEnded(before)) return afterEnd(before, event);
  const state = withPicture(before, event);
  const recording = onRecording(state, event);
  if (recording !== undefined) return settle(state, recording);
  const moved = onMoving(state, event, now);
  const made =
    moved === undefined
      ? dispatch(state, event, now)
      : moved.then.reduce((last, next) => andThen(last, (after) => dispatch(after, next, now)), moved.step);
  return settle(
    state,
    andThen(made, (after) => judgedAnew(after, event)),
  );
}

/** An event to whatever the call is in the middle of. */
function dispatch(state: CallState, event: CallEvent, now: number): Step {
  if (hasEnded(state)) return afterEnd(state, event);
  // The media node is going to stop: there is no other endpoint to be had, and nobody to wait for.
  if (event.type === 'endpoint-lost' && event.cause === 'drained') return end(state, 'media-drained', now);
  if (event.type === 'video-poor' || event.type === 'video-clear') return onVideo(state, event);
  if (event.type === 'picture-wanted' || event.type === 'leg-wants-picture')
    return step(state, ...onPictureWanted(event));
  const special =
    onArriving(state, event, now) ??
    onReplacing(state, event) ??
    onSupervising(state, event, now) ??
    onConference(state, event, now) ??
    onReturning(state, event, now);
  if (special !== undefined) return special;
  const dialled = isDialling(state) ? onDialling(state, event, now) : undefined;
  const handled = dialled ?? (isTransferring(state) ? onTransferring(state, event, now) : undefined);
  return handled ?? react(state, event, now);
}

/** What concerns the recording, whichever phase the call is in. */
function onRecording(state: CallState, event: CallEvent): Step | undefined {
  switch (event.type) {
    case 'recording-decided':
      return onRecordingDecided(state, event);
    case 'recording-asked':
      return onRecordingAsked(state, event);
    case 'recording-failed':
      return onRecordingFailed(state, event);
    case 'forked':
      return onForked(state, event.fork);
    default:
      return undefined;
  }
}

function onLegRinging(state: CallState, { legId }: Extract<CallEvent, { type: 'leg-ringing' }>): Step {
  if (whichLeg(state, legId) === 'ringing') return onDeviceRinging(state, legId);
  return state.other?.legId === legId && state.other.signalling === 'inviting'
    ? step(withOther(state, { signalling: 'ringing' }))
    : step(state);
}

/** Events that mean something only while the call is in the middle of what they speak of. */
const passing = [
  'endpoint-heard',
  'leg-progress',
  'leg-reanswered',
  'leg-reinvite-failed',
  'transfer-cancelled',
  'transfer-declined',
  'consult-swapped',
  'consult-left',
  'conference-merged',
  'supervision-asked',
  'supervision-left',
  'taken-over',
  'conference-dropped',
  'conference-set',
  'conference-left',
  'recording-decided',
  'recording-asked',
  'recording-failed',
  'forked',
  'video-poor',
  'video-clear',
  'picture-wanted',
  'leg-wants-picture',
  'agent-seen',
] as const;

function isPassing(event: CallEvent): event is Extract<CallEvent, { type: (typeof passing)[number] }> {
  return passing.some((type) => type === event.type);
}

function react(state: CallState, event: CallEvent, now: number): Step {
  if (isPassing(event)) return step(state);
  switch (event.type) {
    case 'plan-moved':
      return onPlanMoved(state, event.move, now);
    case 'endpoint-opened':
      return onEndpointOpened(state, event);
    case 'endpoint-failed':
      return onEndpointFailed(state, event, now);
    case 'endpoint-answered':
      return onEndpointAnswered(state, event, now);
    case 'endpoint-lost':
      return onEndpointLost(state, event, now);
    case 'digit':
      return whichLeg(state, event.legId) === 'caller' ? onDigit(state, event.digit) : step(state);
    case 'play-ended':
      return onPlayEnded(state, event, now);
    case 'keypad-sent':
    case 'keypad-refused':
      return onKeypadDone(state, event);
    case 'leg-replacing':
      return onLegReplacing(state, event);
    case 'leg-confirmed':
      return onLegConfirmed(state, event, now);
    case 'leg-ringing':
      return onLegRinging(state, event);
    case 'leg-answered':
      return onLegAnswered(state, event);
    case 'leg-offered':
      return step(state, { type: 'end-leg', legId: event.legId, cause: 'offer-lost' });
    case 'leg-acknowledged':
      return step(state, { type: 'answer-endpoint', legId: event.legId, sdp: event.sdp });
    case 'leg-failed':
      return onLegFailed(state, event, now);
    case 'leg-cancelled':
      return onLegCancelled(state, event, now);
    case 'leg-ended':
      return onLegEnded(state, event, now);
    case 'leg-reinvited':
      return onLegReinvited(state, event);
    case 'offered':
      return onOffered(state, event, now);
    case 'offer-lost':
      return onOfferLost(state, event);
    case 'ticket-timed-out':
    case 'ticket-refused':
      return leaveQueue(state, event.ticketId, event.type === 'ticket-refused' ? 'closed' : 'timeout');
    case 'held':
      return onHeld(state, event);
    case 'resumed':
      return onResumed(state, event);
    case 'muted':
      return onMuted(state, event);
    case 'keyed':
      return onKeyed(state, event);
    case 'hang-up-asked':
      return end(state, event.cause, now);
    case 'transfer-asked':
      return onTransferAsked(state, event, now);
    case 'recall-failed':
      return giveUpRecall(state, now);
    case 'consult-completed':
      return nothingToComplete(state, event);
    case 'wrap-up-ended':
      return onWrapUpEnded(state, event);
    case 'timer':
      return onTimer(state, event.timer, now);
    case 'recovered':
      return needsRecall(state) ? recall(state) : onRecovered(state);
    default:
      return assertNever(event);
  }
}

function nothingToComplete(state: CallState, { refer }: Extract<CallEvent, { type: 'consult-completed' }>): Step {
  return step(state, ...(refer === undefined ? [] : [{ type: 'answer-refer', ...refer, status: 481 } as const]));
}

/** The server died between the failure of a transfer and the ring-back. */
function needsRecall({ phase, other, transfer, transferredBy }: CallState): boolean {
  return phase === 'talking' && other === null && transfer === null && transferredBy !== null;
}

/** An agent who has left the call is done with it. */
function onWrapUpEnded(state: CallState, event: Extract<CallEvent, { type: 'wrap-up-ended' }>): Step {
  const { agentId, disposition, by } = event;
  const first = state.parted.find(({ offer }) => offer.agentId === agentId);
  if (first === undefined) return step(state);
  return step(
    { ...state, parted: state.parted.filter((each) => each !== first) },
    record('wrap-up-ended', { disposition, by }, { agentId }),
  );
}

function leaveQueue(state: CallState, ticketId: string, reason: 'timeout' | 'closed'): Step {
  if (state.phase !== 'queued' || state.queue?.ticketId !== ticketId) return step(state);
  const left: CallState = { ...withTimer(state, 'announcement', null), phase: 'in-plan', playing: null, queue: null };
  return andThen(step(left, record('queue-left', { queue: state.queue.queueId, reason })), (next) =>
    onForeignQueueLeft(next, { type: 'queue-left', reason }),
  );
}

function onTimer(state: CallState, timer: TimerName, now: number): Step {
  const rung = withTimer(state, timer, null);
  switch (timer) {
    case 'menu':
      return onMenuTime(rung);
    case 'announcement':
      return onAnnouncementDue(rung, now);
    case 'longest':
      return end(rung, 'too-long', now);
    case 'ring':
    case 'failure':
    case 'return':
    case 'move':
      return step(rung);
    default:
      return assertNever(timer);
  }
}

/** After the last leg only the agent's wrap-up matters; latecomers are sent home. */
function afterEnd(state: CallState, event: CallEvent): Step {
  switch (event.type) {
    case 'wrap-up-ended': {
      if (state.phase !== 'wrap-up') return step(state);
      const { agentId, disposition, by } = event;
      if (state.offer?.agentId !== agentId) return retireIfDone(onWrapUpEnded(state, event));
      return retireIfDone(step({ ...state, offer: null }, record('wrap-up-ended', { disposition, by }, { agentId })));
    }
    case 'leg-answered':
    case 'leg-offered':
    case 'leg-confirmed':
      return step(state, { type: 'end-leg', legId: event.legId, cause: state.end?.cause ?? 'ended' });
    case 'endpoint-opened':
      return step(state, { type: 'close-endpoint', legId: event.legId });
    case 'leg-reinvited':
      return step(state, { type: 'answer-reinvite', legId: event.legId, token: event.token, sdp: null });
    case 'offered':
      return step(state, { type: 'offer-failed', offerId: event.offerId, cause: 'error' });
    case 'transfer-asked':
      return onTransferAsked(state, event, 0);
    case 'supervision-asked':
      return onSupervising(state, event, 0) ?? step(state);
    case 'leg-replacing':
      return onLegReplacing(state, event);
    case 'consult-completed':
      return react(state, event, 0);
    default:
      return step(state);
  }
}

/** The call is forgotten once every agent who was in it is done. */
function retireIfDone({ state, effects }: Step): Step {
  if (state.offer !== null || state.parted.length > 0) return { state, effects };
  return step({ ...state, phase: 'over' }, ...effects, { type: 'retire' });
}

/** Adds what follows from the difference between two states: a new graph, deadlines armed and disarmed. */
function settle(before: CallState, reacted: Step): Step {
  const effects: CallEffect[] = [...reacted.effects];
  let state = tidied(reacted.state);
  const graph = pictured(state, recorded(state, forked(state, supervised(state, graphOf(state)))));
  if (!hasEnded(state) && JSON.stringify(graph) !== JSON.stringify(state.graph)) {
    effects.push(...channelRows(state, state.graph, graph));
    state = { ...state, graph, revision: state.revision + 1 };
    effects.push({ type: 'apply-graph', revision: state.revision, graph });
  }
  for (const timer of timerNames) {
    const at = state.timers[timer];
    if (at === before.timers[timer]) continue;
    effects.push(at === undefined ? { type: 'disarm', timer } : { type: 'arm', timer, at });
  }
  return { state, effects };
}
