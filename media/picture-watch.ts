/** When pictures have to give way, and when they may come back: from shares of packets lost. Pure. */

/** What was seen at one look, of a whole call. Shares are 0 to 1. */
export interface PictureLook {
  readonly at: number;
  /** The worst leg and its loss of pictures; undefined while no picture is sent. */
  readonly picture: { readonly endpointId: string; readonly loss: number } | undefined;
  /** The worst loss of sound of the legs with pictures since the look before. */
  readonly sound: number;
}

export type PictureWatch =
  | { readonly type: 'shown'; readonly since: number; readonly tries: number }
  /** `quietSince`: since when no sound was lost; it comes back when that has lasted `waitMs`. */
  | { readonly type: 'paused'; readonly tries: number; readonly quietSince: number; readonly waitMs: number };

export type PictureVerdict =
  { readonly type: 'poor'; readonly endpointId: string; readonly lossPercent: number } | { readonly type: 'clear' };

/** Where a picture breaks into blocks although lost packets are sent again, and sound begins to suffer. */
const tooMuch = 0.1;
/** Less than this is lost on good networks as well. */
const little = 0.02;
/** How long the sound must be good before the picture is tried again: longer each time it had to give way. */
const firstWaitMs = 8000;
const longestWaitMs = 64_000;
/** A picture that went well for so long begins anew. */
const settledMs = 60_000;

export function newWatch(now: number): PictureWatch {
  return { type: 'shown', since: now, tries: 0 };
}

/** The watch after a look, and what has to be told. */
export function looked(
  watch: PictureWatch,
  look: PictureLook,
): { readonly watch: PictureWatch; readonly verdict?: PictureVerdict } {
  const { at, picture, sound } = look;
  if (watch.type === 'shown') {
    if (picture === undefined || picture.loss < tooMuch) return { watch };
    const tries = at - watch.since > settledMs ? 1 : watch.tries + 1;
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (tries - 1));
    const lossPercent = Math.round(picture.loss * 1000) / 10;
    return {
      watch: { type: 'paused', tries, quietSince: at, waitMs },
      verdict: { type: 'poor', endpointId: picture.endpointId, lossPercent },
    };
  }
  if (sound > little) return { watch: { ...watch, quietSince: at } };
  if (at - watch.quietSince < watch.waitMs) return { watch };
  return { watch: { type: 'shown', since: at, tries: watch.tries }, verdict: { type: 'clear' } };
}
