import { silentLogger } from '../../base/logger.ts';
import { Scope } from '../../base/scope.ts';
import type { EngineDialog, EngineMessage } from '../../protocol/engine-link.ts';
import { nextHopInDialog } from './agent/next-hop.ts';
import { bytesOf } from './capture/wire.ts';
import type { WireMessage } from './capture/wire.ts';
import { EngineCore } from './core.ts';
import type { Dialog } from './dialog/dialog.ts';
import { LinkServer } from './link/link-server.ts';
import type { LinkSource } from './link/link-server.ts';
import type { EngineOptions } from './options.ts';
import type { EngineSurroundings } from './surroundings.ts';
import { type Protocol, remoteOf } from './transport/flow.ts';

export { EngineError } from './errors.ts';
export { parseArguments } from './options.ts';
export type { EngineOptions } from './options.ts';
export type { EngineSurroundings } from './surroundings.ts';

/** The ports as they really are, in the order of `EngineOptions.listen`. */
export interface EnginePorts {
  readonly listen: readonly { readonly protocol: Protocol; readonly host: string; readonly port: number }[];
  readonly admin: number;
  readonly adminTls?: number;
  readonly link?: number;
}

/** What the engine holds and has seen; for metrics and leak tests. */
export interface EngineCounts {
  readonly dialogs: number;
  readonly serverTransactions: number;
  readonly clientTransactions: number;
  /** Requests apps have not answered yet, and requests of apps not answered yet. */
  readonly undecided: number;
  /** Requests being proxied, until both sides have forgotten them. */
  readonly proxied: number;
  readonly requests: number;
  readonly responses: number;
  readonly malformed: number;
  readonly answered400: number;
  readonly unmatched: number;
  /** Connections that stand, and the bytes that wait in memory for their peers to read. */
  readonly connections: number;
  readonly unsent: number;
  /** Messages dropped to protect the engine, in all. */
  readonly dropped: number;
}

/** A running engine. */
export interface Engine {
  readonly ports: EnginePorts;
  counts(): EngineCounts;
  /** Reads the certificate files again (they are watched as well); connections stay. False when they cannot be used. */
  reload(): boolean;
  /** Closes every port and forgets everything; idempotent. Peers are told nothing. */
  close(): Promise<void>;
}

function told(message: WireMessage): EngineMessage {
  const { at, direction, ends } = message;
  const { protocol: transport, remote, local } = ends;
  return { at, direction, transport, remote, local, bytes: bytesOf(message).toString('base64') };
}

function linkSource(core: EngineCore): LinkSource {
  const { dialogs, bindings } = core.context;
  const shown = (dialog: Dialog): EngineDialog => {
    const { id, state, role, tag, owner, since, recovered } = dialog;
    const reachable = nextHopInDialog(core.context, dialog).type !== 'unreachable';
    return { id, state, role, tag, parked: owner === undefined, recovered, reachable, since };
  };
  return {
    recovered: core.recovery?.count,
    forget: (texts) => core.forget(texts),
    journal: () => core.journal?.lastHealth,
    ladder: async (question) => (await core.capture.ladder(question)).map(told),
    protection: (most) => ({ dropped: core.guard.counts, sources: core.guard.limited(most) }),
    release: (source) => core.guard.release(source),
    trust: (networks, peers) => core.guard.trust.told(networks, peers),
    // One whose BYE waits for its app is listed still: the app must not take it for lost before it hears how it ended.
    dialogs: () => [...dialogs.values(), ...core.serverCalls.ending].map(shown),
    flows: () =>
      bindings.list().map(({ contact, flow, since }) => {
        return { contact, transport: flow.protocol, remote: remoteOf(flow), since };
      }),
  };
}

/** Starts an engine. Throws an EngineError (one clear line) when a port cannot be bound; nothing is left open then. */
export async function startEngine(options: EngineOptions, around: EngineSurroundings = {}): Promise<Engine> {
  const log = around.log ?? silentLogger;
  const core = new EngineCore(options, { ...around, log });
  const scope = new Scope();
  const admin = await core.start();
  scope.defer('engine', () => core.close());
  let linkPort: number | undefined;
  if (options.link !== undefined) {
    const link = new LinkServer(options.link, options.secret, linkSource(core), log, core.context.clock);
    try {
      linkPort = await link.start();
    } catch (error) {
      await scope.close();
      throw error;
    }
    scope.defer('engine link', () => link.close());
    core.flowLost.on((lost) => link.flowLost(lost));
    core.challenged.on((refresh) => link.refreshChallenged(refresh));
    core.journal?.health.on(() => link.journalChanged());
  }
  const listen = core.context.transport.listeners.map(({ protocol, address }) => ({ protocol, ...address }));
  return {
    ports: { listen, ...admin, ...(linkPort === undefined ? {} : { link: linkPort }) },
    counts: () => {
      const { server, client } = core.context.transactions.size;
      return {
        dialogs: core.context.dialogs.size,
        serverTransactions: server,
        clientTransactions: client,
        undecided: core.serverCalls.size + core.uac.open,
        proxied: core.proxies.size,
        ...core.reception.counts,
        connections: core.context.transport.watch.size,
        unsent: core.context.transport.watch.unsent,
        dropped: core.guard.total,
      };
    },
    reload: () => core.certificates.reload(),
    close: () => scope.close(),
  };
}
