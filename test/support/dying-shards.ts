/** The audio shards (worker threads) of a media node in another process, made to die of an error nobody catches, by Node's own inspector. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { z } from 'zod';

/** What the media node's process is to be started with: any free port for the inspector, which it opens when it gets SIGUSR1. */
export const inspectable = { NODE_OPTIONS: '--inspect-port=0' } as const;

const attached = z.object({
  method: z.literal('NodeWorker.attachedToWorker'),
  params: z.object({ sessionId: z.string(), workerInfo: z.object({ url: z.string() }) }),
});
const told = z.object({ method: z.string().optional(), id: z.number().optional() });

/** Kills every shard of the media node behind this address of an inspector (`ws://...`). Resolves with how many there were. */
export async function killShards(inspector: string): Promise<number> {
  const socket = new WebSocket(inspector);
  await once(socket, 'open');
  const shards: string[] = [];
  const listed = new Promise<void>((resolve) => {
    socket.on('message', (bytes: Buffer) => {
      const message: unknown = JSON.parse(bytes.toString());
      const thread = attached.safeParse(message);
      if (thread.success && thread.data.params.workerInfo.url.endsWith('/shards/worker.ts'))
        shards.push(thread.data.params.sessionId);
      // The threads there are were told before the answer.
      if (told.parse(message).id === 1) resolve();
    });
  });
  socket.send(JSON.stringify({ id: 1, method: 'NodeWorker.enable', params: { waitForDebuggerOnStart: false } }));
  await listed;
  const expression = "setTimeout(() => { throw new Error('killed by a test'); }, 0)";
  const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
  for (const sessionId of shards)
    socket.send(JSON.stringify({ id: 2, method: 'NodeWorker.sendMessageToWorker', params: { sessionId, message } }));
  return new Promise((resolve) => {
    let left = shards.length;
    socket.on('message', (bytes: Buffer) => {
      const { method } = told.parse(JSON.parse(bytes.toString()));
      if (method === 'NodeWorker.detachedFromWorker' && --left === 0) {
        socket.terminate();
        resolve(shards.length);
      }
    });
  });
}
