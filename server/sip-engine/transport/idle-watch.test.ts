import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import type { Flow } from './flow.ts';
import { IdleWatch } from './idle-watch.ts';
import type { Connection } from './idle-watch.ts';

interface Fake extends Connection {
  open: boolean;
  busy: boolean;
}

function connection(): Fake {
  const address = { host: '192.0.2.1', port: 1 };
  const fake: Fake = {
    protocol: 'tcp',
    reliable: true,
    remote: address,
    local: address,
    unsent: 10,
    open: true,
    busy: false,
    send: () => {},
    close: () => {
      fake.open = false;
    },
    used: () => {
      const was = fake.busy;
      fake.busy = false;
      return was;
    },
  };
  return fake;
}

function watching(busy: Flow[] = [], idle = 1000): { clock: SimulatedClock; watch: IdleWatch } {
  const clock = new SimulatedClock();
  const watch = new IdleWatch(clock, { idle, promised: 400 }, () => new Set(busy));
  watch.start();
  return { clock, watch };
}

describe('IdleWatch', () => {
  it('closes what carried nothing for the time, and not before', () => {
    const { clock, watch } = watching();
    const one = connection();
    watch.add(one);
    clock.advance(900);
    one.busy = true;
    clock.advance(900);
    expect(one.open).toBe(true);
    clock.advance(400);
    expect(one.open).toBe(false);
  });

  it('leaves alone what a dialog or a binding counts on', () => {
    const one = connection();
    const { clock, watch } = watching([one]);
    watch.add(one);
    clock.advance(5000);
    expect(one.open).toBe(true);
  });

  it('closes a flow whose promised keep-alives stay away, even if a binding counts on it (RFC 5626)', () => {
    const one = connection();
    const { clock, watch } = watching([one]);
    watch.add(one);
    watch.promised(one);
    clock.advance(300);
    one.busy = true;
    clock.advance(300);
    expect(one.open).toBe(true);
    clock.advance(500);
    expect(one.open).toBe(false);
  });

  it('never closes for idleness when told not to, counts what is unsent, and forgets', () => {
    const { clock, watch } = watching([], 0);
    const one = connection();
    watch.add(one);
    clock.advance(100_000);
    expect(one.open).toBe(true);
    expect(watch.unsent).toBe(10);
    watch.delete(one);
    expect(watch.size).toBe(0);
    watch.close();
    expect(clock.armed).toBe(0);
  });
});
