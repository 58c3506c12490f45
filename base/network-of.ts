const groups = 8;

/** The first four groups of an IPv6 address as it is written, `::` spelt out. */
function firstHalf(address: string): string {
  const [head = '', tail] = address.split('::');
  const written = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 address at the end stands for two groups.
  const behind = after.length + (after.at(-1)?.includes('.') === true ? 1 : 0);
  const zeros = tail === undefined ? 0 : Math.max(0, groups - written.length - behind);
  const all = [...written, ...Array.from({ length: zeros }, () => '0'), ...after];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':');
}

/** Who counts as one source: an IPv4 address, or the /64 network of an IPv6 address, which is one subscriber's. */
export function networkOf(host: string): string {
  if (!host.includes(':')) return host;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  return mapped?.[1] ?? `${firstHalf(host)}::/64`;
}
