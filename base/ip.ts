/** IP addresses and CIDR blocks as values, without Node. IPv4-mapped IPv6 addresses (RFC 4291 section 2.5.5.2) count as IPv4. */

/** An address: its family and its bits. */
export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** The addresses that share the first `bits` bits of `value`. */
export interface IpBlock extends Ip {
  readonly bits: number;
}

const widths = { 4: 32, 6: 128 } as const;
const mappedPrefix = 0xffffn << 32n;

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** The 16-bit groups of one side of `::`; undefined when one is none. A dotted tail counts as two. */
function groupsOf(text: string): bigint[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [at, part] of parts.entries()) {
    const dotted = at === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (dotted !== undefined) groups.push(dotted >> 16n, dotted & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
}

function parseIpv6(text: string): bigint | undefined {
  const [left = '', right, ...rest] = text.split('::');
  if (rest.length > 0) return undefined;
  const [head, tail] = [groupsOf(left), groupsOf(right ?? '')];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array<bigint>(missing).fill(0n), ...tail].reduce((value, group) => (value << 16n) | group, 0n);
}

/** Reads an address; brackets and a zone (`%eth0`) are dropped. Undefined when it is none. */
export function parseIp(text: string): Ip | undefined {
  const bare = text
    .trim()
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '');
  const four = parseIpv4(bare);
  if (four !== undefined) return { family: 4, value: four };
  const six = bare.includes(':') ? parseIpv6(bare) : undefined;
  if (six === undefined) return undefined;
  return six >> 32n === mappedPrefix >> 32n ? { family: 4, value: six & 0xffffffffn } : { family: 6, value: six };
}

/** Reads `192.0.2.0/24`, `2001:db8::/32` or a single address; undefined when it is none. */
export function parseBlock(text: string): IpBlock | undefined {
  const [address = '', length, ...rest] = text.trim().split('/');
  const ip = parseIp(address);
  if (ip === undefined || rest.length > 0) return undefined;
  if (length === undefined) return { ...ip, bits: widths[ip.family] };
  if (!/^\d{1,3}$/.test(length) || Number(length) > widths[ip.family]) return undefined;
  return { ...ip, bits: Number(length) };
}

/** Whether an address lies in a block. */
export function inBlock(block: IpBlock, ip: Ip): boolean {
  const shift = BigInt(widths[block.family] - block.bits);
  return block.family === ip.family && block.value >> shift === ip.value >> shift;
}
