import { limits } from './parser/parse.ts';
import type { ParseLimits } from './parser/parse.ts';
import { defaultBacklog } from './transport/stream-flow.ts';
import type { Backlog } from './transport/stream-flow.ts';

/** How much peers may ask of the engine. Bytes, but for the counts. */
export interface EngineLimits {
  /** One message over TCP, TLS or WebSocket; a datagram has 64 kB in any case. */
  readonly message: number;
  /** Start line and headers of one message. */
  readonly head: number;
  /** Header lines of one message. */
  readonly headers: number;
  /** What waits for one peer that does not read; beyond that its connection is cut. */
  readonly backlog: number;
  /** Connections of one listener. */
  readonly connections: number;
  /** A request larger than this goes by TCP where UDP was meant, if the peer takes it (RFC 3261 section 18.1.1). 0: never. */
  readonly udpRequest: number;
}

export const defaultLimits: EngineLimits = {
  message: limits.stream,
  head: limits.head,
  headers: limits.headers,
  backlog: defaultBacklog.cutAt,
  connections: 20_000,
  udpRequest: 1300,
};

/** What the parser needs of them. */
export function parseLimits(all: EngineLimits): ParseLimits {
  const { message, head, headers } = all;
  return { stream: message, datagram: Math.min(message, limits.datagram), head, headers };
}

/** What connections need of them: reading from a peer stops long before it is cut off. */
export function backlogOf(all: EngineLimits): Backlog {
  return { pauseAt: Math.min(defaultBacklog.pauseAt, all.backlog / 2), cutAt: all.backlog };
}
