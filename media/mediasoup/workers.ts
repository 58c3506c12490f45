import { setPriority } from 'node:os';
import { createWorker, setLogEventListeners, type types } from 'mediasoup';
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { RestartPolicy } from '../../base/supervisor.ts';
import type { CryptoSuite } from '../sdp/index.ts';
import { SecuredTermination, type SecuredPorts } from './secured.ts';
import { PhoneTermination } from './phone-picture.ts';
import { routerCodecs, Termination } from './termination.ts';

const bufferBytes = 4 << 20;

/** Where WebRTC comes in. */
export interface WorkerOptions {
  /** Address to listen on, and the one browsers are told. */
  readonly bind: string;
  readonly advertise: string;
  /** One port, UDP and TCP, for all browsers; 0 lets the system choose. */
  readonly port: number;
  /** The worker program; absent: mediasoup's own. */
  readonly workerBin: string | undefined;
}

/** How long a browser's call waits for a new worker. */
const patienceMs = 3000;

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, patienceMs).unref());
}

/** Packets before everything else on the machine, where we may say so. */
function favour(pid: number): void {
  try {
    setPriority(pid, -10);
  } catch {
    // Without the privilege the worker is as good as any other process.
  }
}

interface Running {
  readonly worker: types.Worker;
  readonly router: types.Router;
  readonly server: types.WebRtcServer;
  readonly terminations: Set<Termination | SecuredTermination | PhoneTermination>;
}

/** The mediasoup worker process with its one WebRTC port. A worker that dies is replaced; only its terminations are lost. */
export class MediasoupWorkers {
  readonly #options: WorkerOptions;
  readonly #logger: Logger;
  readonly #restarts = new RestartPolicy(systemClock);
  #running: Running | undefined;
  #next: Promise<types.Worker> | undefined;
  #starting: Promise<void> | undefined;
  #port: number;
  #closed = false;

  constructor(options: WorkerOptions, logger: Logger) {
    this.#options = options;
    this.#port = options.port;
    this.#logger = logger;
    setLogEventListeners({
      onwarn: (namespace, log) => logger.debug({ namespace, log }, 'mediasoup warns'),
      onerror: (namespace, log, err) => logger.warn({ namespace, log, err }, 'mediasoup reports an error'),
    });
  }

  /** Starts the process of the worker, which opens no port yet. What goes wrong is told by `start`. */
  warmUp(): void {
    this.#next = this.#create();
    this.#next.catch(() => undefined);
  }

  /** Starts the worker; rejects if its program is missing or the port is taken. */
  async start(): Promise<void> {
    this.#running = await this.#spawn();
  }

  /** The WebRTC port. */
  get port(): number {
    return this.#port;
  }

  /** The process id of the worker, for tests that kill it. */
  get pid(): number | undefined {
    return this.#running?.worker.pid;
  }

  /** For how long the worker process has been busy since its start; nothing while there is none. Rejects if it dies meanwhile. */
  async busyTimes(): Promise<{ readonly id: string; readonly busyMs: number; readonly atMs: number }[]> {
    const worker = this.#running?.worker;
    if (worker === undefined) return [];
    const { ru_utime: user, ru_stime: system } = await worker.getResourceUsage();
    return [{ id: `worker ${String(worker.pid)}`, busyMs: user + system, atMs: performance.now() }];
  }

  /** A new termination whose plain side sends to `edgePort`. Rejects while no worker can be started. */
  async open(edgePort: number): Promise<Termination> {
    await Promise.race([this.#starting, patience()]);
    const running = this.#running;
    if (running === undefined) throw new Error('no mediasoup worker is running');
    const termination = await Termination.open(running.router, running.server, edgePort);
    running.terminations.add(termination);
    return termination;
  }

  /** A new termination of SRTP between these ports of the edge. Rejects while no worker can be started. */
  async openSecured(edge: SecuredPorts, suite: CryptoSuite): Promise<SecuredTermination> {
    await Promise.race([this.#starting, patience()]);
    const running = this.#running;
    if (running === undefined) throw new Error('no mediasoup worker is running');
    const termination = await SecuredTermination.open(running.router, edge, suite);
    running.terminations.add(termination);
    return termination;
  }

  /** The same for the picture of a SIP phone, which comes from `edgePort` under `ssrc`. */
  async openPhone(edgePort: number, ssrc: number): Promise<PhoneTermination> {
    await Promise.race([this.#starting, patience()]);
    const running = this.#running;
    if (running === undefined) throw new Error('no mediasoup worker is running');
    const termination = await PhoneTermination.open(running.router, edgePort, ssrc);
    running.terminations.add(termination);
    return termination;
  }

  /** Closes a termination. */
  shut(termination: Termination | SecuredTermination | PhoneTermination): void {
    this.#running?.terminations.delete(termination);
    termination.close();
  }

  close(): void {
    this.#closed = true;
    this.#running?.worker.close();
    this.#running = undefined;
    void this.#next?.then((worker) => worker.close()).catch(() => undefined);
  }

  #create(): Promise<types.Worker> {
    const { workerBin } = this.#options;
    return createWorker({ logLevel: 'warn', ...(workerBin === undefined ? {} : { workerBin }) });
  }

  /** The process that was started beforehand, unless it died while it waited. */
  async #take(): Promise<types.Worker> {
    const next = this.#next;
    this.#next = undefined;
    const waiting = await next;
    return waiting === undefined || waiting.closed ? this.#create() : waiting;
  }

  async #spawn(): Promise<Running> {
    const { bind, advertise } = this.#options;
    const worker = await this.#take();
    favour(worker.pid);
    try {
      const listen = {
        ip: bind,
        announcedAddress: advertise,
        recvBufferSize: bufferBytes,
        sendBufferSize: bufferBytes,
      };
      const server = await this.#listen(worker, listen);
      const router = await worker.createRouter({ mediaCodecs: routerCodecs });
      const running: Running = { worker, router, server, terminations: new Set() };
      worker.on('died', (err) => this.#died(running, err));
      return running;
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  /** UDP and TCP on one number: with 0 the number that UDP got is taken for TCP, and another if that is in use. */
  async #listen(
    worker: types.Worker,
    listen: Omit<types.TransportListenInfo, 'protocol'>,
  ): Promise<types.WebRtcServer> {
    const port = this.#port;
    const server = await worker.createWebRtcServer({
      listenInfos: [
        { ...listen, protocol: 'udp', port },
        { ...listen, protocol: 'tcp', port },
      ],
    });
    if (port === 0) {
      const { udpSockets } = await server.dump();
      this.#port = udpSockets[0]?.port ?? 0;
    }
    return server;
  }

  #died(dead: Running, err: unknown): void {
    this.#running = undefined;
    this.#logger.error({ err, endpoints: dead.terminations.size }, 'a mediasoup worker died');
    this.#starting = this.#restart();
    for (const termination of dead.terminations) termination.lose('worker-died');
  }

  /** Keeps trying, ever more slowly: without a worker phones still work, and browsers come back when it does. */
  async #restart(): Promise<void> {
    while (!this.#closed && this.#running === undefined) {
      const verdict = this.#restarts.died();
      const delayMs = verdict.type === 'restart' ? verdict.delayMs : 10_000;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      try {
        const running = await this.#spawn();
        if (this.#closed) running.worker.close();
        else this.#running = running;
      } catch (err) {
        this.#logger.error({ err }, 'the mediasoup worker cannot be started');
      }
    }
  }
}
