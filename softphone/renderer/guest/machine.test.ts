import { describe, expect, it } from 'vitest';
import { webCallProblems } from '../../../protocol/problems/web-call.ts';
import { filledProblem } from '../../../protocol/problems/fill.ts';
import { type GuestEvent, type GuestState, guestTransition, initialGuest } from './machine.ts';

const routes = [{ id: 'main', name: { en: 'Main', zh: '总机' }, video: true, language: 'en-US' }] as const;
const wanted = { route: 'main', name: 'Ann', video: false };
const problem = filledProblem('web-busy', webCallProblems['web-busy']);

function run(...events: readonly GuestEvent[]) {
  let state: GuestState = initialGuest;
  const effects = events.flatMap((event) => {
    const step = guestTransition(state, event);
    ({ state } = step);
    return step.effects;
  });
  return { state, effects };
}

const asked: readonly GuestEvent[] = [
  { type: 'load-asked' },
  { type: 'routes-known', routes },
  { type: 'call-asked', wanted },
];
const talking: readonly GuestEvent[] = [
  ...asked,
  { type: 'established', attempt: 1, at: 5 },
  { type: 'media-changed', attempt: 1, media: 'up' },
];

describe('the page of a caller', () => {
  it('calls what it offers, and nothing else', () => {
    expect(run(...asked)).toMatchObject({
      state: { type: 'calling', attempt: 1, wanted },
      effects: [{ type: 'load' }, { type: 'call', attempt: 1, wanted }],
    });
    const elsewhere = run(...asked.slice(0, 2), { type: 'call-asked', wanted: { ...wanted, route: 'boss' } });
    expect(elsewhere.state.type).toBe('ready');
    expect(elsewhere.effects).toEqual([{ type: 'load' }]);
  });

  it('says that what the address names is not offered, and calls what is chosen instead', () => {
    const missing = { ...problem, code: 'web-no-route' } as const;
    const { state } = run({ type: 'load-asked' }, { type: 'routes-known', routes, missing });
    expect(state).toMatchObject({ type: 'ready', routes, last: { type: 'failed', problem: { code: 'web-no-route' } } });
    expect(guestTransition(state, { type: 'call-asked', wanted }).state).toMatchObject({ type: 'calling', wanted });
  });

  it('talks, mutes, sends keys, and hangs up', () => {
    const { state, effects } = run(
      ...talking,
      { type: 'mute-asked' },
      { type: 'key-pressed', key: '1' },
      { type: 'key-pressed', key: 'x' },
      { type: 'key-pressed', key: '#' },
    );
    expect(state).toMatchObject({ type: 'talking', since: 5, muted: true, media: 'up', keys: '1#' });
    expect(effects.slice(2)).toEqual([
      { type: 'set-muted', muted: true },
      { type: 'send-key', key: '1' },
      { type: 'send-key', key: '#' },
    ]);
    const over = guestTransition(state, { type: 'hang-up-asked' });
    expect(over).toMatchObject({
      state: { type: 'ready', last: { type: 'over', by: 'own' } },
      effects: [{ type: 'end' }],
    });
  });

  it('says why a call came to nothing, and may be asked again', () => {
    const failed = run(...asked, { type: 'failed', attempt: 1, problem });
    expect(failed.state).toMatchObject({ type: 'ready', last: { type: 'failed', problem: { code: 'web-busy' } } });
    const again = guestTransition(failed.state, { type: 'call-asked', wanted });
    expect(again.effects).toEqual([{ type: 'call', attempt: 2, wanted }]);
  });

  it('does not believe what an earlier call says', () => {
    const second = run(...talking, { type: 'hang-up-asked' }, { type: 'call-asked', wanted }).state;
    for (const event of [
      { type: 'established', attempt: 1, at: 9 },
      { type: 'media-changed', attempt: 1, media: 'failed' },
      { type: 'failed', attempt: 1, problem },
      { type: 'ended', attempt: 1 },
    ] as const)
      expect(guestTransition(second, event).state).toBe(second);
  });

  it('takes every event in every state', () => {
    const events: readonly GuestEvent[] = [
      ...talking,
      { type: 'routes-failed', problem },
      { type: 'hang-up-asked' },
      { type: 'mute-asked' },
      { type: 'key-pressed', key: '5' },
      { type: 'pictures-told', attempt: 1, paused: true },
      { type: 'failed', attempt: 1, problem },
      { type: 'ended', attempt: 1 },
    ];
    const states = [initialGuest, ...talking.map((_each, at) => run(...talking.slice(0, at + 1)).state)];
    for (const state of states) for (const event of events) expect(guestTransition(state, event).state).toBeDefined();
  });
});
