import { networkInterfaces } from 'node:os';
import { parseNameAddr } from '../parser/name-addr.ts';
import { parseSipUri, writeHost } from '../parser/uri.ts';
import type { Flow, Protocol } from '../transport/flow.ts';
import type { Listener } from '../transport/listener.ts';
import { isLoopback, isWildcard } from '../transport/local-address.ts';

/** Answers remembered by text: the same few Route values come with every request. */
const mostRemembered = 2000;

function interfaceHosts(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}

/** Knows which URIs name this engine. Listeners must be bound before the first question. */
export class OwnPlaces {
  readonly #listeners: () => readonly Listener[];
  readonly #remembered = new Map<string, boolean>();
  #places: Set<string> | undefined;

  constructor(listeners: () => readonly Listener[]) {
    this.#listeners = listeners;
  }

  /** True when a SIP URI, or a name-addr with one, is one of our own listeners; its user part does not matter. */
  has(text: string): boolean {
    const known = this.#remembered.get(text);
    if (known !== undefined) return known;
    const found = this.#lookUp(parseNameAddr(text)?.uri ?? text);
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
    this.#remembered.set(text, found);
    return found;
  }

  /** True when a host and port as they stand in a Via are ours. */
  isSentBy(host: string, port: number | undefined): boolean {
    return this.#all().has(`${host} ${String(port ?? 5060)}`);
  }

  #lookUp(text: string): boolean {
    const uri = parseSipUri(text);
    if (uri === undefined) return false;
    const given = uri.parameters.get('transport')?.toLowerCase();
    const secure = uri.scheme === 'sips' || given === 'tls';
    const port = uri.port ?? (secure ? 5061 : 5060);
    const protocol = given ?? (uri.scheme === 'sips' ? 'tls' : '');
    return this.#all().has(`${protocol === '' ? '' : `${protocol} `}${uri.host} ${String(port)}`);
  }

  /** Every `host port` and `protocol host port` of ours. A port is compared too: another program may have the next one. */
  #all(): ReadonlySet<string> {
    if (this.#places !== undefined) return this.#places;
    const places = new Set<string>();
    const add = (protocol: Protocol, host: string, port: number): void => {
      places.add(`${host} ${String(port)}`).add(`${protocol} ${host} ${String(port)}`);
    };
    for (const { protocol, address, visible } of this.#listeners()) {
      const hosts = isWildcard(address.host) ? [...interfaceHosts(), 'localhost'] : [address.host];
      if (isLoopback(address.host)) hosts.push('localhost');
      for (const host of hosts) add(protocol, host, address.port);
      add(protocol, visible.host.toLowerCase(), visible.port);
    }
    this.#places = places;
    return places;
  }
}

/**
 * Our URI as it stands in Record-Route and Path, RFC 3261 section 16.6 step 4. `user` names a connection (RFC 5626),
 * `more` are further parameters.
 */
export function routeUri(flow: Flow, secure: boolean, user?: string, more = ''): string {
  const place = `${user === undefined ? '' : `${user}@`}${writeHost(flow.local.host)}:${String(flow.local.port)}`;
  if (secure && flow.protocol === 'tls') return `<sips:${place};lr${more}>`;
  return `<sip:${place}${transportParameter(flow.protocol)};lr${more}>`;
}

function transportParameter(protocol: Protocol): string {
  return protocol === 'udp' ? '' : `;transport=${protocol}`;
}
