/** The groups of sixteen bits in a part of an IPv6 address; an IPv4 end such as ::ffff:192.0.2.1 makes two of them. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** An IP address as it stands in an IP header: 4 or 16 bytes (RFC 791, RFC 4291 section 2.2). `host` must be one. */
export function addressBytes(host: string): Uint8Array {
  if (!host.includes(':')) return Uint8Array.from(host.split('.').map(Number));
  const [front = '', back = ''] = (host.split('%')[0] ?? '').split('::');
  const [first, last] = [groupsOf(front), groupsOf(back)];
  const groups = [...first, ...Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last];
  return Uint8Array.from(groups.slice(0, 8).flatMap((group) => [group >> 8, group & 0xff]));
}
