import { Worker } from 'node:worker_threads';
import type { WriterSettings } from './thread-messages.ts';

/** Starts the writer in a thread of its own. */
export function startWriterThread(settings: WriterSettings): Worker {
  return new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: settings, name: 'ledger' });
}
