import { afterAll, afterEach, beforeAll } from 'vitest';
import { startEngine } from '../../../server/sip-engine/index.ts';
import type { Engine, EngineOptions, EngineSurroundings } from '../../../server/sip-engine/index.ts';
import { connectApp } from './srf.ts';
import type { App, Srf } from './srf.ts';
import { tcpPeer, tcpServerPeer, udpPeer, webSocketPeer } from './raw-peer.ts';
import type { RawPeer } from './raw-peer.ts';

/** The drachtio server under test: our engine in this process, or a stock one named by `JACKFIELD_DRACHTIO`. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly udp: number;
  readonly tcp: number;
}

/** `JACKFIELD_DRACHTIO=host:port,secret`: run the suite against a drachtio-server that listens on 127.0.0.1:5060 udp and tcp. */
const stock = process.env['JACKFIELD_DRACHTIO'];
/** False against a stock server: parking, flows, engine link and short timers exist in the embedded engine only. */
export const embedded = stock === undefined;

/** Timers ten times faster than RFC 3261's. */
export const fastTimers = { t1: 50, t2: 400, t4: 100, d: 200 } as const;

const secret = 'contract-secret';

/** Starts an engine on free loopback ports. */
export function startTestEngine(
  options: Partial<EngineOptions> = {},
  around: EngineSurroundings = {},
): Promise<Engine> {
  const place = (protocol: 'udp' | 'tcp' | 'ws') => ({ protocol, host: '127.0.0.1', port: 0 });
  const usual = {
    listen: [place('udp'), place('tcp'), place('ws')],
    admin: { host: '127.0.0.1', port: 0 },
    link: { host: '127.0.0.1', port: 0 },
    secret,
    timers: fastTimers,
  };
  return startEngine({ ...usual, ...options }, around);
}

/** The port of the first listener of that kind. */
export function portOf(engine: Pick<Engine, 'ports'>, protocol: string): number {
  const found = engine.ports.listen.find((place) => place.protocol === protocol);
  if (found === undefined) throw new Error(`the engine has no ${protocol} listener`);
  return found.port;
}

/** What a test file works with; everything made through it is closed after each test. */
export interface Bench {
  /** The engine; throws against a stock server. */
  readonly engine: Engine;
  readonly target: Target;
  app(options?: Parameters<typeof connectApp>[1]): Promise<App>;
  /** An app that routes the methods named by the `prepare` calls. */
  appWith(prepare: (srf: Srf) => void, tags?: string[]): Promise<App>;
  udp(): Promise<RawPeer>;
  tcp(): Promise<Awaited<ReturnType<typeof tcpPeer>>>;
  tcpServer(): Promise<RawPeer>;
  ws(user?: string): Promise<Awaited<ReturnType<typeof webSocketPeer>>>;
  later(close: () => void | Promise<void>): void;
}

function stockTarget(text: string): Target {
  const [place = '', word = ''] = text.split(',');
  const [host = '', port = ''] = place.split(':');
  return { host, port: Number(port), secret: word, udp: 5060, tcp: 5060 };
}

/** Gives a test file its engine (started once, or the stock server) and closes what its tests open. */
export function useBench(options: Partial<EngineOptions> = {}, around: EngineSurroundings = {}): Bench {
  let engine: Engine | undefined;
  let target: Target | undefined = stock === undefined ? undefined : stockTarget(stock);
  const closers: (() => void | Promise<void>)[] = [];
  beforeAll(async () => {
    if (stock !== undefined) return;
    engine = await startTestEngine(options, around);
    const { admin } = engine.ports;
    target = { host: '127.0.0.1', port: admin, secret, udp: portOf(engine, 'udp'), tcp: portOf(engine, 'tcp') };
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(() => engine?.close());
  const keep = <T extends { close(): Promise<void> }>(peer: T): T => {
    closers.push(() => peer.close());
    return peer;
  };
  const bench: Bench = {
    get engine() {
      if (engine === undefined) throw new Error('there is no embedded engine here');
      return engine;
    },
    get target() {
      if (target === undefined) throw new Error('the engine is not started yet');
      return target;
    },
    async app(appOptions) {
      const app = await connectApp(bench.target, appOptions);
      closers.push(() => app.disconnect());
      return app;
    },
    appWith: (prepare, tags) => bench.app({ prepare, ...(tags ? { tags } : {}) }),
    udp: async () => keep(await udpPeer()),
    tcp: async () => keep(await tcpPeer(bench.target.tcp)),
    tcpServer: async () => keep(await tcpServerPeer()),
    ws: async (user) => keep(await webSocketPeer(`ws://127.0.0.1:${portOf(bench.engine, 'ws')}`, user)),
    later: (close) => closers.push(close),
  };
  return bench;
}
