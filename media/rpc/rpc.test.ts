import { describe, expect, test } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { EventLog } from './event-log.ts';
import { Lease } from './lease.ts';
import { LineReader } from './lines.ts';

const event = { type: 'dtmf-sent', callId: 'c', dtmfId: 'd' } as const;

describe('EventLog', () => {
  test('numbers from 1 and gives what came after', () => {
    const log = new EventLog(10);
    for (let at = 1; at <= 5; at++) expect(log.append(event, at).seq).toBe(at);
    expect(log.since(3)).toMatchObject({ complete: true, events: [{ seq: 4 }, { seq: 5 }] });
    expect(log.since(5)).toEqual({ complete: true, events: [] });
  });

  test('keeps the newest only, and says so', () => {
    const log = new EventLog(100);
    for (let at = 1; at <= 1000; at++) log.append(event, at);
    expect(log.since(900)).toMatchObject({ complete: true });
    expect(log.since(900).events).toHaveLength(100);
    expect(log.since(899).complete).toBe(false);
    expect(log.since(0).events.at(-1)?.seq).toBe(1000);
  });

  test('counts what a brain that was away too long never gets', () => {
    const log = new EventLog(100);
    for (let at = 1; at <= 1000; at++) log.append(event, at);
    expect([log.takenUp(900), log.dropped]).toEqual([true, 0]);
    expect([log.takenUp(890), log.dropped]).toEqual([false, 10]);
    // New here, or of another boot: nobody knows what it missed.
    expect([log.takenUp(0), log.takenUp(2000), log.dropped]).toEqual([false, false, 10]);
  });

  test('a number from another boot gets everything, as incomplete', () => {
    const log = new EventLog(10);
    log.append(event, 1);
    expect(log.since(77)).toMatchObject({ complete: false, events: [{ seq: 1 }] });
  });
});

describe('Lease', () => {
  test('runs only while no brain is there', () => {
    const clock = new SimulatedClock();
    let expired = 0;
    const lease = new Lease(60, clock, () => expired++);
    clock.advance(1_000_000);
    expect(expired).toBe(0);
    lease.hold();
    lease.run();
    clock.advance(59_999);
    lease.hold();
    clock.advance(1_000_000);
    lease.run();
    clock.advance(59_999);
    expect(expired).toBe(0);
    clock.advance(1);
    expect(expired).toBe(1);
  });
});

describe('LineReader', () => {
  test.each([
    [['a\nb\n'], [['a', 'b']]],
    [
      ['a', 'b\nc', '\n'],
      [[], ['ab'], ['c']],
    ],
    [['\n\r\n  \nx\r\n'], [['x']]],
  ])('%j gives %j', (chunks, lines) => {
    const reader = new LineReader(100);
    expect(chunks.map((chunk) => reader.push(Buffer.from(chunk)))).toEqual(lines);
  });

  test('a character cut in two is whole again', () => {
    const reader = new LineReader(100);
    const bytes = Buffer.from('退款\n');
    expect([...bytes].flatMap((byte) => reader.push(Buffer.of(byte)))).toEqual(['退款']);
  });

  test('a line that is too long is refused, finished or not', () => {
    expect(new LineReader(5).push(Buffer.from('123456'))).toBeUndefined();
    expect(new LineReader(5).push(Buffer.from('123456\n'))).toBeUndefined();
    expect(new LineReader(5).push(Buffer.from('12345\n12345\n'))).toEqual(['12345', '12345']);
  });
});
