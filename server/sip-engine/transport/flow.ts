/** The transports we speak. */
export type Protocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** An address as it is on the wire: IP text (or a name that was not resolved) and port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * One path to a peer, RFC 5626: a connection, or for UDP a socket with a remote address. Sending never throws;
 * a failure is told to `failed` (when the peer cannot be reached) and later by the transport's `closed` signal.
 */
export interface Flow {
  readonly protocol: Protocol;
  readonly reliable: boolean;
  readonly remote: Address;
  /** Our end as peers should see it: the advertised host and the port of the listener that answers there. */
  readonly local: Address;
  readonly open: boolean;
  send(bytes: Buffer, failed?: (reason: string) => void): void;
  close(): void;
  /** The same path to another place; only UDP has it. */
  to?(remote: Address): Flow;
}

/** `udp/127.0.0.1:5060`, for logs and for the authentication reply. */
export function flowText(protocol: Protocol, address: Address): string {
  return `${protocol}/${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** A connection closed over which these contacts were registered. `at`: ms; `remote`: `host:port`. */
export interface FlowLost {
  readonly at: number;
  readonly contacts: string[];
  readonly remote: string;
}

/** Where a flow leads, as `host:port`. */
export function remoteOf({ remote: { host, port } }: Flow): string {
  return `${host}:${port}`;
}

/** The name drachtio's protocol has for it: WebSockets show as `tcp`. */
export function metaProtocol(protocol: Protocol): 'udp' | 'tcp' | 'tls' {
  if (protocol === 'udp' || protocol === 'tls') return protocol;
  return 'tcp';
}

/** True for transports of which a connection is made by either side; WebSockets are only ever opened by the peer. */
export function isStream(protocol: Protocol): protocol is 'tcp' | 'tls' {
  return protocol === 'tcp' || protocol === 'tls';
}

/** The port a protocol has where none is named, RFC 3261 section 19.1.2. */
export function defaultPort(protocol: Protocol): number {
  return protocol === 'tls' || protocol === 'wss' ? 5061 : 5060;
}
