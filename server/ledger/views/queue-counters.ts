import type { LedgerRow } from '../types.ts';
import { numberFact, textFact } from './facts.ts';

/** What happened in one queue since counting began. */
export interface QueueCount {
  readonly queued: number;
  readonly answered: number;
  readonly abandoned: number;
  /** Sum of the waits of all that were answered or abandoned. */
  readonly waitedMs: number;
}

export type QueueCounts = ReadonlyMap<string, QueueCount>;

const none: QueueCount = { queued: 0, answered: 0, abandoned: 0, waitedMs: 0 };

/** Counts a row. The queue of an answered call is the one it was queued in last, unless the row names it. */
export class QueueCounters {
  readonly #counts = new Map<string, QueueCount>();
  readonly #queueOfCall = new Map<string, string>();

  /** For `ledger.subscribe`. */
  readonly count = (row: LedgerRow): void => {
    const queue = textFact(row.facts, 'queue') ?? this.#queueOfCall.get(row.callId ?? '');
    if (row.type === 'call-ended') this.#queueOfCall.delete(row.callId ?? '');
    if (queue === undefined) return;
    const waitedMs = numberFact(row.facts, 'waitedMs') ?? 0;
    switch (row.type) {
      case 'queued':
        if (row.callId !== undefined) this.#queueOfCall.set(row.callId, queue);
        this.#add(queue, { queued: 1 });
        break;
      case 'answered':
        this.#add(queue, { answered: 1, waitedMs });
        break;
      case 'abandoned':
        this.#add(queue, { abandoned: 1, waitedMs });
        break;
      default:
    }
  };

  get counts(): QueueCounts {
    return this.#counts;
  }

  #add(queue: string, more: Partial<QueueCount>): void {
    const old = this.#counts.get(queue) ?? none;
    this.#counts.set(queue, {
      queued: old.queued + (more.queued ?? 0),
      answered: old.answered + (more.answered ?? 0),
      abandoned: old.abandoned + (more.abandoned ?? 0),
      waitedMs: old.waitedMs + (more.waitedMs ?? 0),
    });
  }
}
