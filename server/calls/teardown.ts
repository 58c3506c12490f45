/** How a call ends. The order is written here once; docs/teardown.md explains it. */
import type { CallEffect } from './events.ts';
import { type CallState, type Leg, silence } from './state.ts';
import { record, type Step, step } from './step.ts';

/** The answer to an INVITE that ends before our 200, by cause. */
const refusals: Readonly<Record<string, readonly [number, string]>> = {
  'no-route': [404, 'Not Found'],
  'plan-hangup': [603, 'Decline'],
  'plan-gone': [500, 'Server Internal Error'],
  'unsupported-media': [488, 'Not Acceptable Here'],
  'site-stopped': [503, 'Service Unavailable'],
};

function goodbye(leg: Leg | null, cause: string): CallEffect[] {
  switch (leg?.signalling) {
    case 'inviting':
    case 'ringing':
      return [{ type: 'cancel-leg', legId: leg.legId }];
    case 'answering':
    case 'confirmed':
      return [{ type: 'end-leg', legId: leg.legId, cause }];
    case 'new':
    case 'ended':
    case undefined:
      return [];
  }
}

function callerGoodbye(state: CallState, cause: string): CallEffect[] {
  if (state.phase !== 'admitted' || state.caller.signalling !== 'new') return goodbye(state.caller, cause);
  const [status, reason] = refusals[cause] ?? [500, 'Server Internal Error'];
  return [{ type: 'reject-leg', legId: state.caller.legId, status, reason }];
}

function leaveQueue(state: CallState): CallEffect[] {
  const { queue, phase, offer } = state;
  if (phase === 'talking' && offer !== null) return [{ type: 'free-agent', agentId: offer.agentId }];
  return phase === 'queued' && queue !== null ? [{ type: 'withdraw-ticket', ticketId: queue.ticketId }] : [];
}

function rows(state: CallState, cause: string, now: number): CallEffect[] {
  const { queue, talkingSince, phase } = state;
  const waitedMs = queue === null ? 0 : (talkingSince ?? now) - queue.queuedAt;
  const talkedMs = talkingSince === null ? 0 : now - talkingSince;
  const abandoned =
    phase === 'queued' && queue !== null ? [record('abandoned', { queue: queue.queueId, waitedMs })] : [];
  return [...abandoned, record('call-ended', { cause, waitedMs, talkedMs, totalMs: now - state.startedAt })];
}

/**
 * Ends the call: the facts first, then goodbye to every leg that still has a dialog, then its media, then the agent goes
 * to wrap-up. Legs that are already gone must be marked `ended` before.
 */
export function end(state: CallState, cause: string, now: number): Step {
  const talked = state.phase === 'talking' && state.offer !== null;
  const over: CallState = {
    ...state,
    phase: talked ? 'wrap-up' : 'over',
    caller: { ...state.caller, signalling: 'ended', open: false },
    other: state.other === null ? null : { ...state.other, signalling: 'ended', open: false },
    playing: null,
    timers: {},
    keypad: [],
    graph: silence,
    end: { at: now, cause },
  };
  return step(
    over,
    ...rows(state, cause, now),
    ...(talked ? [record('wrap-up-started', {}, { agentId: state.offer.agentId })] : []),
    ...callerGoodbye(state, cause),
    ...goodbye(state.other, cause),
    { type: 'close-media' },
    ...leaveQueue(state),
    ...(talked ? [] : [{ type: 'retire' } as const]),
  );
}
