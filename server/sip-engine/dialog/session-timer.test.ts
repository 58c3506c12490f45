import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { glareWait, resumeSession, stepSession } from './session-timer.ts';
import type { SessionEvent, SessionState } from './session-timer.ts';

const off: SessionState = { type: 'off' };

/** Runs the machine on a simulated clock; `log` is what it asked for beside arming. */
function rig(busy: () => boolean = () => false) {
  const clock = new SimulatedClock();
  const log: string[] = [];
  let state: SessionState = off;
  let cancel = (): void => {};
  const send = (event: SessionEvent): void => {
    const step = stepSession(state, event);
    state = step.state;
    for (const effect of step.effects) {
      if (effect.type === 'arm') {
        cancel();
        cancel = clock.at(effect.at, () => send({ type: 'time', now: clock.now(), busy: busy(), recheck: 1000 }));
      } else if (effect.type === 'disarm') cancel();
      else log.push(`${clock.now() / 1000} ${effect.type}${effect.type === 'refresh' && effect.alone ? ' alone' : ''}`);
    }
  };
  const agree = (seconds: number, refresher: 'us' | 'peer' | 'us-alone'): void =>
    send({ type: 'agreed', now: clock.now(), interval: seconds * 1000, refresher });
  const refuse = (wait: number): void => send({ type: 'refused', now: clock.now(), wait });
  return { clock, log, send, agree, refuse, state: () => state };
}

describe('the session timer', () => {
  it('refreshes at half the interval, again after each agreement', () => {
    const { clock, log, agree } = rig();
    agree(1800, 'us');
    clock.advance(900_000);
    agree(1800, 'us');
    clock.advance(900_000);
    expect(log).toEqual(['900 refresh', '1800 refresh']);
  });

  it('ends the session 32 s (or a third) before its interval when nobody refreshes', () => {
    for (const [seconds, end] of [
      [1800, 1768],
      [90, 60],
    ] as const) {
      const { clock, log, agree, state } = rig();
      agree(seconds, 'peer');
      clock.advance(10_000_000);
      expect(log).toEqual([`${end} end`]);
      expect(state().type).toBe('over');
      expect(clock.armed).toBe(0);
    }
  });

  it('is put off by each refresh of the peer, and changes hands when a 2xx says so', () => {
    const { clock, log, agree } = rig();
    agree(90, 'peer');
    clock.advance(45_000);
    agree(90, 'peer');
    clock.advance(59_000);
    expect(log).toEqual([]);
    agree(200, 'us');
    clock.advance(100_000);
    expect(log).toEqual(['204 refresh']);
  });

  it('waits for open requests, but not beyond the end', () => {
    let open = true;
    const { clock, log, agree } = rig(() => open);
    agree(90, 'us');
    clock.advance(50_500);
    open = false;
    clock.advance(1000);
    expect(log).toEqual(['51 refresh']);
    open = true;
    agree(90, 'us');
    clock.advance(90_000);
    expect(log).toEqual(['51 refresh', '111.5 end']);
  });

  it('tries again after a refusal, and ends when the peer stays silent or no try succeeds', () => {
    const { clock, log, agree, refuse, send } = rig();
    agree(90, 'us');
    clock.advance(45_000);
    refuse(2000);
    clock.advance(2000);
    expect(log).toEqual(['45 refresh', '47 refresh']);
    send({ type: 'silent' });
    expect(log.at(-1)).toBe('47 end');
    const other = rig();
    other.agree(90, 'us');
    other.clock.advance(45_000);
    other.refuse(60_000);
    other.clock.advance(60_000);
    expect(other.log).toEqual(['45 refresh', '60 end']);
  });

  it('ends when the refresh itself gets no final answer in time', () => {
    const { clock, log, agree } = rig();
    agree(1800, 'us');
    clock.advance(1_800_000);
    expect(log).toEqual(['900 refresh', '1768 end']);
  });

  it('takes any answer for life where the peer knows no timers', () => {
    const { clock, log, agree, refuse, send } = rig();
    agree(1800, 'us-alone');
    clock.advance(900_000);
    refuse(0);
    clock.advance(900_000);
    expect(log).toEqual(['900 refresh alone', '1800 refresh alone']);
    send({ type: 'silent' });
    expect(log.at(-1)).toBe('1800 end');
  });

  it('is switched off by a 2xx without it', () => {
    const { clock, agree, send } = rig();
    agree(90, 'us');
    send({ type: 'switched-off' });
    expect(clock.armed).toBe(0);
  });

  it('is taken up after a restart where it was; a refresh under way is sent again', () => {
    expect(resumeSession({ type: 'watching', interval: 90_000, endAt: 500 }, 700)).toMatchObject({ at: 500 });
    expect(resumeSession({ type: 'refreshing', interval: 90_000, endAt: 900, alone: false }, 700)).toMatchObject({
      at: 700,
      state: { type: 'keeping', refreshAt: 700, endAt: 900 },
    });
    expect(resumeSession(off, 1)).toEqual({ state: off });
  });

  it('keeps one timer while it runs and none otherwise, and ends at most once, in every history', () => {
    const event = fc.oneof(
      fc.record({
        type: fc.constant('agree' as const),
        seconds: fc.integer({ min: 1, max: 4000 }),
        by: fc.constantFrom('us' as const, 'peer' as const, 'us-alone' as const),
      }),
      fc.record({ type: fc.constant('pass' as const), seconds: fc.integer({ min: 0, max: 3000 }) }),
      fc.record({ type: fc.constant('refuse' as const), wait: fc.integer({ min: 0, max: 100_000 }) }),
      fc.constantFrom({ type: 'silent' as const }, { type: 'switched-off' as const }, { type: 'busy' as const }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (history) => {
        let busy = false;
        const { clock, log, send, agree, refuse, state } = rig(() => busy);
        for (const step of history) {
          if (step.type === 'agree') agree(step.seconds, step.by);
          else if (step.type === 'pass') clock.advance(step.seconds * 1000);
          else if (step.type === 'refuse') refuse(step.wait);
          else if (step.type === 'busy') busy = !busy;
          else send(step);
          const { type } = state();
          expect(clock.armed).toBe(type === 'off' || type === 'over' ? 0 : 1);
          expect(log.filter((line) => line.endsWith('end')).length).toBe(type === 'over' ? 1 : 0);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the wait after 491', () => {
  it('is 2.1 to 4 s for the side that made the Call-ID and 0 to 2 s for the other, by 10 ms (RFC 3261 section 14.1)', () => {
    expect([glareWait(true, 0, 500), glareWait(true, 0.9999, 500)]).toEqual([2100, 4000]);
    expect([glareWait(false, 0, 500), glareWait(false, 0.9999, 500)]).toEqual([0, 2000]);
    fc.assert(
      fc.property(fc.boolean(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (made, random) => {
        expect(glareWait(made, random, 500) % 10).toBe(0);
      }),
    );
  });
});
