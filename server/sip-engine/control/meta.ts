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

/** The second that was written last: thousands of messages share one. */
let second = -1;
let secondText = '';

/** `HH:MM:SS.uuuuuu` in UTC. */
export function metaTime(at: number): string {
  const whole = Math.floor(at / 1000);
  if (whole !== second) {
    second = whole;
    secondText = new Date(whole * 1000).toISOString().slice(11, 20);
  }
  const ms = Math.floor(at - whole * 1000);
  return `${secondText}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}000`;
}

/** `source|bytes|proto|address|port|time|txnId`. */
export function writeMeta(facts: MetaFacts): string {
  const { source, bytes, protocol, address, at, transactionId } = facts;
  return `${source}|${bytes}|${metaProtocol(protocol)}|${address.host}|${address.port}|${metaTime(at)}|${transactionId}`;
}
