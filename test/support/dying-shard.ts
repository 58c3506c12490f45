/** A shard thread that answers the first `open` and dies at the second. */
import { parentPort } from 'node:worker_threads';
import type { FromShard, ToShard } from '../../media/shards/messages.ts';

let opened = 0;
parentPort?.on('message', (message: ToShard) => {
  if (message.type === 'stop') parentPort?.close();
  if (message.type !== 'open') return;
  if (opened++ > 0) throw new Error('this shard dies');
  parentPort?.postMessage({ type: 'opened', request: message.request, port: 1 } satisfies FromShard);
});
