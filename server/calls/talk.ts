/** What an agent may do in a call: all of it acts on the graph, none of it on SIP. */
import type { CallEvent } from './events.ts';
import { type CallState, isOnHold } from './state.ts';
import { nowPlaying, record, type Step, step } from './step.ts';

type On<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

function isTalkingWith(state: CallState, agentId: string): boolean {
  return state.phase === 'talking' && state.offer?.agentId === agentId;
}

/** The caller hears music, the agent nothing. */
export function onHeld(state: CallState, event: On<'held'>): Step {
  if (!isTalkingWith(state, event.agentId) || state.held) return step(state);
  const music = state.queue?.holdMusic ?? state.dial?.holdMusic ?? [];
  const playing = isOnHold(state) ? state : nowPlaying(state, music, true);
  return step({ ...playing, held: true }, record('held', { by: 'agent' }, { agentId: event.agentId }));
}

export function onResumed(state: CallState, event: On<'resumed'>): Step {
  if (!isTalkingWith(state, event.agentId) || !state.held) return step(state);
  // The hold key of the agent's own phone is still pressed: the caller goes on hearing music.
  const playing = isOnHold({ ...state, held: false }) ? state.playing : null;
  return step({ ...state, playing, held: false }, record('resumed', { by: 'agent' }, { agentId: event.agentId }));
}

/** A muted agent is heard by nobody: not by the caller, not by the ears. */
export function onMuted(state: CallState, event: On<'muted'>): Step {
  if (!isTalkingWith(state, event.agentId) || state.muted === event.muted) return step(state);
  const { agentId, muted } = event;
  return step({ ...state, muted }, record(muted ? 'muted' : 'unmuted', {}, { agentId }));
}

/** Digits for the far side. Which ones is the caller's business, so the ledger is told only how many. */
export function onKeyed(state: CallState, event: On<'keyed'>): Step {
  if (!isTalkingWith(state, event.agentId)) return step(state);
  const keypadCount = state.keypadCount + 1;
  return step(
    { ...state, keypadCount, keypad: [...state.keypad, { dtmfId: `k${keypadCount}`, digits: event.digits }] },
    record('digits-sent', { count: event.digits.length }, { agentId: event.agentId }),
  );
}

/** The far side has the keys; or it takes none in INFO, and what is left goes another way, under a name of its own. */
export function onKeypadDone(state: CallState, event: On<'keypad-sent' | 'keypad-refused'>): Step {
  const { dtmfId } = event;
  const keypad = state.keypad.flatMap((keys) => {
    if (keys.dtmfId !== dtmfId) return [keys];
    return event.type === 'keypad-sent' ? [] : [{ dtmfId: `${dtmfId}-again`, digits: event.left }];
  });
  return step({ ...state, keypad });
}
