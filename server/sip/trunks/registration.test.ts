import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginRegistration, type RegistrationEvent, registrationStep, type RegistrationStep } from './registration.ts';

const challenges = { header: 'Authorization', list: [{ parameters: { nonce: 'n' } }] } as const;
const answer = (status: number, more: Partial<Extract<RegistrationEvent, { type: 'answered' }>> = {}) =>
  ({ type: 'answered', status, challenges: null, granted: null, least: null, retryAfter: null, ...more }) as const;
const play = (targets: number, ...events: readonly RegistrationEvent[]): RegistrationStep =>
  events.reduce((step, event) => registrationStep(step.state, event, 1000), beginRegistration(targets, 3600));

describe('a registration', () => {
  it('is refreshed a minute before it runs out, half-way when it is short', () => {
    expect(play(1, answer(200, { granted: 600 })).state).toMatchObject({
      phase: 'registered',
      expiresAt: 601_000,
      due: 541_000,
    });
    expect(play(1, answer(200, { granted: 60 })).state.due).toBe(31_000);
    expect(play(1, answer(200)).state.expiresAt).toBe(3_601_000);
  });
  it('answers a challenge, and a second one, but not for ever', () => {
    const once = play(1, answer(401, { challenges }));
    expect(once.ask).toEqual({ target: 0, seconds: 3600, challenges });
    expect(registrationStep(once.state, answer(401, { challenges }), 0).ask).not.toBeNull();
    const thrice = play(1, answer(401, { challenges }), answer(401, { challenges }), answer(401, { challenges }));
    expect(thrice).toMatchObject({ state: { phase: 'waiting', reason: '401: user or password' }, ask: null });
  });
  it('asks for longer when the registrar wants that', () => {
    expect(play(1, answer(423, { least: 7200 })).ask?.seconds).toBe(7200);
    expect(play(1, answer(423, { least: 60 })).state.phase).toBe('waiting');
  });
  it('goes to the next target at once, then waits, longer each time', () => {
    const second = play(2, answer(503));
    expect(second.ask?.target).toBe(1);
    const waiting = registrationStep(second.state, answer(408), 1000);
    expect(waiting.state).toMatchObject({ phase: 'waiting', due: 6000, target: 0 });
    const again = registrationStep(waiting.state, { type: 'due' }, 6000);
    const later = [answer(503), answer(503)].reduce((step, event) => registrationStep(step.state, event, 6000), again);
    expect(later.state.due).toBe(16_000);
    expect(play(1, answer(503, { retryAfter: 120 })).state.due).toBe(121_000);
  });
  it('stays good until it runs out while a refresh fails', () => {
    const refreshed = play(1, answer(200, { granted: 600 }), { type: 'due' }, answer(408));
    expect(refreshed.state).toMatchObject({ phase: 'waiting', expiresAt: 601_000 });
  });
  it('says goodbye only where it had been granted', () => {
    expect(play(1, { type: 'ended' }).ask).toBeNull();
    expect(play(1, answer(200), { type: 'ended' }).ask).toMatchObject({ seconds: 0 });
  });
  it('takes every event in every state, and always has a deadline or a REGISTER out', () => {
    const event = fc.oneof(
      fc.constant<RegistrationEvent>({ type: 'due' }),
      fc.record({
        type: fc.constant('answered' as const),
        status: fc.constantFrom(200, 401, 403, 408, 423, 503),
        challenges: fc.constantFrom(null, challenges),
        granted: fc.option(fc.integer({ min: -1, max: 4000 })),
        least: fc.option(fc.integer({ min: 0, max: 9000 })),
        retryAfter: fc.option(fc.integer({ min: 0, max: 100 })),
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(event, { maxLength: 40 }), (targets, events) => {
        const { state } = play(targets, ...events);
        expect(state.phase === 'asking' ? state.due === null : state.due !== null).toBe(true);
        expect(state.target).toBeLessThan(targets);
      }),
    );
  });
});
