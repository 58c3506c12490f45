import { describe, expect, it } from 'vitest';
import {
  answerMs,
  deafMs,
  type Heard,
  initialNetwork,
  lateMs,
  longestPauseMs,
  type NetworkEffect,
  type NetworkEvent,
  networkTransition,
  silentMs,
} from './network-watch.ts';

const lookMs = 100;

/** A page whose call counts packets as `counts` says of each moment; events come between two looks. */
function run(
  forMs: number,
  counts: (ms: number) => number | Heard | undefined,
  events: Readonly<Record<number, NetworkEvent>> = {},
  every = lookMs,
) {
  let state = initialNetwork;
  const done: (readonly [number, NetworkEffect])[] = [];
  const take = (event: NetworkEvent, now: number): void => {
    const step = networkTransition(state, event);
    state = step.state;
    done.push(...step.effects.map((effect) => [now, effect] as const));
  };
  for (let now = 0; now <= forMs; now += every) {
    const counted = counts(now);
    const heard = typeof counted === 'number' ? { call: 's1', packets: counted } : counted;
    take({ type: 'looked', heard, after: every }, now);
    const event = events[now];
    if (event !== undefined) take(event, now);
  }
  return done;
}

const talk = (ms: number): number => 1 + ms / 20;
const stopsAt = (at: number) => (ms: number) => talk(Math.min(ms, at));
const noCall = () => undefined;
const answered = { type: 'answered' } as const;
const changed = { type: 'network-changed' } as const;

describe('the watch over a page’s network', () => {
  it('does nothing while packets come, and nothing without a call', () => {
    expect(run(20_000, talk)).toEqual([]);
    expect(run(20_000, noCall)).toEqual([]);
  });

  it('does nothing before the first packet: a call that is being set up is not silent', () => {
    expect(run(20_000, () => 0)).toEqual([]);
  });

  it('asks after a second of silence, and connects anew when there is no answer', () => {
    const asked = 2000 + silentMs;
    expect(run(asked + answerMs + deafMs - lookMs, stopsAt(2000))).toEqual([
      [asked, 'ask'],
      [asked + answerMs, 'connect-anew'],
    ]);
  });

  it('tries again when that brought nothing, ever more seldom', () => {
    const times = run(400_000, stopsAt(2000)).flatMap(([at, effect]) => (effect === 'connect-anew' ? [at] : []));
    const between = times.slice(1).map((at, index) => at - (times[index] ?? 0) - answerMs);
    expect(between).toEqual([
      6000,
      12_000,
      24_000,
      48_000,
      longestPauseMs,
      longestPauseMs,
      longestPauseMs,
      longestPauseMs,
    ]);
  });

  it('leaves a connection alone that answers, until the audio has been gone for long', () => {
    const asked = 2000 + silentMs;
    const done = run(2000 + 2 * deafMs - lookMs, stopsAt(2000), { [asked + 200]: answered });
    expect(done).toEqual([
      [asked, 'ask'],
      [2000 + deafMs, 'connect-anew'],
    ]);
  });

  it('forgets the silence when something is heard, and notices the next one', () => {
    const pauses = (ms: number): number => talk(ms < 5000 ? Math.min(ms, 2000) : Math.min(ms, 8000));
    const done = run(10_000, pauses, { 3100: answered });
    expect(done.map(([at]) => at)).toEqual([3000, 8000 + silentMs, 8000 + silentMs + answerMs]);
  });

  it('watches the next call as it did the one before, and takes no packet of the one for one of the other', () => {
    const two = (ms: number): Heard =>
      ms < 3000 ? { call: 's1', packets: talk(ms) } : { call: 's2', packets: talk(Math.min(ms, 5000) - 3000) };
    expect(run(6800, two)).toEqual([
      [6000, 'ask'],
      [6800, 'connect-anew'],
    ]);
  });

  it('notices the silence of a call whose counters are gone as well: a description of the server’s begins them anew', () => {
    const gone = (ms: number): number => (ms <= 2000 ? talk(ms) : 0);
    expect(run(3800, gone).map(([at]) => at)).toEqual([3000, 3800]);
  });

  it('takes counters that began anew for a sign of life', () => {
    expect(run(9000, (ms) => talk(ms % 3000))).toEqual([]);
  });

  it('asks at once when the browser tells of another network, with a call or without', () => {
    for (const counts of [talk, noCall] as const) {
      expect(run(5000, counts, { 1000: changed })).toEqual([
        [1000, 'ask'],
        [1000 + answerMs, 'connect-anew'],
      ]);
      expect(run(5000, counts, { 1000: changed, 1100: answered })).toEqual([[1000, 'ask']]);
    }
  });

  it('asks again where the old connection still answered before the audio stopped', () => {
    expect(run(2100, stopsAt(1000), { 1000: changed, 1100: answered })).toEqual([
      [1000, 'ask'],
      [2000, 'ask'],
    ]);
  });

  it('gives who is slow time: a page that looks every three seconds looks again before it takes a connection for dead', () => {
    const times = run(30_000, stopsAt(3000), {}, 3000).map(([at]) => at);
    expect(times.slice(0, 2)).toEqual([3000 + (silentMs / lateMs) * 3000, 3000 + (silentMs / lateMs + 2) * 3000]);
  });

  it('is not confused by a clock that is set', () => {
    const { state, effects } = networkTransition(initialNetwork, { type: 'looked', heard: undefined, after: -5000 });
    expect(effects).toEqual([]);
    expect(state).toEqual(initialNetwork);
  });
});
