/** The thread that writes recordings, so that no disk ever holds up a packet. */
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { readKeys } from './keys.ts';
import { type FromRecorder, RecorderSession, type ToRecorder } from './session.ts';

/** How often rings are emptied: they hold twenty times as much. */
const drainEveryMs = 100;
/** While the disk holds this thread up, so much of all pictures waits in the system (2 s of 15 pictures). */
const bufferBytes = 4 << 20;

const port = parentPort;
if (port === null) throw new Error('this file is the start of a worker thread');
const { directory, keys } = workerData as { readonly directory: string; readonly keys: string };
const ring = readKeys(keys);
if (!ring.ok) throw new Error(ring.error);

const tell = (message: FromRecorder): void => port.postMessage(message);
const session = new RecorderSession(directory, ring.value, () => Date.now(), tell);
// Pictures come from mediasoup on loopback, packet by packet: they pass no other thread.
const pictures = createSocket({ type: 'udp4', recvBufferSize: bufferBytes });
pictures.on('message', (bytes, { port: from }) => session.packet(from, bytes));
pictures.on('error', () => undefined);
pictures.bind(0, '127.0.0.1', () => tell({ type: 'listening', port: pictures.address().port }));
const timer = setInterval(() => session.drain(), drainEveryMs);
port.on('message', (message: ToRecorder) => {
  session.take(message);
  if (message.type !== 'stop') return;
  clearInterval(timer);
  pictures.close();
  port.close();
});
