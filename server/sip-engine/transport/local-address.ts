import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { EngineError } from '../errors.ts';
import type { Address } from './flow.ts';

/** What peers are told instead of the bound address. Without a port they are told the bound one. */
export interface Advertised {
  readonly host: string;
  readonly port?: number | undefined;
}

/** Networks (CIDR) whose hosts reach the bound address itself, so that nothing is advertised to them. */
export function readNetworks(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [host = '', prefix = ''] = text.split('/');
    const length = Number(prefix === '' ? (isIPv6(host) ? 128 : 32) : prefix);
    if (isIP(host) === 0 || !Number.isInteger(length) || length < 0 || length > (isIPv6(host) ? 128 : 32)) {
      throw new EngineError('usage', `${text} is not a network: write one like 10.0.0.0/8 or fd00::/8`);
    }
    list.addSubnet(host, length, isIPv6(host) ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** True for `0.0.0.0` and `::`. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1';
}

/** One of this machine's addresses and the network it is in. */
interface OwnAddress {
  readonly address: string;
  readonly network: BlockList;
}

const freshFor = 10_000;
let own: { readonly at: number; readonly addresses: readonly OwnAddress[] } | undefined;

/** This machine's addresses but for loopback; asked of the system at most every ten seconds, for it costs a system call. */
function ownAddresses(): readonly OwnAddress[] {
  const at = performance.now();
  if (own !== undefined && at - own.at < freshFor) return own.addresses;
  const addresses: OwnAddress[] = [];
  for (const entry of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
    if (!entry.internal && entry.cidr !== null)
      addresses.push({ address: entry.address, network: readNetworks([entry.cidr]) });
  }
  own = { at, addresses };
  return addresses;
}

function contains(network: BlockList, host: string): boolean {
  return network.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

/** True when `host` is in the network that our address `mine` is in. */
export function isNeighbour(mine: string, host: string): boolean {
  return ownAddresses().some(({ address, network }) => address === mine && contains(network, host));
}

/** Our own address as a peer at `remote` would reach it: one in the same network, else the first of its family. */
function ownAddressTowards(remote: string): string | undefined {
  if (isLoopback(remote)) return isIPv6(remote) ? '::1' : '127.0.0.1';
  const family = ownAddresses().filter(({ address }) => isIPv6(address) === isIPv6(remote));
  return (family.find(({ network }) => contains(network, remote)) ?? family[0])?.address;
}

/** What one listener writes into Via, Contact and Record-Route: an address that the peer at the other end can reach. */
export class LocalAddress {
  readonly #bound: Address;
  readonly #advertised: Address | undefined;
  readonly #near: BlockList | undefined;
  readonly #wild: boolean;
  #last: Address;

  constructor(bound: Address, advertised: Advertised | undefined, near: BlockList | undefined) {
    this.#bound = bound;
    this.#advertised = advertised === undefined ? undefined : { port: bound.port, ...definedOf(advertised) };
    this.#near = near;
    this.#wild = isWildcard(bound.host);
    this.#last = bound;
  }

  /** The address for the peer at the IP address `remote`. */
  towards(remote: string): Address {
    if (this.#advertised !== undefined && (this.#near === undefined || !contains(this.#near, remote))) {
      return this.#advertised;
    }
    if (!this.#wild) return this.#bound;
    const host = ownAddressTowards(remote) ?? (isIPv6(remote) ? '::1' : '127.0.0.1');
    if (this.#last.host !== host) this.#last = { host, port: this.#bound.port };
    return this.#last;
  }

  /** The address for peers in general. */
  get general(): Address {
    return this.#advertised ?? this.#bound;
  }
}

function definedOf(advertised: Advertised): { host: string; port?: number } {
  return advertised.port === undefined ? { host: advertised.host } : { host: advertised.host, port: advertised.port };
}
