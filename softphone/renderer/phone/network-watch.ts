/**
 * Whether the network of a page in a call is still there. A connection that has gone dead says nothing for a long time, and ICE takes
 * 15 s to doubt its way; but our media node sends all the time, so a second without a packet is a sign. Then the signalling is asked
 * (RFC 5626 section 3.5.1, CRLF CRLF): without an answer the page connects anew, upon which the server restarts ICE. Pure.
 *
 * Time is what passes between two looks, and a late look counts for half a second only: a page that was not let run for three
 * seconds has not waited for an answer, it has not looked whether there is one.
 */
import { assertNever } from '../../../base/assert-never.ts';

/** Without a packet for so long: the signalling is asked. */
export const silentMs = 1000;
/** So long it may take to answer. */
export const answerMs = 800;
/** It answers, and still nothing is heard: another way of the audio is looked for all the same. A node that died is replaced sooner. */
export const deafMs = 6000;
/** Between two attempts that brought nothing: as long at first, doubling up to this. */
export const longestPauseMs = 60_000;
/** What a late look counts for at most. */
export const lateMs = 500;

/** What is counted of a call's sound: packets of the far side since it began. */
export interface Heard {
  readonly call: string;
  readonly packets: number;
}

export interface NetworkState {
  /** The call that is watched. Its packets are 0 until the first one was heard: before that there is no silence. */
  readonly heard: Heard | undefined;
  /** Since the last packet. */
  readonly silent: number;
  /**
   * `asked`, because nothing is heard; `changed`: because the browser told of another network, and then only an answer tells that the
   * connection is still one. `gone`: everything was done that could be, until the pause is over or something is heard.
   */
  readonly stage: 'well' | 'asked' | 'changed' | 'answered' | 'gone';
  /** Since the signalling was asked, or the page connected anew. */
  readonly waited: number;
  readonly pause: number;
}

export type NetworkEvent =
  /** The packets of the call were counted, so long after the time before (ms). Nothing heard: there is no call. */
  | { readonly type: 'looked'; readonly heard: Heard | undefined; readonly after: number }
  /** Something came over the signalling connection. */
  | { readonly type: 'answered' }
  /** The browser says that it is on another network, or on one again. */
  | { readonly type: 'network-changed' };

export type NetworkEffect = 'ask' | 'connect-anew';

export interface NetworkStep {
  readonly state: NetworkState;
  readonly effects: readonly NetworkEffect[];
}

const well = { silent: 0, stage: 'well', waited: 0, pause: deafMs } as const;

export const initialNetwork: NetworkState = { heard: undefined, ...well };

/** What is to be done about the network. Total. */
export function networkTransition(state: NetworkState, event: NetworkEvent): NetworkStep {
  switch (event.type) {
    case 'looked':
      return looked(state, event.heard, Math.min(Math.max(0, event.after), lateMs));
    case 'answered':
      return same(state.stage === 'asked' || state.stage === 'changed' ? answered(state) : state);
    case 'network-changed':
      return ask(state, 'changed');
    default:
      return assertNever(event);
  }
}

/** Where there is no silence the connection was all that was doubted. */
function answered(state: NetworkState): NetworkState {
  return { ...state, stage: state.silent < silentMs ? 'well' : 'answered' };
}

function looked(state: NetworkState, found: Heard | undefined, passed: number): NetworkStep {
  const { heard, stage } = state;
  const waited = state.waited + passed;
  const other = found === undefined || found.call !== heard?.call;
  // Counters that are gone for a moment (the browser begins them anew with each description) are no sign of life.
  const alive = other || (found.packets > 0 && found.packets !== heard.packets);
  if (alive && stage !== 'changed') return same({ heard: found, ...well });
  const silent = alive || heard.packets === 0 ? 0 : state.silent + passed;
  const next = { ...state, heard: alive ? found : heard, silent, waited };
  return stage === 'changed' || silent >= silentMs ? doubted(next) : same(next);
}

/** Nothing has been heard for a second, or the browser has told of another network. */
function doubted(state: NetworkState): NetworkStep {
  switch (state.stage) {
    case 'well':
      return ask(state, 'asked');
    case 'asked':
    case 'changed':
      return state.waited < answerMs ? same(state) : connectAnew(state);
    case 'answered':
      return state.silent < deafMs ? same(state) : connectAnew(state);
    case 'gone':
      return state.waited < state.pause ? same(state) : ask({ ...state, pause: longer(state.pause) }, 'asked');
    default:
      return assertNever(state.stage);
  }
}

function longer(pause: number): number {
  return Math.min(2 * pause, longestPauseMs);
}

function ask(state: NetworkState, stage: 'asked' | 'changed'): NetworkStep {
  return { state: { ...state, stage, waited: 0 }, effects: ['ask'] };
}

function connectAnew(state: NetworkState): NetworkStep {
  return { state: { ...state, stage: 'gone', waited: 0 }, effects: ['connect-anew'] };
}

function same(state: NetworkState): NetworkStep {
  return { state, effects: [] };
}
