/** Who is shown whose picture in each call, brought about whenever the graph or an endpoint changes. Sound never waits for it. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Graph } from '../protocol/media.ts';
import type { Endpoint } from './endpoint.ts';
import { InOrder } from './in-order.ts';
import { PictureWatcher, type PictureWatcherOptions } from './picture-watcher.ts';

export type PictureEdges = NonNullable<Graph['video']>;

export interface PicturesOptions {
  readonly endpoint: (endpointId: string) => Endpoint | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The network of a call is too bad for pictures, or good again. */
  readonly tell: PictureWatcherOptions['tell'];
}

export class Pictures {
  readonly #options: PicturesOptions;
  /** Only of calls that have any. */
  readonly #wanted = new Map<string, PictureEdges>();
  /** Endpoints that were in an edge once: their sound tells when pictures may come back. */
  readonly #parties = new Map<string, ReadonlySet<string>>();
  readonly #order = new InOrder();
  readonly #watcher: PictureWatcher;

  constructor(options: PicturesOptions) {
    this.#options = options;
    const { clock, tell, endpoint } = options;
    const endpoints = (callId: string) => [...(this.#parties.get(callId) ?? [])].flatMap((id) => endpoint(id) ?? []);
    this.#watcher = new PictureWatcher({ clock, tell, endpoints });
  }

  /** The edges of a call are these now. */
  apply(callId: string, edges: PictureEdges): void {
    const before = this.#wanted.get(callId);
    if (before === undefined && edges.length === 0) return;
    this.#wanted.set(callId, edges);
    if (edges.length > 0) {
      this.#parties.set(callId, new Set(edges.flatMap(({ from, to }) => [from, to])));
      this.#watcher.watch(callId);
    }
    const gone = (before ?? []).flatMap(({ to }) => (edges.some((edge) => edge.to === to) ? [] : [to]));
    void this.#order.run(callId, () => this.#bringAbout(callId, gone));
  }

  /** An endpoint of the call has agreed on a picture, or is gone: what was wanted may be possible now. */
  changed(callId: string): void {
    if (this.#wanted.has(callId)) void this.#order.run(callId, () => this.#bringAbout(callId, []));
  }

  /** The call is over. */
  forget(callId: string): void {
    this.#wanted.delete(callId);
    this.#parties.delete(callId);
    this.#watcher.forget(callId);
  }

  /** The edges as they are wanted now, with both their endpoints. */
  of(callId: string): PictureEdges {
    return this.#wanted.get(callId) ?? [];
  }

  async #bringAbout(callId: string, gone: readonly string[]): Promise<void> {
    const { endpoint, logger } = this.#options;
    const shows = [...gone.map((to) => ({ to, from: undefined })), ...this.of(callId)];
    for (const { from, to } of shows) {
      const source = from === undefined ? undefined : endpoint(from)?.picture;
      const screen = endpoint(to)?.picture;
      // Whoever is not there yet is told of by `changed`.
      if (screen === undefined || (from !== undefined && source === undefined)) continue;
      try {
        await screen.show(source);
      } catch (err) {
        logger.warn({ err, callId, from, to }, 'a picture cannot be shown');
      }
    }
  }
}
