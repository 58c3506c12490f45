import type { BlockList } from 'node:net';
import type { Wire } from '../capture/wire.ts';
import type { ReadMessage } from '../parser/message.ts';
import type { ParseError } from '../parser/parse.ts';
import type { Address, Flow, Protocol } from './flow.ts';
import type { Connection } from './idle-watch.ts';
import type { Advertised } from './local-address.ts';

/** Where to listen, and the host that peers are told. */
export interface ListenPlace {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  /** What peers are told instead of the bound address. */
  readonly advertise: Advertised | undefined;
  /** Networks whose hosts are told the bound address all the same. */
  readonly near?: BlockList | undefined;
}

/** What a listener tells the engine. */
export interface TransportEvents {
  /** Sees what comes, before anything else does, and what goes. */
  readonly wire: Wire;
  /** Whether a datagram or WebSocket message is looked at any further; asked before anything else is done for it. */
  admits(bytes: Buffer, from: Address, reliable?: boolean): boolean;
  /** A whole datagram or WebSocket message, not parsed. */
  datagram(bytes: Buffer, flow: Flow): void;
  /** A message cut from a stream. */
  message(read: ReadMessage, flow: Flow): void;
  malformed(error: ParseError, flow: Flow): void;
  opened(connection: Connection): void;
  closed(flow: Flow): void;
}

/** A bound socket. */
export interface Listener {
  readonly protocol: Protocol;
  /** The bound address; port is the real one after `start()`. */
  readonly address: Address;
  /** What peers in general are told. */
  readonly visible: Address;
  start(): Promise<void>;
  close(): Promise<void>;
}
