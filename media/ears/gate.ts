/** Cuts a tap into utterances. Pure: one step a frame of 20 ms, told whether the frame is voice. */

/** How utterances are cut, counted in frames of 20 ms. */
export interface GateSettings {
  /** Voiced frames among the last `window` that open an utterance. */
  readonly trigger: number;
  readonly window: number;
  /** Frames before the trigger that belong to the utterance, so that no first syllable is lost. */
  readonly preRoll: number;
  /** Frames without voice that close it. */
  readonly hangover: number;
  /** Frames after which it is closed in any case, so that a text is due. */
  readonly longest: number;
}

export const defaultGate: GateSettings = { trigger: 4, window: 8, preRoll: 18, hangover: 30, longest: 900 };

export type GateState =
  | { readonly type: 'quiet'; readonly recent: number }
  | { readonly type: 'open'; readonly frames: number; readonly quietFrames: number };

/** What to do with the frame: `open` begins an utterance (with the pre-roll, this frame included), `close` ends it after this frame. */
export type GateStep = 'none' | 'open' | 'go-on' | 'close';

export const quiet: GateState = { type: 'quiet', recent: 0 };

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The next state after a frame, and what to do with that frame. */
export function gate(
  state: GateState,
  voiced: boolean,
  settings: GateSettings = defaultGate,
): { readonly state: GateState; readonly step: GateStep } {
  if (state.type === 'quiet') {
    const recent = ((state.recent << 1) | (voiced ? 1 : 0)) & ((1 << settings.window) - 1);
    if (ones(recent) < settings.trigger) return { state: { type: 'quiet', recent }, step: 'none' };
    return { state: { type: 'open', frames: 0, quietFrames: 0 }, step: 'open' };
  }
  const quietFrames = voiced ? 0 : state.quietFrames + 1;
  const frames = state.frames + 1;
  if (quietFrames >= settings.hangover || frames >= settings.longest) return { state: quiet, step: 'close' };
  return { state: { type: 'open', frames, quietFrames }, step: 'go-on' };
}
