/** Sets of IP addresses: CIDR blocks, single addresses, and the words for those only this machine knows. */
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { fail, ok, type Result } from '../../base/result.ts';

/** Words an address list may hold besides addresses. */
export const addressWords = ['loopback', 'this-machine', 'local-network'] as const;
export type AddressWord = (typeof addressWords)[number];

/** One address of this machine, with its network in CIDR notation. */
export interface OwnAddress {
  readonly address: string;
  readonly cidr: string;
}

interface Block {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** RFC 1918, RFC 3927, RFC 4193, RFC 4291: networks no neighbour of another site is in. */
const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'];
const loopback = ['127.0.0.0/8', '::1'];

/** An IPv4 address that came in over an IPv6 socket is the IPv4 address; zones and brackets are dropped. */
export function plainAddress(address: string): string {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare;
}

/** Reads `192.0.2.0/24`, `2001:db8::/32` or a single address; undefined when it is none. */
export function parseBlock(text: string): Block | undefined {
  const [address = '', bits, ...rest] = text.trim().split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  if (bits !== undefined && !/^\d{1,3}$/.test(bits)) return undefined;
  const length = bits === undefined ? longest : Number(bits);
  return length > longest ? undefined : { address, bits: length, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** The addresses of this machine's interfaces now. */
export function ownAddresses(): readonly OwnAddress[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap(({ address, cidr }) => (cidr === null ? [] : [{ address, cidr }])),
  );
}

function blocksOf(text: string, own: readonly OwnAddress[]): readonly string[] {
  switch (text) {
    case 'loopback':
      return loopback;
    case 'this-machine':
      return [...loopback, ...own.map(({ address }) => plainAddress(address))];
    case 'local-network': {
      const isPrivate = blockList(privateNetworks);
      return own.flatMap(({ address, cidr }) => (contains(isPrivate, address) ? [cidr.replace(/%[^/]*/, '')] : []));
    }
    default:
      return [text];
  }
}

function blockList(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of texts.map(parseBlock))
    if (block !== undefined) list.addSubnet(block.address, block.bits, block.family);
  return list;
}

function contains(list: BlockList, address: string): boolean {
  const plain = plainAddress(address);
  const version = isIP(plain);
  return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

/** Addresses that somebody may come from. */
export class AddressSet {
  readonly #list: BlockList;

  private constructor(list: BlockList) {
    this.#list = list;
  }

  /** Fails with the first entry that is neither a block, an address nor one of `addressWords`. */
  static of(texts: readonly string[], own: readonly OwnAddress[] = ownAddresses()): Result<AddressSet, string> {
    const wrong = texts.find((text) => !addressWords.some((word) => word === text) && parseBlock(text) === undefined);
    if (wrong !== undefined) return fail(wrong);
    return ok(new AddressSet(blockList(texts.flatMap((text) => blocksOf(text, own)))));
  }

  /** Whether the address (of either family, IPv4-mapped ones too) is in the set. */
  has(address: string): boolean {
    return contains(this.#list, address);
  }
}
