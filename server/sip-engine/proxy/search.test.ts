import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestOf } from './best-answer.ts';
import { mostTargets, newSearch, stepSearch } from './search.ts';
import type { SearchEffect, SearchEvent, SearchPlan, SearchState } from './search.ts';

const serial: SearchPlan = {
  invite: true,
  serial: true,
  followRedirects: false,
  provisionalTimeout: false,
  finalTimeout: false,
};
const parallel: SearchPlan = { ...serial, serial: false };

/** Plays events; returns the effects of the last one, without timers. */
function play(plan: SearchPlan, targets: string[], events: SearchEvent[]): { state: SearchState; effects: string[] } {
  let state = newSearch(plan, targets);
  let effects: readonly SearchEffect[] = [];
  for (const event of [{ type: 'began' } as const, ...events]) ({ state, effects } = stepSearch(state, event));
  return { state, effects: effects.flatMap(show) };
}

function show(effect: SearchEffect): string[] {
  switch (effect.type) {
    case 'arm':
    case 'disarm':
      return [];
    case 'try':
      return [`try ${effect.target}`];
    case 'cancel':
      return [`cancel ${effect.branch}`];
    case 'answer':
      return [`answer ${effect.branch}`];
    case 'answer-own':
      return [`own ${effect.status}`];
    case 'done':
      return [effect.ok ? 'done' : 'nothing sent'];
    default:
      return [effect.type];
  }
}

const sent = (branch: number): SearchEvent => ({ type: 'sent', branch });
const ring = (branch: number, status = 180): SearchEvent => ({ type: 'provisional', branch, status });
const final = (branch: number, status: number, contacts: string[] = []): SearchEvent => {
  return { type: 'final', branch, status, contacts };
};
const failed = (branch: number, reason: 'timeout' | 'transport' = 'timeout'): SearchEvent => {
  return { type: 'failed', branch, reason };
};
const both = [sent(0), sent(1)];

describe('the response context', () => {
  it.each<[string, SearchPlan, SearchEvent[], string[]]>([
    ['serial: one after the other', serial, [sent(0), final(0, 486)], ['report', 'try b']],
    [
      'serial: the best at the end',
      serial,
      [sent(0), final(0, 404), sent(1), final(1, 500)],
      ['report', 'answer 0', 'done'],
    ],
    ['serial: silence goes on', serial, [sent(0), failed(0)], ['try b']],
    ['serial: 2xx ends it', serial, [sent(0), ring(0), final(0, 200)], ['report', 'pass', 'done']],
    ['serial: a challenge ends it', serial, [sent(0), final(0, 407)], ['report', 'answer 0', 'done']],
    ['serial: 6xx ends it', serial, [sent(0), final(0, 603)], ['report', 'answer 0', 'done']],
    [
      'serial: left when it keeps silent',
      serial,
      [sent(0), { type: 'timer', branch: 0, timer: 'provisional' }],
      ['cancel 0', 'try b'],
    ],
    [
      'serial: a late 2xx of the one left',
      serial,
      [sent(0), { type: 'timer', branch: 0, timer: 'final' }, sent(1), final(0, 200)],
      ['report', 'pass', 'cancel 1', 'done'],
    ],
    [
      'serial: a late refusal of the one left',
      serial,
      [sent(0), { type: 'timer', branch: 0, timer: 'C' }, sent(1), final(0, 487)],
      [],
    ],
    ['100 is not passed', serial, [sent(0), ring(0, 100)], []],
    ['180 is', serial, [sent(0), ring(0)], ['pass']],
    [
      'parallel: 2xx cancels the rest',
      parallel,
      [...both, ring(1), final(0, 200)],
      ['report', 'pass', 'cancel 1', 'done'],
    ],
    ['parallel: all must fail', parallel, [...both, final(0, 486)], ['report']],
    ['parallel: the best of all', parallel, [...both, final(0, 486), final(1, 302)], ['report', 'answer 1', 'done']],
    ['parallel: 6xx cancels, then waits', parallel, [...both, final(0, 600)], ['report', 'cancel 1']],
    ['parallel: 6xx wins', parallel, [...both, final(0, 600), final(1, 487)], ['report', 'answer 0', 'done']],
    [
      'parallel: a 2xx beats a 6xx still',
      parallel,
      [...both, final(0, 600), final(1, 200)],
      ['report', 'pass', 'done'],
    ],
    ['parallel: second 2xx passes', parallel, [...both, final(0, 200), final(1, 200)], ['pass']],
    ['a repeated 2xx passes', serial, [sent(0), final(0, 200), final(0, 200)], ['pass']],
    ['a late refusal does not', parallel, [...both, final(0, 200), final(1, 487)], []],
    ['CANCEL: waits for the 487', serial, [sent(0), ring(0), { type: 'cancelled' }], ['cancel 0']],
    [
      'CANCEL: which then goes on',
      serial,
      [sent(0), ring(0), { type: 'cancelled' }, final(0, 487)],
      ['report', 'answer 0', 'done'],
    ],
    [
      'CANCEL: 487 of ours when nobody says it',
      serial,
      [sent(0), { type: 'cancelled' }, failed(0)],
      ['own 487', 'done'],
    ],
    ['CANCEL crossed by 200', serial, [sent(0), { type: 'cancelled' }, final(0, 200)], ['report', 'pass', 'done']],
    ['CANCEL after the end', serial, [sent(0), final(0, 200), { type: 'cancelled' }], []],
    ['ringing after CANCEL is kept', serial, [sent(0), { type: 'cancelled' }, ring(0)], []],
    ['503 becomes 500', serial, [sent(0), final(0, 503), sent(1), final(1, 503)], ['report', 'own 500', 'done']],
    ['all silent: 408', parallel, [...both, failed(0), failed(1)], ['own 408', 'done']],
    [
      'nothing can be sent',
      parallel,
      [
        { type: 'unsendable', branch: 0 },
        { type: 'unsendable', branch: 1 },
      ],
      ['own 500', 'nothing sent'],
    ],
    ['the one that cannot be sent is passed over', serial, [{ type: 'unsendable', branch: 0 }], ['try b']],
    ['3xx is an answer unless followed', serial, [sent(0), final(0, 302, ['c'])], ['report', 'try b']],
  ])('%s', (_name, plan, events, effects) => {
    expect(play(plan, ['a', 'b'], events).effects).toEqual(effects);
  });

  it('follows redirections, each contact once, before what was still to be tried', () => {
    const plan = { ...serial, followRedirects: true };
    const first = [sent(0), final(0, 302, ['c', 'a', 'd'])];
    expect(play(plan, ['a', 'b'], first).effects).toEqual(['report', 'try c']);
    expect(play(plan, ['a', 'b'], [...first, final(1, 302, ['a'])]).effects).toEqual(['report', 'try d']);
    const both = { ...plan, serial: false };
    expect(play(both, ['a', 'b'], first).effects).toEqual(['report', 'try c', 'try d']);
  });

  it('asks no more targets than it may, however many a redirection names', () => {
    const contacts = Array.from({ length: 100 }, (_, index) => `c${index}`);
    const plan = { ...parallel, followRedirects: true };
    const { state } = play(plan, ['a', 'b'], [sent(0), final(0, 300, contacts)]);
    expect(state.branches).toHaveLength(mostTargets);
  });

  it('arms timer C for INVITE only, and anew at each ringing', () => {
    const armed = (plan: SearchPlan, event: SearchEvent): string[] => {
      const began = stepSearch(newSearch(plan, ['a']), { type: 'began' });
      const step = event.type === 'began' ? began : stepSearch(began.state, event);
      return step.effects.flatMap((effect) => (effect.type === 'arm' ? [effect.timer] : []));
    };
    expect(armed(serial, { type: 'began' })).toEqual(['C']);
    expect(armed({ ...serial, provisionalTimeout: true, finalTimeout: true }, { type: 'began' })).toEqual([
      'C',
      'provisional',
      'final',
    ]);
    expect(armed({ ...serial, invite: false }, { type: 'began' })).toEqual([]);
    expect(armed(serial, ring(0))).toEqual(['C']);
    expect(armed(serial, ring(0, 100))).toEqual([]);
  });

  const events = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('sent' as const), branch: fc.nat(5) }),
      fc.record({ type: fc.constant('unsendable' as const), branch: fc.nat(5) }),
      fc.record({
        type: fc.constant('provisional' as const),
        branch: fc.nat(5),
        status: fc.constantFrom(100, 180, 183),
      }),
      fc.record({
        type: fc.constant('final' as const),
        branch: fc.nat(5),
        status: fc.constantFrom(200, 302, 404, 407, 486, 503, 603),
        contacts: fc.array(fc.constantFrom('a', 'x', 'y'), { maxLength: 2 }),
      }),
      fc.record({
        type: fc.constant('failed' as const),
        branch: fc.nat(5),
        reason: fc.constantFrom('timeout' as const, 'transport' as const),
      }),
      fc.record({
        type: fc.constant('timer' as const),
        branch: fc.nat(5),
        timer: fc.constantFrom('C' as const, 'provisional' as const, 'final' as const),
      }),
      fc.constant({ type: 'cancelled' as const }),
    ),
    { maxLength: 40 },
  );

  it('answers exactly once, says done exactly once, and always ends when every branch has', () => {
    fc.assert(
      fc.property(events, fc.boolean(), fc.boolean(), fc.boolean(), (history, one, follow, invite) => {
        const plan = { ...serial, invite, serial: one, followRedirects: follow };
        const seen: SearchEffect[] = [];
        let state = newSearch(plan, ['a', 'b', 'c']);
        const feed = (event: SearchEvent): void => {
          const step = stepSearch(state, event);
          state = step.state;
          seen.push(...step.effects);
        };
        feed({ type: 'began' });
        for (const event of history) feed(event);
        // Whatever is still open times out.
        for (let id = 0; id < state.branches.length; id++) feed(failed(id));
        expect(['accepted', 'over']).toContain(state.type);
        const count = (type: SearchEffect['type']): number => seen.filter((effect) => effect.type === type).length;
        expect(count('done')).toBe(1);
        expect(count('answer') + count('answer-own')).toBe(state.type === 'over' ? 1 : 0);
        expect(count('try')).toBe(state.branches.length);
        const tried = seen.flatMap((effect) => (effect.type === 'try' ? [effect.target] : []));
        expect(new Set(tried).size).toBe(tried.length);
      }),
    );
  });
});

describe('the best answer', () => {
  it.each([
    [[404, 603, 407], 603],
    [[500, 486, 302], 302],
    [[486, 401, 404], 401],
    [[404, 484], 484],
    [[408, 486], 486],
    [[487, 480], 480],
    [[503, 500], 500],
    [[500, 486], 486],
    [[486, 404], 486],
  ])('of %j is %d', (statuses, best) => {
    const candidates = statuses.map((status, branch) => ({ branch, status, local: false }));
    expect(bestOf(candidates)?.status).toBe(best);
  });

  it('is one from the network rather than one made here, and none of none', () => {
    const candidates = [
      { branch: 0, status: 408, local: true },
      { branch: 1, status: 408, local: false },
    ];
    expect(bestOf(candidates)?.branch).toBe(1);
    expect(bestOf([])).toBeUndefined();
  });
});
