/** A media node for tests: in this process, on free ports, with a client that is connected. */
import { silentLogger } from '../../base/logger.ts';
import type { MediaEvent } from '../../protocol/media.ts';
import {
  defaultOptions,
  startMediaNode,
  type MediaNode,
  type MediaNodeOptions,
  type MediaNodeParts,
} from '../../media/index.ts';
import { MediaClient } from '../../server/media-client.ts';

export const testSecret = 'test-secret';

export interface NodeUnderTest {
  readonly node: MediaNode;
  readonly client: MediaClient;
  /** Every event so far. */
  readonly events: MediaEvent[];
  /** Resolves with the first event, past or to come, that `matches`. */
  event<T extends MediaEvent['type']>(
    type: T,
    matches?: (event: Extract<MediaEvent, { type: T }>) => boolean,
  ): Promise<Extract<MediaEvent, { type: T }>>;
  close(): Promise<void>;
}

/** Starts a node and connects brain `brain` with epoch 1. */
export async function startNode(
  options: Partial<MediaNodeOptions> = {},
  parts: MediaNodeParts = {},
): Promise<NodeUnderTest> {
  const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
  const node = await startMediaNode(
    {
      ...defaultOptions,
      rpcPort: 0,
      webrtcPort: 0,
      shards: 1,
      secret: testSecret,
      // Whatever else this machine is busy with.
      mostBusy: 1,
      // Each test file has its own stretch, so that files that run side by side seldom meet.
      rtpPorts: { first: 20_000 + (process.pid % 400) * 50, last: 20_000 + (process.pid % 400) * 50 + 400 },
      ...(workerBin === undefined ? {} : { workerBin }),
      ...options,
    },
    silentLogger,
    parts,
  );
  const client = new MediaClient(
    { host: '127.0.0.1', port: node.rpcPort, secret: testSecret, brain: 'brain', epoch: 1, retryMs: 20 },
    silentLogger,
  );
  const events: MediaEvent[] = [];
  client.onEvent((event) => events.push(event));
  await client.connect();
  return {
    node,
    client,
    events,
    event(type, matches = () => true) {
      type Wanted = Extract<MediaEvent, { type: typeof type }>;
      const fits = (event: MediaEvent): event is Wanted => event.type === type && matches(event as Wanted);
      const known = events.find(fits);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve) => {
        const cancel = client.onEvent((event) => {
          if (!fits(event)) return;
          cancel();
          resolve(event);
        });
      });
    },
    async close() {
      client.close();
      await node.close();
    },
  };
}
