import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { answerMs, type Heard, silentMs } from './network-watch.ts';
import { NetworkWatcher } from './network-watcher.ts';

function setUp(heard: (now: number) => Promise<Heard | undefined>) {
  const clock = new SimulatedClock(1_000_000);
  const start = clock.now();
  const done: string[] = [];
  let changed: (() => void) | undefined;
  const watcher = new NetworkWatcher({
    clock,
    heard: () => heard(clock.now() - start),
    ask: () => done.push('ask'),
    connectAnew: () => done.push('connect-anew'),
    onNetworkChange: (listener) => {
      changed = listener;
      return () => (changed = undefined);
    },
  });
  watcher.start();
  /** Time passes in steps so short that every count is taken in before the next one is asked for. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      clock.advance(100);
      await Promise.resolve();
    }
  };
  return { watcher, done, pass, clock, change: () => changed?.() };
}

const stopsAt = (at: number) => (now: number) => Promise.resolve({ call: 's1', packets: Math.min(now, at) });

describe('the watcher of a page’s network', () => {
  it('asks and connects anew when packets stay away, and is quiet once it is closed', async () => {
    const { watcher, done, pass, clock } = setUp(stopsAt(2000));
    await pass(2000);
    expect(done).toEqual([]);
    await pass(silentMs + answerMs + 200);
    expect(done).toEqual(['ask', 'connect-anew']);
    watcher.close();
    expect(clock.armed).toBe(0);
  });

  it('looks on although some counts never come, and others fail', async () => {
    const never = new Promise<Heard | undefined>(() => undefined);
    let turn = 0;
    const { done, pass } = setUp((now) => {
      turn++;
      if (turn % 3 === 0) return never;
      return turn % 3 === 1 ? Promise.reject(new Error('the call is just ending')) : stopsAt(2000)(now);
    });
    await pass(6000);
    expect(done).toEqual(['ask', 'connect-anew']);
  });

  it('does not take a count that comes late for packets', async () => {
    const late = Promise.withResolvers<Heard | undefined>();
    const { done, pass } = setUp((now) => (now === 1000 ? late.promise : stopsAt(2000)(now)));
    await pass(2600);
    late.resolve({ call: 's1', packets: 1000 });
    await pass(600);
    expect(done).toEqual(['ask']);
  });

  it('leaves a connection alone over which something came, and asks when the browser tells of another network', async () => {
    const { watcher, done, pass, change } = setUp((now) => Promise.resolve({ call: 's1', packets: now }));
    await pass(1000);
    change();
    expect(done).toEqual(['ask']);
    watcher.answered();
    await pass(3000);
    expect(done).toEqual(['ask']);
    watcher.close();
    change();
    expect(done).toEqual(['ask']);
  });
});
