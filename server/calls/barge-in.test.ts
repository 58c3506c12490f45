import { describe, expect, it } from 'vitest';
import { transition } from './transition.ts';
import { type CallState, newCall, newLeg } from './state.ts';

type Asking = Extract<NonNullable<CallState['instruction']>, { type: 'menu' | 'play' }>;

/** A caller who hears a prompt. */
function hearing(instruction: Asking): CallState {
  const caller = { ...newLeg('c.c', 'sip'), open: true, signalling: 'confirmed' as const };
  return {
    ...newCall({ callId: 'c', from: '1', to: '2', phase: 'in-plan', language: 'en-US', caller }, 0),
    position: { version: 'v', turn: 1 },
    instruction,
    playing: { playId: 'p1', files: ['/p.wav'], loop: false },
    plays: 1,
  };
}

const menu = (bargeIn: boolean): Asking => ({ type: 'menu', files: ['/p.wav'], bargeIn, timeoutMs: 5000 });
const play = (bargeIn: boolean): Asking => ({ type: 'play', files: ['/p.wav'], bargeIn });
const interrupted = { type: 'play-ended', playId: 'p1', cause: 'interrupted' } as const;
const asked = (state: CallState) => state.graph.plays.map(({ bargeIn }) => bargeIn);
const inputs = (step: ReturnType<typeof transition>) =>
  step.effects.flatMap((effect) => (effect.type === 'advance-plan' ? [effect.input] : []));

describe('barge-in', () => {
  it('is left to the media node where the plan allows it', () => {
    const any = { type: 'endpoint-heard', legId: 'c.c' } as const;
    for (const make of [menu, play]) {
      expect(asked(transition(hearing(make(true)), any, 0).state)).toEqual([true]);
      expect(asked(transition(hearing(make(false)), any, 0).state)).toEqual([undefined]);
    }
  });

  it('ends the prompt of a menu when the key goes down, and the digit is the choice', () => {
    const down = transition(hearing(menu(true)), interrupted, 1000);
    expect([down.state.playing, down.state.timers.menu, inputs(down)]).toEqual([null, 6000, []]);
    const up = transition(down.state, { type: 'digit', legId: 'c.c', digit: '5' }, 1300);
    expect([inputs(up), up.state.timers.menu]).toEqual([[{ type: 'digit', digit: '5' }], undefined]);
  });

  it('keeps the key of a prompt before a menu for that menu', () => {
    const down = transition(hearing(play(true)), interrupted, 1000);
    expect(inputs(down)).toEqual([]);
    expect(inputs(transition(down.state, { type: 'digit', legId: 'c.c', digit: '5' }, 1300))).toEqual([
      { type: 'digit', digit: '5' },
    ]);
  });

  it('does not strand a caller whose key never comes up', () => {
    for (const [make, input] of [
      [menu, 'timeout'],
      [play, 'prompt-ended'],
    ] as const) {
      const down = transition(hearing(make(true)), interrupted, 1000);
      const late = transition(down.state, { type: 'timer', timer: 'menu' }, 6000);
      expect(inputs(late)).toEqual([{ type: input }]);
    }
  });
});
