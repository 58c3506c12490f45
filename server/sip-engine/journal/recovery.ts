import type { Logger } from '../../../base/logger.ts';
import type { JournalRing } from '../../../protocol/engine-journal.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { Destination } from '../transport/transport-layer.ts';
import type { Flow } from '../transport/flow.ts';
import { dialogOf } from './entry.ts';
import type { JournalContent } from './lines.ts';

/** Brings back the dialogs of the engine that died before this one. */
export class Recovery {
  /** How many there were. */
  readonly count: number;
  /** INVITEs nobody had decided. */
  readonly rings: readonly JournalRing[];
  readonly #log: Logger;
  #dialogs: readonly Dialog[];
  #unsure = true;

  constructor(content: JournalContent, log: Logger) {
    this.#log = log;
    this.#dialogs = content.dialogs.map(dialogOf);
    this.rings = content.rings;
    this.count = this.#dialogs.length;
  }

  /** True until it is certain that nobody knows of more calls than are here: requests in others are put off till then. */
  get unsure(): boolean {
    return this.#unsure;
  }

  /** An app came back, or the time for it is over. */
  settled(): void {
    this.#unsure = false;
  }

  /** Before a port is bound, so that the first request finds its dialog: `park` puts each under its tag, its lease running. */
  takeUp(park: (dialog: Dialog) => void): void {
    for (const dialog of this.#dialogs) park(dialog);
    if (this.count > 0) this.#log.warn({ dialogs: this.count }, 'calls of before were taken up again');
  }

  /** Ports are bound: peers behind UDP are reached where they were. Connections are gone until their peers come back. */
  reach(flowTo: (destination: Destination) => Flow | undefined): void {
    for (const dialog of this.#dialogs) {
      const { protocol, open, remote } = dialog.flow;
      if (open || protocol !== 'udp') continue;
      dialog.flow = flowTo({ protocol, ...remote }) ?? dialog.flow;
    }
    this.#dialogs = [];
  }
}
