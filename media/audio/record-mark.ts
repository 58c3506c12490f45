/**
 * What goes with each frame of a recording's ring, in one number: what the frame is, when it was made, and how long each side's sound
 * had waited to be in it. So whoever writes pictures beside it knows where on the recording's clock they belong.
 */

/** What a frame is. */
export const recordStates = ['on', 'paused', 'masked'] as const;
export type RecordState = (typeof recordStates)[number];

export interface RecordMark {
  readonly state: RecordState;
  /** When it was made, ms since the epoch; as it is read, within the last 16 s. */
  readonly wallMs: number;
  /** How long after its arrival what now comes from a side will be in the recording, ms, to 4 ms; 0: the side says nothing. */
  readonly leftWaitMs: number;
  readonly rightWaitMs: number;
}

const wallSpan = 1 << 14;
const waitStep = 4;
const mostWait = 255;

function wait(ms: number): number {
  return ms <= 0 ? 0 : Math.min(mostWait, Math.max(1, Math.round(ms / waitStep)));
}

/** The mark as 32 bits. */
export function packMark({ state, wallMs, leftWaitMs, rightWaitMs }: RecordMark): number {
  const wall = Math.floor(wallMs) % wallSpan;
  return recordStates.indexOf(state) | (wall << 2) | (wait(leftWaitMs) << 16) | (wait(rightWaitMs) << 24) | 0;
}

/** The mark again; `now`: ms since the epoch. */
export function readMark(mark: number, now: number): RecordMark {
  const wall = (mark >>> 2) & (wallSpan - 1);
  const ago = (((Math.floor(now) - wall) % wallSpan) + wallSpan) % wallSpan;
  return {
    state: recordStates[mark & 3] ?? 'paused',
    wallMs: Math.floor(now) - ago,
    leftWaitMs: ((mark >>> 16) & mostWait) * waitStep,
    rightWaitMs: (mark >>> 24) * waitStep,
  };
}
