/** Which addresses belong to everybody's Internet: what a caller names must not lead us into our own network. */
import { BlockList, isIP } from 'node:net';

/** RFC 6890 and IANA's registries of special addresses, as CIDR. */
const special4 = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24',
  '192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3',
];
/** Of IPv6 only 2000::/3 is global unicast, and of that not what carries another address or is for papers. */
const special6 = '2001::/23 2001:db8::/32 2002::/16 3fff::/20';

const blocked4 = new BlockList();
const global6 = new BlockList();
const blocked6 = new BlockList();
for (const network of special4.flatMap((line) => line.split(' '))) {
  const [address = '', bits = ''] = network.split('/');
  blocked4.addSubnet(address, Number(bits), 'ipv4');
}
global6.addSubnet('2000::', 3, 'ipv6');
for (const network of special6.split(' ')) {
  const [address = '', bits = ''] = network.split('/');
  blocked6.addSubnet(address, Number(bits), 'ipv6');
}

/** True for an address of the public Internet; false for any other and for what is no address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !blocked4.check(address, 'ipv4');
  return family === 6 && global6.check(address, 'ipv6') && !blocked6.check(address, 'ipv6');
}
