import { inBlock, parseBlock, parseIp, type IpBlock } from '../../base/ip.ts';

/** What is not routed on the Internet: RFC 1918, RFC 6598, RFC 3927, RFC 1122 section 3.2.1.3, RFC 4193, RFC 4291. */
const inside: readonly IpBlock[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1',
].flatMap((text) => parseBlock(text) ?? []);

/** Is this an address that means nothing outside its own network? Text that is no address is not one. */
export function isInside(address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && inside.some((block) => inBlock(block, ip));
}

/**
 * One spelling of each address, the one the system uses for the source of a packet: an SDP may write `2001:DB8:0::1`
 * (RFC 5952). What is no IPv6 address comes back as it is.
 */
export function canonical(address: string): string {
  if (!address.includes(':') || parseIp(address) === undefined) return address;
  return new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
}
