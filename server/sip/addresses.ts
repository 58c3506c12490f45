/** Sets of IP addresses: CIDR blocks, single addresses, and the words for those only this machine knows. */
import { networkInterfaces } from 'node:os';
import { inBlock, type IpBlock, parseBlock, parseIp } from '../../base/ip.ts';

/** One address of this machine, with its network in CIDR notation. */
export interface OwnAddress {
  readonly address: string;
  readonly cidr: string;
}

/** RFC 1918, RFC 3927, RFC 4193, RFC 4291: networks no neighbour of another site is in. */
const privateNetworks = blocks([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]);
const loopback = ['127.0.0.0/8', '::1'];

/** The addresses of this machine's interfaces now. */
export function ownAddresses(): readonly OwnAddress[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap(({ address, cidr }) => (cidr === null ? [] : [{ address, cidr }])),
  );
}

function meaningOf(text: string, own: readonly OwnAddress[]): readonly string[] {
  switch (text) {
    case 'loopback':
      return loopback;
    case 'this-machine':
      return [...loopback, ...own.map(({ address }) => address)];
    case 'local-network':
      return own.flatMap(({ address, cidr }) => (has(privateNetworks, address) ? [cidr] : []));
    default:
      return [text];
  }
}

function blocks(texts: readonly string[]): readonly IpBlock[] {
  return texts.flatMap((text) => parseBlock(text) ?? []);
}

function has(list: readonly IpBlock[], address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && list.some((block) => inBlock(block, ip));
}

/** Addresses and words as the addresses and CIDR blocks they stand for now, each once. */
export function networksOf(
  addresses: readonly string[],
  own: readonly OwnAddress[] = ownAddresses(),
): readonly string[] {
  return [...new Set(addresses.flatMap((text) => meaningOf(text, own)))];
}

/** Who comes from where: of the blocks an address is in, the smallest decides. */
export class AddressBook<T> {
  readonly #entries: readonly { readonly block: IpBlock; readonly owner: T }[];

  /** Entries that are neither addresses nor words name nobody; the dialplan check has refused them. */
  constructor(
    owners: readonly { readonly owner: T; readonly addresses: readonly string[] }[],
    own: readonly OwnAddress[] = ownAddresses(),
  ) {
    this.#entries = owners
      .flatMap(({ owner, addresses }) =>
        blocks(addresses.flatMap((text) => meaningOf(text, own))).map((block) => ({ block, owner })),
      )
      .sort((a, b) => b.block.bits - a.block.bits);
  }

  /** Whose the address is; undefined when it is nobody's. */
  ownerOf(address: string): T | undefined {
    const ip = parseIp(address);
    return ip === undefined ? undefined : this.#entries.find(({ block }) => inBlock(block, ip))?.owner;
  }
}
