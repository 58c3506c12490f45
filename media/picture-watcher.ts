/** Looks at the losses of calls with pictures, twice a second, and of no others. */
import type { Cancel, Clock } from '../base/clock.ts';
import type { MediaEvent } from '../protocol/media.ts';
import type { Endpoint } from './endpoint.ts';
import { looked, newWatch, type PictureLook, type PictureWatch } from './picture-watch.ts';

const everyMs = 500;

type Told = Extract<MediaEvent, { type: 'video-poor' | 'video-clear' }>;

export interface PictureWatcherOptions {
  readonly clock: Clock;
  /** The endpoints of a call that can show or be shown pictures. */
  readonly endpoints: (callId: string) => readonly Endpoint[];
  readonly tell: (event: Told) => void;
}

/** What had come from a browser at the look before. */
interface Counted {
  readonly expected: number;
  readonly lost: number;
}

interface Watched {
  watch: PictureWatch;
  readonly counted: Map<string, Counted>;
}

export class PictureWatcher {
  readonly #options: PictureWatcherOptions;
  readonly #calls = new Map<string, Watched>();
  #timer: Cancel | undefined;

  constructor(options: PictureWatcherOptions) {
    this.#options = options;
  }

  /** Pictures are shown in this call from now on. */
  watch(callId: string): void {
    const now = this.#options.clock.now();
    if (!this.#calls.has(callId)) this.#calls.set(callId, { watch: newWatch(now), counted: new Map() });
    if (this.#timer === undefined) this.#arm();
  }

  /** The call is over. */
  forget(callId: string): void {
    this.#calls.delete(callId);
    if (this.#calls.size > 0) return;
    this.#timer?.();
    this.#timer = undefined;
  }

  #arm(): void {
    const { clock } = this.#options;
    this.#timer = clock.at(clock.now() + everyMs, () => {
      this.#arm();
      for (const [callId, watched] of this.#calls) void this.#look(callId, watched);
    });
  }

  async #look(callId: string, watched: Watched): Promise<void> {
    const seen = await this.#seen(callId, watched.counted);
    if (this.#calls.get(callId) !== watched) return;
    const { watch, verdict } = looked(watched.watch, { ...seen, at: this.#options.clock.now() });
    watched.watch = watch;
    if (verdict?.type === 'poor')
      this.#options.tell({
        type: 'video-poor',
        callId,
        endpointId: verdict.endpointId,
        lossPercent: verdict.lossPercent,
      });
    if (verdict?.type === 'clear') this.#options.tell({ type: 'video-clear', callId });
  }

  async #seen(callId: string, counted: Map<string, Counted>): Promise<Omit<PictureLook, 'at'>> {
    let picture: PictureLook['picture'];
    let sound = 0;
    for (const endpoint of this.#options.endpoints(callId)) {
      const { endpointId } = endpoint;
      const [lost, network] = await Promise.all([endpoint.picture?.loss(), endpoint.statistics?.()]);
      if (lost !== undefined) {
        const loss = Math.max(lost.shows, lost.shown);
        if (picture === undefined || loss > picture.loss) picture = { endpointId, loss };
      }
      const now = network?.received;
      const before = counted.get(endpointId);
      if (now !== undefined) counted.set(endpointId, now);
      sound = Math.max(sound, network?.sent?.lossRatio ?? 0, sinceThen(before, now));
    }
    return { picture, sound };
  }
}

/** The share lost between two looks. */
function sinceThen(before: Counted | undefined, now: Counted | undefined): number {
  const expected = (now?.expected ?? 0) - (before?.expected ?? 0);
  if (before === undefined || now === undefined || expected <= 0) return 0;
  return Math.max(0, now.lost - before.lost) / expected;
}
