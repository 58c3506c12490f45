import { networkInterfaces } from 'node:os';
import { isIPv6 } from 'node:net';
import type { ReadMessage } from '../parser/message.ts';
import type { ParseError } from '../parser/parse.ts';
import type { Address, Flow, Protocol } from './flow.ts';

/** Where to listen, and the host that peers are told. */
export interface ListenPlace {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly advertise: string | undefined;
}

/** What a listener tells the engine. */
export interface TransportEvents {
  /** A whole datagram or WebSocket message, not parsed. */
  datagram(bytes: Buffer, flow: Flow): void;
  /** A message cut from a stream. */
  message(read: ReadMessage, flow: Flow): void;
  malformed(error: ParseError, flow: Flow): void;
  opened(flow: Flow): void;
  closed(flow: Flow): void;
}

/** A bound socket. */
export interface Listener {
  readonly protocol: Protocol;
  /** The bound address; port is the real one after `start()`. */
  readonly address: Address;
  start(): Promise<void>;
  close(): Promise<void>;
}

const wildcards = new Set(['0.0.0.0', '::']);

function ownAddress(v6: boolean): string | undefined {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const entry of addresses ?? []) {
      if (!entry.internal && (entry.family === 'IPv6') === v6) return entry.address;
    }
  }
  return undefined;
}

/** The host to write into Via and Contact: what was advertised, else the bound one, else one of this machine's own. */
export function visibleHost(place: ListenPlace, bound: string, remote: string): string {
  if (place.advertise !== undefined) return place.advertise;
  if (!wildcards.has(bound)) return bound;
  if (remote.startsWith('127.')) return '127.0.0.1';
  return ownAddress(isIPv6(bound) && isIPv6(remote)) ?? '127.0.0.1';
}
