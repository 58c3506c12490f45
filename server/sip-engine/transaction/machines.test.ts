import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { runOpenAnswer } from '../dialog/open-answer.ts';
import { startInviteClient, stepInviteClient } from './invite-client.ts';
import type { InviteClientEvent, InviteClientState } from './invite-client.ts';
import { stepInviteServer } from './invite-server.ts';
import type { InviteServerEvent, InviteServerState } from './invite-server.ts';
import { startNonInviteClient, stepNonInviteClient } from './non-invite-client.ts';
import type { NonInviteClientEvent, NonInviteClientState } from './non-invite-client.ts';
import { startNonInviteServer, stepNonInviteServer } from './non-invite-server.ts';
import type { NonInviteServerEvent, NonInviteServerState } from './non-invite-server.ts';
import { perform, TimerSet } from './runner.ts';
import { defaultTimers } from './timers.ts';
import type { Step, TimerName } from './timers.ts';

/** Runs a machine on a simulated clock and writes down, with its time, everything it does but arming timers. */
function rig<S, E>(
  start: Step<S>,
  step: (state: S, event: E) => Step<S>,
  fired: (timer: TimerName) => E,
): { clock: SimulatedClock; log: string[]; send(event: E): void; state(): S } {
  const clock = new SimulatedClock();
  const log: string[] = [];
  let { state } = start;
  const write = (what: string) => (): void => void log.push(`${clock.now()} ${what}`);
  const send = (event: E): void => {
    const next = step(state, event);
    state = next.state;
    run(next);
  };
  const timers = new TimerSet(clock, (timer) => send(fired(timer)));
  const run = (next: Step<S>): void =>
    perform(next, {
      flow: {
        protocol: 'udp',
        reliable: false,
        remote: { host: '', port: 0 },
        local: { host: '', port: 0 },
        open: true,
        send() {},
        close() {},
      },
      timers,
      retransmit: write('retransmit'),
      transmit: write('transmit'),
      passUp: write('pass-up'),
      acknowledge: write('acknowledge'),
      failed: (reason) => log.push(`${clock.now()} failed ${reason}`),
      end: () => {
        timers.clear();
        log.push(`${clock.now()} end`);
      },
    });
  run(start);
  return { clock, log, send, state: () => state };
}

const inviteClient = (reliable: boolean) =>
  rig<InviteClientState, InviteClientEvent>(
    startInviteClient(defaultTimers, reliable),
    (state, event) => stepInviteClient(state, event, defaultTimers, reliable),
    (timer) => ({ type: 'timer', timer }) as InviteClientEvent,
  );
const otherClient = (reliable: boolean) =>
  rig<NonInviteClientState, NonInviteClientEvent>(
    startNonInviteClient(defaultTimers, reliable),
    (state, event) => stepNonInviteClient(state, event, defaultTimers, reliable),
    (timer) => ({ type: 'timer', timer }) as NonInviteClientEvent,
  );
const inviteServer = (reliable: boolean) =>
  rig<InviteServerState, InviteServerEvent>(
    { state: { type: 'proceeding' }, effects: [] },
    (state, event) => stepInviteServer(state, event, defaultTimers, reliable),
    (timer) => ({ type: 'timer', timer }) as InviteServerEvent,
  );
const otherServer = (reliable: boolean) =>
  rig<NonInviteServerState, NonInviteServerEvent>(
    startNonInviteServer(defaultTimers),
    (state, event) => stepNonInviteServer(state, event, defaultTimers, reliable),
    (timer) => ({ type: 'timer', timer }) as NonInviteServerEvent,
  );

describe('INVITE client', () => {
  it('repeats at T1, doubling, and times out after 64 T1 (A, B)', () => {
    const { clock, log } = inviteClient(false);
    clock.advance(40_000);
    const repeats = [500, 1500, 3500, 7500, 15_500, 31_500].map((at) => `${at} retransmit`);
    expect(log).toEqual([...repeats, '32000 failed timeout', '32000 end']);
  });

  it('never repeats over a reliable transport', () => {
    const { clock, log } = inviteClient(true);
    clock.advance(40_000);
    expect(log).toEqual(['32000 failed timeout', '32000 end']);
  });

  it('rings without end once a provisional answer came, and ends when abandoned', () => {
    const { clock, log, send } = inviteClient(false);
    send({ type: 'response', status: 180 });
    clock.advance(3_600_000);
    expect(log).toEqual(['0 pass-up']);
    send({ type: 'abandoned' });
    expect(log.slice(1)).toEqual(['3600000 failed timeout', '3600000 end']);
  });

  it('acknowledges every repetition of a refusal, tells it once, ends after D', () => {
    const { clock, log, send } = inviteClient(false);
    send({ type: 'response', status: 486 });
    clock.advance(1000);
    send({ type: 'response', status: 486 });
    clock.advance(40_000);
    expect(log).toEqual(['0 acknowledge', '0 pass-up', '1000 acknowledge', '32000 end']);
  });

  it('passes every 2xx up until M (RFC 6026)', () => {
    const { clock, log, send } = inviteClient(false);
    send({ type: 'response', status: 200 });
    send({ type: 'response', status: 200 });
    send({ type: 'response', status: 180 });
    clock.advance(40_000);
    expect(log).toEqual(['0 pass-up', '0 pass-up', '32000 end']);
  });
});

describe('non-INVITE client', () => {
  it('repeats at T1 doubling to T2 and times out after 64 T1 (E, F)', () => {
    const { clock, log } = otherClient(false);
    clock.advance(40_000);
    const repeats = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map(
      (at) => `${at} retransmit`,
    );
    expect(log).toEqual([...repeats, '32000 failed timeout', '32000 end']);
  });

  it('slows to T2 after a provisional answer, and soaks up repetitions until K', () => {
    const { clock, log, send } = otherClient(false);
    send({ type: 'response', status: 100 });
    clock.advance(5000);
    send({ type: 'response', status: 200 });
    send({ type: 'response', status: 200 });
    clock.advance(10_000);
    expect(log).toEqual(['0 pass-up', '500 retransmit', '4500 retransmit', '5000 pass-up', '10000 end']);
  });
});

describe('INVITE server', () => {
  it('repeats a refusal at T1 doubling to T2 until the ACK, ends after I (G, I)', () => {
    const { clock, log, send } = inviteServer(false);
    send({ type: 'respond', status: 486 });
    clock.advance(2000);
    send({ type: 'ack' });
    send({ type: 'request' });
    clock.advance(10_000);
    expect(log).toEqual(['0 transmit', '500 retransmit', '1500 retransmit', '7000 end']);
  });

  it('gives up after H without ACK, without a repetition when reliable', () => {
    const { clock, log, send } = inviteServer(true);
    send({ type: 'respond', status: 404 });
    clock.advance(40_000);
    expect(log).toEqual(['0 transmit', '32000 end']);
  });

  it('answers repetitions with the last provisional, soaks them up after 2xx, hands the ACK on (L)', () => {
    const { clock, log, send } = inviteServer(false);
    send({ type: 'respond', status: 180 });
    send({ type: 'request' });
    send({ type: 'respond', status: 200 });
    send({ type: 'request' });
    send({ type: 'ack' });
    clock.advance(40_000);
    expect(log).toEqual(['0 transmit', '0 retransmit', '0 transmit', '0 pass-up', '32000 end']);
  });
});

describe('non-INVITE server', () => {
  it('soaks up repetitions before the answer, repeats it after, ends after J', () => {
    const { clock, log, send } = otherServer(false);
    send({ type: 'request' });
    send({ type: 'respond', status: 200 });
    send({ type: 'request' });
    clock.advance(40_000);
    expect(log).toEqual(['0 transmit', '0 retransmit', '32000 end']);
  });
});

describe('a request nobody answers', () => {
  it('is forgotten after 64 T1', () => {
    const { clock, log } = otherServer(false);
    clock.advance(40_000);
    expect(log).toEqual(['32000 end']);
  });
});

describe('all machines', () => {
  const timer = fc.constantFrom<TimerName>('A', 'B', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M');
  const event = fc.oneof(
    fc.integer({ min: 100, max: 699 }).map((status) => ({ type: 'response', status })),
    fc.integer({ min: 100, max: 699 }).map((status) => ({ type: 'respond', status })),
    timer.map((name) => ({ type: 'timer', timer: name })),
    fc.constantFrom({ type: 'request' }, { type: 'ack' }, { type: 'transport-failed' }, { type: 'abandoned' }),
  );

  it('accept every event in every state, end once, and leave no timer armed then', () => {
    const makers = [inviteClient, otherClient, inviteServer, otherServer];
    fc.assert(
      fc.property(fc.nat(3), fc.boolean(), fc.array(event, { maxLength: 12 }), (which, reliable, events) => {
        const machine = makers[which]?.(reliable);
        if (machine === undefined) return;
        const mine = (given: { type: string }): boolean => given.type !== (which < 2 ? 'respond' : 'response');
        for (const given of events) {
          if (mine(given)) (machine.send as (one: unknown) => void)(given);
          machine.clock.advance(700);
        }
        machine.clock.advance(200_000);
        const ends = machine.log.filter((line) => line.endsWith(' end')).length;
        expect(ends).toBeLessThanOrEqual(1);
        const state = (machine.state() as { type: string }).type;
        if (state === 'terminated') expect(machine.clock.armed).toBe(0);
      }),
    );
  });
});

describe('a 2xx waiting for its ACK', () => {
  it('is repeated at T1 doubling to T2 and given up after 64 T1', () => {
    const clock = new SimulatedClock();
    const log: string[] = [];
    runOpenAnswer(
      clock,
      defaultTimers,
      () => log.push(`${clock.now()}`),
      () => log.push(`${clock.now()} given up`),
    );
    clock.advance(60_000);
    expect(log.slice(0, 5)).toEqual(['500', '1500', '3500', '7500', '11500']);
    expect(log.at(-1)).toBe('32000 given up');
  });

  it('is not repeated after the ACK', () => {
    const clock = new SimulatedClock();
    let repeats = 0;
    const stop = runOpenAnswer(
      clock,
      defaultTimers,
      () => repeats++,
      () => repeats++,
    );
    clock.advance(600);
    stop();
    clock.advance(60_000);
    expect(repeats).toBe(1);
    expect(clock.armed).toBe(0);
  });
});
