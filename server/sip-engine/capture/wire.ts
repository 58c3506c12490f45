import type { Address, Protocol } from '../transport/flow.ts';

/** Which way a message went, seen from the engine. */
export type Direction = 'in' | 'out';

/** The two ends of a path. */
export interface Ends {
  readonly protocol: Protocol;
  readonly remote: Address;
  readonly local: Address;
}

/** Is shown every message as it is on the wire, in parts that are not changed later. Must return at once. */
export type Wire = (direction: Direction, ends: Ends, ...parts: readonly Buffer[]) => void;

/** A message as it was on the wire. */
export interface WireMessage {
  /** Milliseconds since the epoch, to the microsecond. */
  readonly at: number;
  readonly direction: Direction;
  readonly ends: Ends;
  readonly parts: readonly Buffer[];
}

/** The whole message. */
export function bytesOf({ parts }: WireMessage): Buffer {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}
