/** The thread of one shard: sockets, timer and messages around a {@link Shard}. */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { warmUpOpus } from '../audio/opus.ts';
import type { FromShard, ShardOptions, ToShard } from './messages.ts';
import { Shard } from './shard.ts';
import { openSecured } from './secured-socket.ts';
import { openLoopback, openPeer } from './sockets.ts';
import { Ticker } from './ticker.ts';

/** Packets before everything else on the machine. Linux gives each thread its own priority; not every user may raise it. */
try {
  setPriority(0, -10);
} catch {
  // Without the privilege the thread is as good as any other.
}

const port = parentPort;
if (port === null) throw new Error('this file is the start of a worker thread');

const now = (): number => performance.now();
const shard = new Shard(workerData as ShardOptions, {
  now,
  tell: (message: FromShard) => port.postMessage(message),
  open: (setup, take, takeControl, source) => {
    if (setup.secured === true) return openSecured(setup, take, source);
    return setup.kind === 'sip' ? openPeer(setup, take, takeControl) : openLoopback(setup.bind, take);
  },
});
// Before the first call wants it; a machine on which it cannot be loaded speaks the other codecs.
warmUpOpus().catch(() => undefined);
const ticker = new Ticker(() => shard.tick(), now);
// The clock of a thread that has had no call yet need not tick.
let ticks = false;
port.on('message', (message: ToShard) => {
  if (!ticks) ticker.start();
  ticks = true;
  shard.take(message);
  if (message.type !== 'stop') return;
  ticker.stop();
  port.close();
});
port.postMessage({ type: 'ready' } satisfies FromShard);
