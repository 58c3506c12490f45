/** A recorder thread that dies of recordings called `deadly`, of those called `once` the first time, and finishes the others. */
import { parentPort } from 'node:worker_threads';
import type { FromRecorder, ToRecorder } from '../../media/recording/session.ts';

/** The ring is shared with the next thread: it remembers the first time. */
function survive(recordingId: string, memory: SharedArrayBuffer): void {
  const bytes = new Uint8Array(memory);
  const before = bytes.at(-1);
  bytes[bytes.length - 1] = 1;
  if (recordingId === 'deadly' || (recordingId === 'once' && before === 0)) throw new Error('this recorder dies');
}

parentPort?.on('message', (message: ToRecorder) => {
  if (message.type === 'stop') parentPort?.close();
  if (message.type === 'open') survive(message.recordingId, message.memory);
  if (message.type !== 'close') return;
  const { recordingId } = message;
  const finished = { recordingId, callId: 'c', lengthMs: 0, bytes: 0, hash: '', keyId: '', dropped: 0, pictures: [] };
  parentPort?.postMessage({ type: 'ended', ...finished, reason: 'ended' } satisfies FromRecorder);
});
