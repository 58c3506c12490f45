import type { Address, Protocol } from '../transport/flow.ts';
import { metaProtocol } from '../transport/flow.ts';

/** What the meta block of the control protocol says about one SIP message. */
export interface MetaFacts {
  readonly source: 'network' | 'application';
  readonly bytes: number;
  readonly protocol: Protocol;
  readonly address: Address;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly transactionId: string;
}

/** `HH:MM:SS.uuuuuu` in UTC. */
export function metaTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 23)}000`;
}

/** `source|bytes|proto|address|port|time|txnId`. */
export function writeMeta(facts: MetaFacts): string {
  const { source, bytes, protocol, address, at, transactionId } = facts;
  return `${source}|${bytes}|${metaProtocol(protocol)}|${address.host}|${address.port}|${metaTime(at)}|${transactionId}`;
}
