import { describe, expect, it } from 'vitest';
import { defaultGate, gate, quiet, type GateSettings, type GateStep } from './gate.ts';

const settings: GateSettings = { trigger: 2, window: 4, preRoll: 3, hangover: 3, longest: 6 };

/** The steps for a string of frames: `v` is voice, `.` is none. */
function steps(frames: string): readonly GateStep[] {
  let state = quiet;
  return [...frames].map((frame) => {
    const next = gate(state, frame === 'v', settings);
    state = next.state;
    return next.step;
  });
}

describe('the gate', () => {
  it.each<[string, string, readonly GateStep[]]>([
    ['stays shut for a click', 'v....', ['none', 'none', 'none', 'none', 'none']],
    ['opens for voice with a hole in it', '.v.v', ['none', 'none', 'none', 'open']],
    ['forgets voice that is long ago', 'v...v', ['none', 'none', 'none', 'none', 'none']],
    [
      'goes on over a short pause and closes after a long one',
      'vv..v...',
      ['none', 'open', 'go-on', 'go-on', 'go-on', 'go-on', 'go-on', 'close'],
    ],
    [
      'closes when it has been open for too long, and opens again',
      'vvvvvvvvvv',
      ['none', 'open', 'go-on', 'go-on', 'go-on', 'go-on', 'go-on', 'close', 'none', 'open'],
    ],
  ])('%s', (_name, frames, expected) => {
    expect(steps(frames)).toEqual(expected);
  });

  it('by default gives an utterance up to 18 s and closes it after 0.6 s of silence', () => {
    expect(defaultGate.longest * 20).toBe(18_000);
    expect(defaultGate.hangover * 20).toBe(600);
  });
});
