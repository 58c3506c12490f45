import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { Scope } from '../base/scope.ts';
import type { MediaEvent } from '../protocol/media.ts';
import { Busyness, type BusyTime } from './busyness.ts';
import { Capacity, limitsOf } from './capacity.ts';
import { drained } from './drain.ts';
import { noEars, type Ears } from './ears/ports.ts';
import { Endpoints } from './endpoints.ts';
import { MediasoupWorkers } from './mediasoup/workers.ts';
import type { MediaNodeOptions } from './options.ts';
import { PortPool } from './port-pool.ts';
import { EventLog } from './rpc/event-log.ts';
import { Lease } from './rpc/lease.ts';
import { Recorder } from './recorder.ts';
import { RpcServer, type Verbs } from './rpc/server.ts';
import { ShardPool } from './shards/pool.ts';
import { Prompts } from './shards/prompts.ts';

/** Numbered events kept for a brain that is away. */
const keptEvents = 10_000;

/** A media node that is up. */
export interface MediaNode {
  readonly bootId: string;
  /** The port of the RPC, and the one of WebRTC. */
  readonly rpcPort: number;
  readonly webrtcPort: number;
  /** The process of the mediasoup worker, while there is one. */
  readonly workerPid: number | undefined;
  /** Takes no new calls, and resolves when the old are over, or after so long with what is left told as `drained`. */
  drain(limitMs: number): Promise<'empty' | 'ended'>;
  /** Closes every call, then everything else; idempotent. */
  close(): Promise<void>;
}

/** What may be given instead of the real thing. */
export interface MediaNodeParts {
  /** Absent: nobody listens. */
  readonly ears?: Ears;
  readonly clock?: Clock;
  /** When ports may be opened; absent: at once. Threads and the mediasoup worker are ready before. */
  readonly mayOpen?: Promise<void>;
}

/** Prompts made ready, in G.711: most callers hear them so. */
async function prepared(prompts: Prompts, files: readonly string[]): ReturnType<Verbs['prepare']> {
  const loaded = await Promise.all(files.map((file) => prompts.load(file, 'PCMU')));
  const failed = loaded.flatMap(({ path, reason }) => (reason === undefined ? [] : [{ file: path, reason }]));
  return { ok: true, value: { failed } };
}

async function startIn(
  scope: Scope,
  options: MediaNodeOptions,
  logger: Logger,
  { ears = noEars(), clock = systemClock, mayOpen }: MediaNodeParts,
): Promise<MediaNode> {
  const bootId = randomUUID();
  const log = new EventLog(keptEvents);
  const prompts = new Prompts(options.prompts);
  prompts.warmUp();
  scope.defer('prompts', () => prompts.close());
  const shards = new ShardPool({ rtpTimeoutMs: options.rtpTimeoutMs }, prompts, logger);
  scope.defer('shards', () => shards.stop());
  shards.start(options.shards);

  const { bind, advertise, webrtcPort: port, workerBin } = options;
  const workers = new MediasoupWorkers({ bind, advertise, port, workerBin }, logger);
  scope.defer('mediasoup', () => workers.close());
  scope.defer('ears', () => ears.close());
  const recorder = new Recorder(options.recordings, logger);
  scope.defer('recorder', () => recorder.close());
  workers.warmUp();
  recorder.warmUp();
  await mayOpen;
  await Promise.all([workers.start(), ears.start()]);

  const ports = new PortPool(options.rtpPorts);
  const limits = limitsOf(ports.free, options.mostEndpoints, options.mostBusy);
  const capacity: Capacity = new Capacity(limits, () => ({ freePorts: ports.free, endpoints: endpoints.size }));
  const endpoints: Endpoints = new Endpoints({
    sip: { shards, ports, bind, advertise, also: options.also, codecs: options.codecs },
    webrtc: { shards, workers, advertise },
    ears,
    recorder,
    lostEvents: () => log.dropped,
    bootId,
    mostEndpoints: options.mostEndpoints,
    reservedPorts: limits.reservedPorts,
    admits: () => capacity.full,
    logger,
  });
  scope.defer('endpoints', () => endpoints.closeAll());

  const lease = new Lease(options.leaseInSeconds, clock, () => {
    logger.warn({}, 'no brain came back in time: everything is closed');
    endpoints.closeAll('lease-expired');
  });
  scope.defer('lease', () => lease.hold());
  const { rpcHost, rpcPort, secret } = options;
  const rpc = new RpcServer(
    { host: rpcHost, port: rpcPort, secret, bootId },
    { verbs: { ...endpoints.verbs, prepare: ({ files }) => prepared(prompts, files) }, log, lease, logger },
  );
  const tell = (event: MediaEvent): void => rpc.emit(log.append(event, clock.now()));
  shards.events.on(tell);
  endpoints.events.on(tell);
  recorder.events.on(tell);
  ears.observations.on(tell);
  capacity.changed.on((full) => {
    logger.warn({ full }, full === null ? 'new calls are taken again' : 'new calls are refused');
    tell({ type: 'capacity-changed', full });
  });
  endpoints.changed.on(() => capacity.look());
  scope.defer('busyness', watchBusyness(capacity, shards, workers));
  ears.changed.on((state) => tell({ type: 'ears-changed', ears: [...state] }));
  tell({ type: 'ears-changed', ears: [...ears.state] });
  const listening = await rpc.start();
  scope.defer('rpc', () => rpc.close());

  return {
    bootId,
    rpcPort: listening,
    webrtcPort: workers.port,
    get workerPid() {
      return workers.pid;
    },
    drain: (limitMs) => {
      capacity.drain();
      const { changed } = endpoints;
      const parts = {
        open: () => endpoints.size,
        onClosed: changed.on.bind(changed),
        end: () => endpoints.tellDrained(),
      };
      return drained(parts, clock, limitMs);
    },
    close: () => scope.close(),
  };
}

/** How often it is looked at how busy the node is. */
const lookEveryMs = 1000;

/** Ours, through which requests, events and phones' pictures pass. */
function mainThread(): BusyTime {
  return { id: 'main', busyMs: performance.eventLoopUtilization().active, atMs: performance.now() };
}

/** Returns how to stop it. */
function watchBusyness(capacity: Capacity, shards: ShardPool, workers: MediasoupWorkers): () => void {
  const busyness = new Busyness();
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    // What cannot be measured is not counted; a worker that died under the question is told elsewhere.
    const busyWorkers = await workers.busyTimes().catch(() => []);
    looking = false;
    capacity.sampled(busyness.look([mainThread(), ...shards.busyTimes(), ...busyWorkers]));
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Starts a media node and resolves when it takes requests. Rejects, with everything closed again, if a port is taken or
 * the mediasoup worker cannot be started.
 */
export async function startMediaNode(
  options: MediaNodeOptions,
  logger: Logger,
  parts: MediaNodeParts = {},
): Promise<MediaNode> {
  const scope = new Scope();
  try {
    return await startIn(scope, options, logger, parts);
  } catch (error) {
    await scope.close();
    throw error;
  }
}
