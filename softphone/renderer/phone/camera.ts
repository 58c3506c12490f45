/** The camera of a page: on and off at will, let go of when off, and silent while the server says that there is no room for a picture. */
import { Store } from '../store.ts';

export type CameraState =
  | { readonly type: 'off' }
  | { readonly type: 'opening' }
  /** `stream`: for the page's own preview. */
  | { readonly type: 'on'; readonly stream: MediaStream };

export interface CameraPorts {
  /** Opens the device; rejects as getUserMedia does. */
  readonly open: () => Promise<MediaStream>;
  /** What the far side is shown, null for nothing. */
  readonly show: (track: MediaStreamTrack | null) => void;
  readonly failed: (cause: unknown) => void;
}

/** The codes of the problems a camera may have, by the names of Media Capture and Streams, section 10.2. */
export function cameraProblem(cause: unknown): 'camera-refused' | 'camera-missing' | 'camera-busy' {
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : 'unknown';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'camera-refused';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'camera-missing' : 'camera-busy';
}

/** A face needs no more, and a slow network carries it. */
export const pictureConstraints: MediaStreamConstraints = {
  video: { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } },
};

export class Camera {
  readonly state = new Store<CameraState>({ type: 'off' });
  readonly #ports: CameraPorts;
  #paused = false;

  constructor(ports: CameraPorts) {
    this.#ports = ports;
  }

  /** Turns it on or off. Resolves when it is done; a failure is told, and leaves it off. */
  async turn(on: boolean): Promise<void> {
    const { type } = this.state.get();
    if (!on) return this.#letGo();
    if (type !== 'off') return;
    const opening: CameraState = { type: 'opening' };
    this.state.set(opening);
    try {
      const stream = await this.#ports.open();
      // Turned off meanwhile.
      if (this.state.get() !== opening) return stop(stream);
      this.state.set({ type: 'on', stream });
      this.#show();
    } catch (cause) {
      if (this.state.get() === opening) this.state.set({ type: 'off' });
      this.#ports.failed(cause);
    }
  }

  /** There is no room for a picture on the network (or there is again): what is on stays on, but is not sent. */
  setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#show();
  }

  #show(): void {
    const state = this.state.get();
    const track = state.type === 'on' ? (state.stream.getVideoTracks()[0] ?? null) : null;
    this.#ports.show(this.#paused ? null : track);
  }

  #letGo(): void {
    const state = this.state.get();
    if (state.type === 'off') return;
    this.state.set({ type: 'off' });
    this.#ports.show(null);
    if (state.type === 'on') stop(state.stream);
  }
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
