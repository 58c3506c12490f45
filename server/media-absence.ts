/** How long the media node has been away, and what that means for the calls: audio goes on without us, or is dead with it. */
import type { Cancel, Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { type Calls, hasEnded, legsOf } from './calls/index.ts';

/** A node that is away for so long does not come back with our calls: its lease has run out, too. */
export const patienceMs = 60_000;

/** What it watches. */
export interface MediaAbsenceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly calls: () => Calls;
}

export class MediaAbsence {
  readonly #options: MediaAbsenceOptions;
  #since: number | undefined;
  #giveUp: Cancel | undefined;

  constructor(options: MediaAbsenceOptions) {
    this.#options = options;
  }

  /** The connection to the node was lost. */
  began(): void {
    const { clock, logger } = this.#options;
    logger.warn({}, 'the media node is away');
    this.#since ??= clock.now();
    this.#giveUp ??= clock.at(clock.now() + patienceMs, () => this.#end());
  }

  /** It is back. Returns since when it was away; undefined the first time. */
  ended(): number | undefined {
    const since = this.#since;
    const { clock, logger } = this.#options;
    if (since !== undefined) logger.info({ awayMs: clock.now() - since }, 'the media node is back');
    this.close();
    return since;
  }

  close(): void {
    this.#giveUp?.();
    this.#giveUp = undefined;
    this.#since = undefined;
  }

  /** Calls without audio are ended, and say why. */
  #end(): void {
    const { logger, calls } = this.#options;
    logger.error({ calls: calls().active }, 'the media node did not come back: its calls are ended');
    for (const call of calls().all())
      for (const { legId, open } of hasEnded(call) ? [] : legsOf(call))
        if (open) calls().post(call.callId, { type: 'endpoint-lost', legId, cause: 'node-gone' });
  }
}
