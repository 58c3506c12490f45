/** The recording of a call as plain JSON. */
import type { EndpointId } from '../../protocol/ids.ts';

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

/** The endpoints towards the recorder: for what the caller says, and for what the caller hears. Null: not wanted. */
export interface Fork {
  /** Which attempt of the call it is: ids are used once. */
  readonly attempt: number;
  readonly caller: EndpointId | null;
  readonly other: EndpointId | null;
}
