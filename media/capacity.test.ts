import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { Busyness } from './busyness.ts';
import { Capacity, fullnessOf, limitsOf } from './capacity.ts';
import { drained } from './drain.ts';

const limits = limitsOf(100, 1000, 0.9);
const idle = { freePorts: 100, endpoints: 0, busy: 0 };

describe('whether a node takes a new call', () => {
  it.each([
    ['nothing is scarce', idle, null, null],
    ['a twentieth of the ports is left', { ...idle, freePorts: 5 }, null, 'ports'],
    ['one more port is left', { ...idle, freePorts: 6 }, null, null],
    ['the reserve of endpoints is touched', { ...idle, endpoints: 950 }, null, 'endpoints'],
    ['one endpoint before that', { ...idle, endpoints: 949 }, null, null],
    ['a thread has no time', { ...idle, endpoints: 1, busy: 0.91 }, null, 'cpu'],
    ["a thread has no time, but that is no call's doing", { ...idle, busy: 1 }, 'cpu', null],
    ['it has hardly more time than before', { ...idle, endpoints: 1, busy: 0.85 }, 'cpu', 'cpu'],
    ['it has time again', { ...idle, endpoints: 1, busy: 0.79 }, 'cpu', null],
    ['it is that busy, but was not full before', { ...idle, endpoints: 1, busy: 0.85 }, null, null],
    ['it is drained, whatever is free', idle, 'draining', 'draining'],
  ] as const)('%s', (_name, load, before, expected) => {
    expect(fullnessOf(load, limits, before)).toBe(expected);
  });

  it('is told when it changes, and only then', () => {
    let freePorts = 100;
    const capacity = new Capacity(limits, () => ({ freePorts, endpoints: 0 }));
    const told: unknown[] = [];
    capacity.changed.on((full) => told.push(full));
    capacity.sampled(0.5);
    freePorts = 3;
    expect(capacity.full).toBe('ports');
    capacity.look();
    freePorts = 50;
    capacity.look();
    capacity.drain();
    capacity.sampled(0);
    expect(told).toEqual(['ports', null, 'draining']);
  });
});

describe('how busy a node is', () => {
  const read = (id: string, busyMs: number, atMs: number) => ({ id, busyMs, atMs });

  it('the busiest counts, a burst half, and one that is new not yet', () => {
    const busyness = new Busyness();
    expect(busyness.look([read('a', 500, 1000)])).toBe(0);
    expect(busyness.look([read('a', 1500, 2000), read('b', 9000, 2000)])).toBe(0.5);
    expect(busyness.look([read('a', 1500, 3000), read('b', 10_000, 3000)])).toBe(0.75);
    expect(busyness.look([read('b', 10_000, 4000)])).toBe(0.375);
  });

  it('each counts over the time between its own readings, and nobody for more than a core', () => {
    const busyness = new Busyness();
    busyness.look([read('thread', 0, 0), read('process', 0, 5)]);
    // The answer of the process took its time: read at its end, the thread would have worked 200 times what it can.
    expect(busyness.look([read('thread', 500, 1000), read('process', 100, 1900)])).toBe(0.25);
    expect(busyness.look([read('thread', 1000, 2000), read('process', 101, 1905)])).toBe(0.375);
    expect(busyness.look([read('process', 400, 1910)])).toBe(0.6875);
  });

  it('what was read before the last reading tells nothing', () => {
    const busyness = new Busyness();
    busyness.look([read('a', 100, 1000)]);
    expect(busyness.look([read('a', 50, 900)])).toBe(0);
  });
});

describe('a drain', () => {
  function node(open: number) {
    const clock = new SimulatedClock(0);
    const closed = new Emitter<undefined>();
    const left = { open, ended: 0 };
    const close = (): void => {
      left.open--;
      closed.emit(undefined);
    };
    const ports = { open: () => left.open, onClosed: closed.on.bind(closed), end: () => void left.ended++ };
    return { clock, left, close, outcome: drained(ports, clock, 5000) };
  }

  it('ends at once where nothing is open', async () => {
    expect(await node(0).outcome).toBe('empty');
  });

  it('waits for the last one', async () => {
    const { close, left, outcome } = node(2);
    close();
    close();
    expect(await outcome).toBe('empty');
    expect(left.ended).toBe(0);
  });

  it('tells those that are left when its patience ends, and gives them a moment', async () => {
    const { clock, close, left, outcome } = node(1);
    clock.advance(4999);
    expect(left.ended).toBe(0);
    clock.advance(1);
    await Promise.resolve();
    await Promise.resolve();
    expect(left.ended).toBe(1);
    close();
    expect(await outcome).toBe('ended');
  });
});
