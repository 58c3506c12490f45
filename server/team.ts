/** The talks of the floor, as supervisors' pages show them: what has changed of one, and all of them for a page that comes. */
import type { DeskEvent, TeamCall } from '../protocol/desk.ts';
import type { CallState } from './calls/index.ts';
import { type CallSurroundings, teamCallOf } from './desk/index.ts';

type TeamEvent = Extract<DeskEvent, { type: 'team-call-changed' | 'team-call-cleared' }>;

export class Team {
  readonly #calls = new Map<string, TeamCall>();

  /** The oldest first. */
  get calls(): TeamCall[] {
    return [...this.#calls.values()].sort((a, b) => a.since - b.since);
  }

  /** A call has changed; undefined if supervisors would see no difference. */
  changed(state: CallState, around: CallSurroundings): TeamEvent | undefined {
    const call = teamCallOf(state, around);
    if (call === undefined) return this.gone(state.callId);
    if (JSON.stringify(call) === JSON.stringify(this.#calls.get(call.callId))) return undefined;
    this.#calls.set(call.callId, call);
    return { type: 'team-call-changed', call };
  }

  /** A call is no talk any more. */
  gone(callId: string): TeamEvent | undefined {
    return this.#calls.delete(callId) ? { type: 'team-call-cleared', callId } : undefined;
  }
}
