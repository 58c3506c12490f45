/** The thread that writes recordings, so that no disk ever holds up a packet. */
import { parentPort, workerData } from 'node:worker_threads';
import { readKeys } from './keys.ts';
import { type FromRecorder, RecorderSession, type ToRecorder } from './session.ts';

/** How often rings are emptied: they hold twenty times as much. */
const drainEveryMs = 100;

const port = parentPort;
if (port === null) throw new Error('this file is the start of a worker thread');
const { directory, keys } = workerData as { readonly directory: string; readonly keys: string };
const ring = readKeys(keys);
if (!ring.ok) throw new Error(ring.error);

const tell = (message: FromRecorder): void => port.postMessage(message);
const session = new RecorderSession(directory, ring.value, () => Date.now(), tell);
const timer = setInterval(() => session.drain(), drainEveryMs);
port.on('message', (message: ToRecorder) => {
  session.take(message);
  if (message.type !== 'stop') return;
  clearInterval(timer);
  port.close();
});
