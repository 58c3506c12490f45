/** Calls whose other end the engine cannot reach after its death: a browser has to come back first, and is given time to. */
import type { Clock } from '../../base/clock.ts';
import type { EngineDialog } from '../../protocol/engine-link.ts';

export interface ReturnOptions {
  readonly clock: Clock;
  /** How long a browser has, ms. */
  readonly waitMs: number;
  /** What the engine holds now; rejects when the link is lost (the next boot is looked at anew). */
  readonly dialogs: () => Promise<readonly EngineDialog[]>;
  /** These have not come back. */
  readonly gone: (ids: ReadonlySet<string>) => void;
}

export class Returns {
  readonly #options: ReturnOptions;
  #cancel: () => void = () => undefined;

  constructor(options: ReturnOptions) {
    this.#options = options;
  }

  /** The engine has just been connected: of what it took up from its journal, what it cannot reach is waited for. */
  watch(held: readonly EngineDialog[]): void {
    this.#cancel();
    const away = held.filter(isAway).map(({ id }) => id);
    if (away.length === 0) return;
    const { clock, waitMs } = this.#options;
    this.#cancel = clock.at(clock.now() + waitMs, () => this.#look(new Set(away)));
  }

  close(): void {
    this.#cancel();
  }

  #look(away: ReadonlySet<string>): void {
    const { dialogs, gone } = this.#options;
    dialogs().then(
      (held) => {
        const left = new Set(held.filter((dialog) => away.has(dialog.id) && isAway(dialog)).map(({ id }) => id));
        if (left.size > 0) gone(left);
      },
      // The link is lost: whoever answers next is asked from the beginning.
      () => undefined,
    );
  }
}

function isAway({ recovered, reachable }: EngineDialog): boolean {
  return recovered && !reachable;
}
