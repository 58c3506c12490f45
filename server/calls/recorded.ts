/** The recording of a call as plain JSON. */

/**
 * `off`: the dialplan forbids it. `waiting`: nobody has asked for it yet. `masked`: paused while secrets are said.
 * `failed`: it could not be written.
 */
export interface CallRecording {
  readonly recordingId: string;
  readonly state: 'off' | 'waiting' | 'on' | 'paused' | 'masked' | 'failed';
  /** What the dialplan says: `always`, `never`, `on-demand`, `25%`. */
  readonly policy: string;
}

/** What an agent or a supervisor may ask for. */
export type RecordingOrder = 'start' | 'pause' | 'resume' | 'mask' | 'unmask';
