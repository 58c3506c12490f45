import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { JournalDisk } from './journal/disk.ts';

/** What is around an engine: a program gives it the means, a test something in their place. */
export interface EngineSurroundings {
  readonly clock?: Clock;
  readonly log?: Logger;
  /** Where the journal lies, instead of `EngineOptions.journal`. */
  readonly journal?: JournalDisk;
  /** Gives memory back to the system; called after a flood. */
  readonly giveBack?: () => void;
}
