import type { BlockList } from 'node:net';
import { isIPv6 } from 'node:net';
import { readNetworks } from '../transport/local-address.ts';
import { Latest } from './latest.ts';

/** Hosts whose membership is remembered: asking the system's list costs as much as reading the datagram. */
const remembered = 10_000;

/** A set of hosts and networks (CIDR) that is asked with every datagram. */
export class Networks {
  readonly #hosts = new Set<string>();
  readonly #networks: BlockList | undefined;
  readonly #known = new Latest<boolean>(remembered);

  /** Throws an EngineError when one is misspelt. */
  constructor(texts: readonly string[]) {
    const networks: string[] = [];
    for (const text of texts) {
      const host = /^([^/]+)(?:\/32)?$/.exec(text)?.[1];
      if (host !== undefined && !isIPv6(host)) this.#hosts.add(host);
      networks.push(text);
    }
    const list = readNetworks(networks);
    if (this.#hosts.size < texts.length) this.#networks = list;
  }

  has(host: string): boolean {
    if (this.#hosts.has(host)) return true;
    const networks = this.#networks;
    if (networks === undefined) return false;
    return this.#known.get(host, () => networks.check(host, isIPv6(host) ? 'ipv6' : 'ipv4'));
  }
}
