import { describe, expect, it } from 'vitest';
import {
  answerMs,
  deafMs,
  initialNetwork,
  type NetworkEffect,
  type NetworkEvent,
  networkTransition,
  silentMs,
} from './network-watch.ts';

const lookMs = 100;

/** A page whose call counts packets as `packets` says of each moment; events come between two looks. */
function run(
  forMs: number,
  packets: (ms: number) => number | undefined,
  events: Readonly<Record<number, NetworkEvent>> = {},
) {
  let state = initialNetwork;
  const done: (readonly [number, NetworkEffect])[] = [];
  const take = (event: NetworkEvent, now: number): void => {
    const step = networkTransition(state, event, now);
    state = step.state;
    done.push(...step.effects.map((effect) => [now, effect] as const));
  };
  for (let now = 0; now <= forMs; now += lookMs) {
    take({ type: 'looked', packets: packets(now) }, now);
    const event = events[now];
    if (event !== undefined) take(event, now);
  }
  return done;
}

const stopsAt = (at: number) => (ms: number) => Math.min(ms, at) / 20;
const answered = { type: 'answered' } as const;

describe('the watch over a page’s network', () => {
  it('does nothing while packets come, and nothing without a call', () => {
    expect(run(20_000, (ms) => ms / 20)).toEqual([]);
    expect(run(20_000, () => undefined)).toEqual([]);
  });

  it('asks after a second of silence, and connects anew once when there is no answer', () => {
    const asked = 2000 + silentMs;
    expect(run(30_000, stopsAt(2000))).toEqual([
      [asked, 'ask'],
      [asked + answerMs, 'connect-anew'],
    ]);
  });

  it('leaves a connection alone that answers, until the audio has been gone for long', () => {
    const asked = 2000 + silentMs;
    const done = run(30_000, stopsAt(2000), { [asked + 200]: answered });
    expect(done).toEqual([
      [asked, 'ask'],
      [2000 + deafMs, 'connect-anew'],
    ]);
  });

  it('forgets the silence when something is heard, and notices the next one', () => {
    const pauses = (ms: number): number => (ms < 5000 ? Math.min(ms, 2000) : Math.min(ms, 8000)) / 20;
    const done = run(12_000, pauses, { 3100: answered });
    expect(done.map(([at]) => at)).toEqual([3000, 8000 + silentMs, 8000 + silentMs + answerMs]);
  });

  it('asks at once when the browser tells of another network, with a call or without', () => {
    const changed = { type: 'network-changed' } as const;
    for (const packets of [(ms: number) => ms / 20, () => undefined] as const)
      expect(run(5000, packets, { 1000: changed })[0]).toEqual([1000, 'ask']);
    expect(run(5000, () => undefined, { 1000: changed })).toEqual([
      [1000, 'ask'],
      [1000 + answerMs, 'connect-anew'],
    ]);
    expect(run(5000, () => undefined, { 1000: changed, 1100: answered })).toEqual([[1000, 'ask']]);
  });
});
