/** The call under its plan: what an instruction starts, and what happens until the next one. */
import { assertNever } from '../../base/assert-never.ts';
import type { CallEffect, CallEvent } from './events.ts';
import type { Instruction, PlanInput, PlanMove } from './ports.ts';
import { type CallState, newLeg } from './state.ts';
import { andThen, nowPlaying, record, type Step, step, withTimer } from './step.ts';
import { end } from './teardown.ts';

/** Nobody holds a key down for longer. */
const longestKeyMs = 5000;

/** Tells the plan what happened; its answer comes back as `plan-moved`. */
export function advance(state: CallState, input: PlanInput): Step {
  return step(state, { type: 'advance-plan', input });
}

/** Takes in what the plan said. The first word of it opens the caller's endpoint; later ones are performed at once. */
export function onPlanMoved(state: CallState, move: PlanMove, now: number): Step {
  if (move.type === 'no-route') return end(state, 'no-route', now);
  if (move.type === 'plan-gone') return end(state, 'plan-gone', now);
  const { position, instruction, facts, video } = move;
  // Legs keep what they were offered, wherever the call goes later.
  const codec = video === undefined || state.phase !== 'admitted' ? {} : { pictureCodec: video };
  const told = step(
    { ...state, ...codec, position, pressed: [...state.pressed, ...facts.flatMap(pressedOf)] },
    ...facts.map(({ type, ...rest }) => record(type, rest)),
  );
  if (instruction.type === 'wait') return told;
  return andThen(told, (next) => {
    const instructed: CallState = { ...next, instruction };
    if (instructed.phase !== 'admitted') return perform(instructed, instruction, now);
    if (instruction.type === 'hangup' && instruction.cause !== 'normal') return end(instructed, 'plan-hangup', now);
    return step(instructed, {
      type: 'open-endpoint',
      legId: state.caller.legId,
      kind: state.caller.kind,
      remoteSdp: 'invite',
      token: null,
    });
  });
}

function pressedOf(fact: { readonly type: string; readonly [field: string]: unknown }): CallState['pressed'] {
  const { type, step: at, digit, label, labelZh } = fact;
  if (type !== 'menu-chosen' || typeof at !== 'string' || typeof digit !== 'string') return [];
  return [
    {
      step: at,
      digit,
      ...(typeof label === 'string' ? { label } : {}),
      ...(typeof labelZh === 'string' ? { labelZh } : {}),
    },
  ];
}

/** Starts an instruction. The caller's leg is answered. */
export function perform(state: CallState, instruction: Instruction, now: number): Step {
  switch (instruction.type) {
    case 'play':
    case 'menu':
      return step({ ...nowPlaying(withTimer(state, 'menu', null), instruction.files, false), phase: 'in-plan' });
    case 'queue':
      return enterQueue(state, instruction, now);
    case 'transfer':
      return startTransfer(state);
    case 'hangup':
      return end(state, 'plan-hangup', now);
    case 'wait':
      return step(state);
    default:
      return assertNever(instruction);
  }
}

/** The caller waits in a queue, with its music. */
export function enterQueue(state: CallState, order: Extract<Instruction, { type: 'queue' }>, now: number): Step {
  const ticketId = `${state.callId}.q${state.plays + 1}`;
  const { queueId, priority, holdMusic, announcement } = order;
  const timed = withTimer(
    withTimer(state, 'menu', null),
    'announcement',
    announcement === null ? null : now + announcement.everyMs,
  );
  return step(
    {
      ...nowPlaying(timed, holdMusic, true),
      phase: 'queued',
      language: order.language,
      queue: { ticketId, queueId, queuedAt: now, holdMusic },
    },
    record('queued', { queue: queueId, ticket: ticketId, priority }),
    queueTicket(ticketId, order),
  );
}

function startTransfer(state: CallState): Step {
  const legId = `${state.callId}.x${state.legs + 1}`;
  return step(
    {
      ...state,
      phase: 'transferring',
      playing: null,
      legs: state.legs + 1,
      other: newLeg(legId, 'sip'),
    },
    { type: 'open-endpoint', legId, kind: 'sip', remoteSdp: null, token: null },
  );
}

/** The server came back. Routing may not have got the ticket before it died; it ignores one that it knows. */
export function onRecovered(state: CallState): Step {
  const told = step(state, record('call-recovered', { phase: state.phase }));
  const { instruction, queue } = state;
  if (state.phase !== 'queued' || queue === null || instruction?.type !== 'queue') return told;
  return andThen(told, (next) => step(next, queueTicket(queue.ticketId, instruction)));
}

function queueTicket(ticketId: string, order: Extract<Instruction, { type: 'queue' }>): CallEffect {
  const { queueId, requirements, requiredLanguage, priority, maxWaitMs } = order;
  return { type: 'queue-ticket', ticketId, queueId, requirements, requiredLanguage, priority, maxWaitMs };
}

/** A digit from the caller: only the plan cares. */
export function onDigit(state: CallState, digit: string): Step {
  if (state.phase !== 'in-plan') return step(state);
  const { instruction } = state;
  if (instruction?.type === 'menu' && (instruction.bargeIn || state.playing === null))
    return advance(withTimer(state, 'menu', null), { type: 'digit', digit });
  if (instruction?.type === 'play' && instruction.bargeIn) return advance(state, { type: 'digit', digit });
  return step(state);
}

/** The time of a menu or of a held key is over. */
export function onMenuTime(state: CallState): Step {
  if (state.phase !== 'in-plan') return step(state);
  return advance(state, { type: state.instruction?.type === 'play' ? 'prompt-ended' : 'timeout' });
}

/** The files of the current play are over, or could not be played: the caller must not be stranded by either. */
export function onPlayEnded(state: CallState, event: Extract<CallEvent, { type: 'play-ended' }>, now: number): Step {
  if (state.playing?.playId !== event.playId) return step(state);
  const failed = event.cause === 'failed' ? [record('prompt-failed', { reason: event.reason ?? 'unknown' })] : [];
  const quiet: CallState = { ...state, playing: null };
  if (state.phase === 'queued' && state.queue !== null && event.cause === 'finished')
    return step(nowPlaying(state, state.queue.holdMusic, true));
  if (state.phase !== 'in-plan') return step(quiet, ...failed);
  const { instruction } = state;
  if (instruction?.type === 'menu') return step(withTimer(quiet, 'menu', now + instruction.timeoutMs), ...failed);
  // A key is down: its digit decides, when it is let go of; should none ever come, the prompt is over all the same.
  if (event.cause === 'interrupted') return step(withTimer(quiet, 'menu', now + longestKeyMs));
  return andThen(step(quiet, ...failed), (next) => advance(next, { type: 'prompt-ended' }));
}

/** Time to tell the waiting caller something; the music goes on after it. */
export function onAnnouncementDue(state: CallState, now: number): Step {
  const { instruction } = state;
  if (state.phase !== 'queued' || instruction?.type !== 'queue' || instruction.announcement === null)
    return step(state);
  const { files, everyMs } = instruction.announcement;
  return step(withTimer(nowPlaying(state, files, false), 'announcement', now + everyMs));
}
