/** What a call remembers of its picture: plain JSON. */

/** Set from the first time the network was too bad for it. */
export interface CallVideo {
  readonly paused: boolean;
}
