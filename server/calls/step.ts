/** The small vocabulary in which transitions are written. */
import type { CallEffect } from './events.ts';
import type { CallRow } from './ports.ts';
import type { CallState, Leg, Playing } from './state.ts';

/** What a transition returns: the next state and what to do, in order. */
export interface Step {
  readonly state: CallState;
  readonly effects: readonly CallEffect[];
}

/** The state as it is, perhaps with effects. */
export function step(state: CallState, ...effects: readonly CallEffect[]): Step {
  return { state, effects };
}

/** Both steps as one: `next` starts from the state of `first`. */
export function andThen(first: Step, next: (state: CallState) => Step): Step {
  const second = next(first.state);
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}

/** A ledger row. */
export function record(
  type: string,
  facts: Readonly<Record<string, unknown>> = {},
  more: Omit<CallRow, 'type' | 'facts'> = {},
): CallEffect {
  return { type: 'record', row: { type, facts, ...more } };
}

export function withCaller<S extends CallState>(state: S, change: Partial<Leg>): S {
  return { ...state, caller: { ...state.caller, ...change } };
}

export function withOther<S extends CallState>(state: S, change: Partial<Leg>): S {
  return state.other === null ? state : { ...state, other: { ...state.other, ...change } };
}

/** A new play for the caller, in place of what was playing. */
export function nowPlaying(state: CallState, files: readonly string[], loop: boolean): CallState {
  const playing: Playing | null = files.length === 0 ? null : { playId: `p${state.plays + 1}`, files, loop };
  return { ...state, playing, plays: state.plays + 1 };
}

export function withTimer<S extends CallState>(state: S, timer: keyof CallState['timers'], at: number | null): S {
  const { [timer]: _old, ...others } = state.timers;
  return { ...state, timers: at === null ? others : { ...others, [timer]: at } };
}
