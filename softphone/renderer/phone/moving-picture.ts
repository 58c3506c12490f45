/** Whether a video element shows new pictures: a camera that is off, and a network that carries none, look like a photograph. */

const lookMs = 500;
/** So many looks without a new picture, and it stands still. */
const patience = 3;

/** Tells at once and whenever it changes; returns how to stop looking. */
export function watchPicture(video: HTMLVideoElement, told: (moving: boolean) => void): () => void {
  let frames = -1;
  let still = patience;
  let moving: boolean | undefined;
  const look = (): void => {
    const now = video.getVideoPlaybackQuality().totalVideoFrames;
    still = now === frames ? still + 1 : 0;
    frames = now;
    const moves = now > 0 && still < patience;
    if (moves !== moving) told(moves);
    moving = moves;
  };
  look();
  const timer = setInterval(look, lookMs);
  return () => clearInterval(timer);
}
