import { randomBytes } from 'node:crypto';
import { parseNameAddr } from '../parser/name-addr.ts';
import { parseSipUri } from '../parser/uri.ts';
import type { Flow } from '../transport/flow.ts';

/**
 * Names for connections that a URI cannot lead to, such as a browser's WebSocket: they stand as user part in our
 * Record-Route and Path, and bring requests back to the connection (RFC 5626 section 5.2). Unguessable, gone with the
 * connection.
 */
export class FlowTokens {
  readonly #flows = new Map<string, Flow>();
  readonly #tokens = new Map<Flow, string>();

  /**
   * The token of a connection; undefined for one that a URI can lead to. `contactHost` is what its peer says of itself:
   * another host than it sends from means that it is behind a NAT.
   */
  of(flow: Flow, contactHost?: string): string | undefined {
    if (!flow.reliable) return undefined;
    const browser = flow.protocol === 'ws' || flow.protocol === 'wss';
    if (!browser && (contactHost === undefined || contactHost === flow.remote.host)) return undefined;
    const known = this.#tokens.get(flow);
    if (known !== undefined) return known;
    const token = randomBytes(9).toString('hex');
    this.#flows.set(token, flow);
    this.#tokens.set(flow, token);
    return token;
  }

  /** The open connection that one of our own route values names. */
  find(route: string | undefined): Flow | undefined {
    if (route === undefined || this.#flows.size === 0) return undefined;
    const user = parseSipUri(parseNameAddr(route)?.uri ?? route)?.user;
    const flow = user === undefined ? undefined : this.#flows.get(user);
    return flow?.open === true ? flow : undefined;
  }

  /** A connection closed. */
  lost(flow: Flow): void {
    const token = this.#tokens.get(flow);
    if (token === undefined) return;
    this.#tokens.delete(flow);
    this.#flows.delete(token);
  }
}
