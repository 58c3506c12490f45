/** Whose pictures are recorded: of every recording that is on, whoever is shown to somebody. Sound never waits for it. */
import type { Logger } from '../base/logger.ts';
import type { Graph } from '../protocol/media.ts';
import type { Endpoint } from './endpoint.ts';
import { InOrder } from './in-order.ts';
import type { PictureCopy } from './mediasoup/picture-copy.ts';
import type { Screen } from './mediasoup/picture.ts';
import type { Recorder } from './recorder.ts';

/** A picture that belongs into a recording. */
export interface WantedPicture {
  readonly recordingId: string;
  readonly endpointId: string;
  readonly side: 'caller' | 'agent';
}

interface Copied {
  readonly source: Screen;
  readonly copy: PictureCopy;
}

export interface PictureRecordingsOptions {
  readonly endpoint: (endpointId: string) => Pick<Endpoint, 'picture'> | undefined;
  readonly recorder: Pick<Recorder, 'port' | 'picture' | 'pictureEnded' | 'listens'>;
  readonly logger: Logger;
}

/** What a graph wants: while something is paused, masked, on hold or not shown, it is not recorded either. */
export function picturesWanted({ recordings = [], video = [] }: Pick<Graph, 'recordings' | 'video'>): WantedPicture[] {
  const shown = [...new Set(video.map(({ from }) => from))];
  return recordings
    .filter(({ state }) => state === 'on')
    .flatMap(({ recordingId, endpointId: of }) =>
      shown.map((endpointId): WantedPicture => ({
        recordingId,
        endpointId,
        side: endpointId === of ? 'caller' : 'agent',
      })),
    );
}

function keyOf({ recordingId, endpointId }: WantedPicture): string {
  return `${recordingId} ${endpointId}`;
}

export class PictureRecordings {
  readonly #options: PictureRecordingsOptions;
  readonly #wanted = new Map<string, readonly WantedPicture[]>();
  readonly #copies = new Map<string, Map<string, Copied>>();
  readonly #order = new InOrder();

  constructor(options: PictureRecordingsOptions) {
    this.#options = options;
    // Another thread takes the packets: every copy goes to it anew.
    options.recorder.listens.on(() => {
      for (const callId of this.#wanted.keys()) {
        this.#drop(callId);
        this.changed(callId);
      }
    });
  }

  /** The graph of a call is this now. */
  apply(callId: string, graph: Graph): void {
    const wanted = picturesWanted(graph);
    if (wanted.length === 0 && !this.#wanted.has(callId)) return;
    this.#wanted.set(callId, wanted);
    // At once: what is masked from now on must not be waited for.
    this.#drop(callId, (key) => !wanted.some((each) => keyOf(each) === key));
    this.changed(callId);
  }

  /** An endpoint of the call has agreed on a picture, or is gone. */
  changed(callId: string): void {
    if (this.#wanted.has(callId)) void this.#order.run(callId, () => this.#bringAbout(callId));
  }

  /** The call is over. */
  forget(callId: string): void {
    this.#wanted.delete(callId);
    this.#drop(callId);
  }

  async #bringAbout(callId: string): Promise<void> {
    for (const wanted of this.#wanted.get(callId) ?? []) {
      const source = this.#options.endpoint(wanted.endpointId)?.picture;
      const before = this.#copies.get(callId)?.get(keyOf(wanted));
      if (before !== undefined && before.source === source && !before.copy.closed) continue;
      this.#drop(callId, (key) => key === keyOf(wanted));
      const { port } = this.#options.recorder;
      if (source === undefined || port === undefined) continue;
      try {
        await this.#copy(callId, wanted, source, port);
      } catch (err) {
        this.#options.logger.warn({ err, callId }, 'a picture cannot be recorded');
      }
    }
  }

  async #copy(callId: string, wanted: WantedPicture, source: Screen, to: number): Promise<void> {
    const { recorder } = this.#options;
    const copy = await source.copy(to);
    const { port, ssrc, codec } = copy;
    const copies = this.#copies.get(callId) ?? new Map<string, Copied>();
    this.#copies.set(callId, copies.set(keyOf(wanted), { source, copy }));
    await recorder.picture(wanted.recordingId, { port, ssrc, codec, side: wanted.side });
    // It may have been masked while this was made, or the thread may have died.
    const still = copies.get(keyOf(wanted))?.copy === copy && this.#isWanted(callId, wanted);
    if (still) await copy.start();
    else this.#drop(callId, (key) => key === keyOf(wanted));
  }

  #isWanted(callId: string, wanted: WantedPicture): boolean {
    return this.#wanted.get(callId)?.some((each) => keyOf(each) === keyOf(wanted)) === true;
  }

  #drop(callId: string, which: (key: string) => boolean = () => true): void {
    const copies = this.#copies.get(callId);
    for (const [key, { copy }] of [...(copies ?? [])]) {
      if (!which(key)) continue;
      copies?.delete(key);
      copy.close();
      this.#options.recorder.pictureEnded(copy.port);
    }
    if (copies?.size === 0) this.#copies.delete(callId);
  }
}
