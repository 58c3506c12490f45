import { assertNever } from '../../../base/assert-never.ts';
import { foldDesk } from '../../../protocol/desk.ts';
import type { DeskFrame, DeskRequest, DeskState } from '../../../protocol/desk.ts';
import type { Problem } from '../../../protocol/problems/index.ts';

/** Timings of the feed in milliseconds. */
export interface FeedTimings {
  /** Silence after which the feed asks whether the server is there. */
  readonly quietMs: number;
  /** How long it waits for that answer, or for the greeting's. */
  readonly answerMs: number;
  /** How long it waits for an answer when there is a reason to believe that the network is gone. */
  readonly doubtMs: number;
  /** The shortest wait before asking for a whole snapshot again, so that a server we cannot follow is not flooded. */
  readonly startOverMs: number;
  /** The longest wait between two attempts to connect. */
  readonly longestWaitMs: number;
}

export const feedTimings: FeedTimings = {
  quietMs: 15_000,
  answerMs: 8_000,
  doubtMs: 3_000,
  startOverMs: 500,
  longestWaitMs: 8_000,
};

/**
 * `off`: not started, or refused. `connecting`: the socket is being opened. `greeting`: hello sent, no answer yet.
 * `live`: events are arriving. `waiting`: lost, the next attempt is armed.
 */
export type FeedLink = 'off' | 'connecting' | 'greeting' | 'live' | 'waiting';

export interface FeedState {
  readonly link: FeedLink;
  readonly token: string;
  /** Attempts to connect since the feed was last live. */
  readonly attempt: number;
  /** The server's process and the last event seen of it: where a reconnect goes on. */
  readonly position?: { readonly boot: string; readonly seq: number };
  /** What the desk looked like last; kept while reconnecting, so that the agent still sees the caller. */
  readonly desk?: DeskState;
  /** The server's clock minus ours, in milliseconds. */
  readonly offsetMs: number;
  /** True while a ping waits for its answer. */
  readonly probing: boolean;
  /** Why the server does not want this feed at all. */
  readonly refused?: Problem;
}

export type FeedEvent =
  | { readonly type: 'started' }
  | { readonly type: 'stopped' }
  | { readonly type: 'opened' }
  | { readonly type: 'closed' }
  | { readonly type: 'framed'; readonly frame: DeskFrame; readonly now: number }
  /** A frame that is not what the protocol says. */
  | { readonly type: 'garbled' }
  /** Somebody believes that the network is gone. */
  | { readonly type: 'doubted' }
  /** The armed time has come. */
  | { readonly type: 'elapsed' };

export type FeedEffect =
  | { readonly type: 'open' }
  | { readonly type: 'close' }
  | { readonly type: 'send'; readonly request: DeskRequest }
  /** One timer: arming replaces it. */
  | { readonly type: 'arm'; readonly delayMs: number }
  | { readonly type: 'disarm' }
  | { readonly type: 'settle'; readonly id: number; readonly problem?: Problem }
  | { readonly type: 'show'; readonly problem: Problem };

export interface FeedStep {
  readonly state: FeedState;
  readonly effects: readonly FeedEffect[];
}

export function initialFeed(token: string): FeedState {
  return { link: 'off', token, attempt: 0, offsetMs: 0, probing: false };
}

/** So many attempts are made a second apart at most: a server that died is back in a second or two, and a call waits. */
const hopefulAttempts = 12;

/** The wait before attempt number `attempt` (from 1): at once, doubling to a second; much later doubling again. */
export function backOff(attempt: number, longestMs: number): number {
  if (attempt <= 1) return 0;
  const early = Math.min(1000, 250 * 2 ** (attempt - 2));
  return Math.min(longestMs, attempt <= hopefulAttempts ? early : 1000 * 2 ** (attempt - hopefulAttempts));
}

/** What the feed does next. Pure and total: every state takes every event. */
export function feedTransition(state: FeedState, event: FeedEvent, timings: FeedTimings = feedTimings): FeedStep {
  switch (event.type) {
    case 'started':
      return state.link === 'off' ? connect(state, timings) : same(state);
    case 'stopped':
      return { state: { ...state, link: 'off', probing: false }, effects: [{ type: 'disarm' }, { type: 'close' }] };
    case 'opened':
      return state.link === 'connecting' ? greet(state, timings) : same(state);
    case 'closed':
      return state.link === 'off' || state.link === 'waiting' ? same(state) : wait(state, timings);
    case 'garbled':
      return state.link === 'off' || state.link === 'waiting' ? same(state) : startOver(state, timings);
    case 'framed':
      return state.link === 'greeting' || state.link === 'live'
        ? framed(state, event.frame, event.now, timings)
        : same(state);
    case 'doubted':
      return state.link === 'live' ? ask(state, timings.doubtMs) : same(state);
    case 'elapsed':
      return elapsed(state, timings);
    default:
      return assertNever(event);
  }
}

function same(state: FeedState): FeedStep {
  return { state, effects: [] };
}

function connect(state: FeedState, timings: FeedTimings): FeedStep {
  return {
    state: { ...state, link: 'connecting', attempt: state.attempt + 1, probing: false },
    effects: [{ type: 'open' }, { type: 'arm', delayMs: timings.answerMs }],
  };
}

function greet(state: FeedState, timings: FeedTimings): FeedStep {
  // Without a desk there is nothing that later events could be folded into.
  const resume = state.desk === undefined ? undefined : state.position;
  const request: DeskRequest = { type: 'hello', token: state.token, ...(resume === undefined ? {} : { resume }) };
  return {
    state: { ...state, link: 'greeting' },
    effects: [
      { type: 'send', request },
      { type: 'arm', delayMs: timings.answerMs },
    ],
  };
}

function wait(state: FeedState, timings: FeedTimings): FeedStep {
  return {
    state: { ...state, link: 'waiting', probing: false },
    effects: [{ type: 'close' }, { type: 'arm', delayMs: backOff(state.attempt + 1, timings.longestWaitMs) }],
  };
}

/** The feed can no longer be trusted: leave it and ask for a whole snapshot. */
function startOver(state: FeedState, timings: FeedTimings): FeedStep {
  const { position: _forgotten, ...rest } = state;
  return {
    state: { ...rest, link: 'waiting', probing: false },
    effects: [
      { type: 'close' },
      { type: 'arm', delayMs: Math.max(timings.startOverMs, backOff(state.attempt, timings.longestWaitMs)) },
    ],
  };
}

function elapsed(state: FeedState, timings: FeedTimings): FeedStep {
  switch (state.link) {
    case 'off':
      return same(state);
    case 'waiting':
      return connect(state, timings);
    case 'connecting':
    case 'greeting':
      return wait(state, timings);
    case 'live':
      return state.probing ? wait(state, timings) : ask(state, timings.answerMs);
    default:
      return assertNever(state.link);
  }
}

function ask(state: FeedState, answerMs: number): FeedStep {
  return {
    state: { ...state, probing: true },
    effects: [
      { type: 'send', request: { type: 'ping' } },
      { type: 'arm', delayMs: answerMs },
    ],
  };
}

function framed(state: FeedState, frame: DeskFrame, now: number, timings: FeedTimings): FeedStep {
  const heard: FeedEffect = { type: 'arm', delayMs: timings.quietMs };
  const awake: FeedState = { ...state, probing: false };
  switch (frame.type) {
    case 'snapshot': {
      const { boot, seq } = frame;
      const state: FeedState = { ...awake, ...live(frame.at - now), position: { boot, seq }, desk: frame.state };
      return { state, effects: [heard] };
    }
    case 'resumed':
      if (state.desk === undefined || frame.boot !== state.position?.boot) return startOver(state, timings);
      return { state: { ...awake, ...live(frame.at - now) }, effects: [heard] };
    case 'event': {
      const { desk, position } = state;
      if (desk === undefined || position === undefined) return startOver(state, timings);
      if (frame.seq <= position.seq) return { state: awake, effects: [heard] };
      if (frame.seq > position.seq + 1) return startOver(state, timings);
      const folded = { ...awake, desk: foldDesk(desk, frame.event), position: { ...position, seq: frame.seq } };
      return { state: folded, effects: [heard] };
    }
    case 'result': {
      const { id, problem } = frame;
      return {
        state: awake,
        effects: [heard, problem === undefined ? { type: 'settle', id } : { type: 'settle', id, problem }],
      };
    }
    case 'problem':
      return refusal(awake, frame.problem, heard);
    case 'pong':
      return { state: awake, effects: [heard] };
    default:
      return assertNever(frame);
  }
}

function live(offsetMs: number): Pick<FeedState, 'link' | 'attempt' | 'offsetMs'> {
  return { link: 'live', attempt: 0, offsetMs };
}

/** 401 and 403 end the feed: asking again with the same token would only be refused again. */
function refusal(state: FeedState, problem: Problem, heard: FeedEffect): FeedStep {
  if (problem.status !== 401 && problem.status !== 403) return { state, effects: [heard, { type: 'show', problem }] };
  return {
    state: { ...state, link: 'off', refused: problem },
    effects: [{ type: 'disarm' }, { type: 'close' }],
  };
}
