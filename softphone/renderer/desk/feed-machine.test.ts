import { describe, expect, it } from 'vitest';
import type { DeskFrame, DeskState } from '../../../protocol/desk.ts';
import { makeProblem } from '../../../protocol/problems/index.ts';
import { backOff, feedTransition, initialFeed } from './feed-machine.ts';
import type { FeedEvent, FeedLink, FeedState, FeedTimings } from './feed-machine.ts';

const timings: FeedTimings = { quietMs: 15, answerMs: 8, doubtMs: 3, startOverMs: 5, longestWaitMs: 1000 };
const desk: DeskState = {
  agent: { id: 'anna', name: 'Anna', presence: 'available', activity: 'idle', since: 0 },
  phones: { ring: 'all', devices: [] },
  call: null,
  queues: [],
  dispositions: [],
  pauseReasons: [],
  ears: [],
};
const queues = [{ id: 'q', name: { en: 'Q', zh: '队' }, waiting: 1 }];

const step = (state: FeedState, event: FeedEvent) => feedTransition(state, event, timings);
const framed = (frame: DeskFrame, now = 0): FeedEvent => ({ type: 'framed', frame, now });
const numbered = (seq: number): FeedEvent =>
  framed({ type: 'event', seq, at: 0, event: { type: 'queues-changed', queues } });
const snapshot = framed({ type: 'snapshot', boot: 'b1', seq: 4, at: 1500, state: desk }, 1000);

/** A feed in each of its states, after having been live once. */
const states: Readonly<Record<FeedLink, FeedState>> = {
  off: { ...initialFeed('t'), link: 'off' },
  connecting: { ...initialFeed('t'), link: 'connecting', attempt: 1, desk, position: { boot: 'b1', seq: 4 } },
  greeting: { ...initialFeed('t'), link: 'greeting', attempt: 1, desk, position: { boot: 'b1', seq: 4 } },
  live: { ...initialFeed('t'), link: 'live', desk, position: { boot: 'b1', seq: 4 } },
  waiting: { ...initialFeed('t'), link: 'waiting', attempt: 1, desk, position: { boot: 'b1', seq: 4 } },
};

/** The link after an event in the states off, connecting, greeting, live, waiting; `.` means that nothing happens. */
const table: readonly (readonly [string, FeedEvent, string])[] = [
  ['started', { type: 'started' }, 'connecting . . . .'],
  ['stopped', { type: 'stopped' }, 'off off off off off'],
  ['opened', { type: 'opened' }, '. greeting . . .'],
  ['closed', { type: 'closed' }, '. waiting waiting waiting .'],
  ['garbled', { type: 'garbled' }, '. waiting waiting waiting .'],
  ['elapsed', { type: 'elapsed' }, '. waiting waiting live connecting'],
  ['doubted', { type: 'doubted' }, '. . . live .'],
  ['a snapshot', snapshot, '. . live live .'],
  ['resumed', framed({ type: 'resumed', boot: 'b1', seq: 4, at: 0 }), '. . live live .'],
  ['resumed of another server', framed({ type: 'resumed', boot: 'b2', seq: 4, at: 0 }), '. . waiting waiting .'],
  ['the next event', numbered(5), '. . greeting live .'],
  ['an event after a gap', numbered(6), '. . waiting waiting .'],
  ['a pong', framed({ type: 'pong' }), '. . greeting live .'],
  ['a refusal', framed({ type: 'problem', problem: makeProblem('session-expired') }), '. . off off .'],
];

describe('the desk feed: every event in every state', () => {
  it.each(table)('%s', (_name, event, wanted) => {
    const links = Object.values(states).map((before) => {
      const { state, effects } = step(before, event);
      return state === before && effects.length === 0 ? '.' : state.link;
    });
    expect(links.join(' ')).toBe(wanted);
  });
});

describe('the desk feed', () => {
  it('greets with the place where it left, and without one after a gap', () => {
    const hello = step(states.connecting, { type: 'opened' }).effects[0];
    expect(hello).toEqual({ type: 'send', request: { type: 'hello', token: 't', resume: { boot: 'b1', seq: 4 } } });
    const lost = step(states.live, numbered(9)).state;
    const again = step(step(lost, { type: 'elapsed' }).state, { type: 'opened' }).effects[0];
    expect(again).toEqual({ type: 'send', request: { type: 'hello', token: 't' } });
  });

  it('takes the desk and the clock of a snapshot', () => {
    const { state } = step(states.greeting, snapshot);
    expect(state).toMatchObject({ desk, position: { boot: 'b1', seq: 4 }, offsetMs: 500, attempt: 0 });
  });

  it('folds events in order and ignores those it has seen', () => {
    const next = step(states.live, numbered(5)).state;
    expect(next.desk?.queues).toEqual(queues);
    expect(next.position?.seq).toBe(5);
    expect(step(next, numbered(5)).state.position?.seq).toBe(5);
  });

  it('keeps showing the desk while it is away', () => {
    expect(step(states.live, { type: 'closed' }).state.desk).toBe(desk);
  });

  it('settles commands and shows what the server has to say', () => {
    const problem = makeProblem('server-unreachable');
    expect(step(states.live, framed({ type: 'result', id: 3 })).effects).toContainEqual({ type: 'settle', id: 3 });
    const refused = step(states.live, framed({ type: 'result', id: 3, problem }));
    expect(refused.effects).toContainEqual({ type: 'settle', id: 3, problem });
    expect(step(states.live, framed({ type: 'problem', problem })).effects).toContainEqual({ type: 'show', problem });
  });

  it('asks a silent server whether it is there, and leaves one that does not answer', () => {
    const probing = step(states.live, { type: 'elapsed' });
    expect(probing.effects).toEqual([
      { type: 'send', request: { type: 'ping' } },
      { type: 'arm', delayMs: 8 },
    ]);
    expect(step(probing.state, framed({ type: 'pong' })).state.probing).toBe(false);
    expect(step(probing.state, { type: 'elapsed' }).state.link).toBe('waiting');
  });

  it('asks at once when the network is doubted, and does not wait long for the answer, whether it was asking already or not', () => {
    for (const before of [states.live, step(states.live, { type: 'elapsed' }).state]) {
      const doubted = step(before, { type: 'doubted' });
      expect(doubted.effects).toEqual([
        { type: 'send', request: { type: 'ping' } },
        { type: 'arm', delayMs: timings.doubtMs },
      ]);
      expect(step(doubted.state, { type: 'elapsed' }).state.link).toBe('waiting');
      expect(step(doubted.state, framed({ type: 'pong' })).state.probing).toBe(false);
    }
  });

  it('never asks for snapshots without a pause between them', () => {
    expect(step(states.live, { type: 'garbled' }).effects).toContainEqual({ type: 'arm', delayMs: 5 });
  });

  it('remembers why it was refused', () => {
    const { state } = step(states.live, framed({ type: 'problem', problem: makeProblem('session-expired') }));
    expect(state.refused?.code).toBe('session-expired');
  });

  it('waits longer after each attempt', () => {
    const waits = [1, 2, 3, 4, 5, 12, 13, 14, 15, 99].map((attempt) => backOff(attempt, 8000));
    expect(waits).toEqual([0, 250, 500, 1000, 1000, 1000, 2000, 4000, 8000, 8000]);
    expect(backOff(3, 300)).toBe(300);
  });
});
